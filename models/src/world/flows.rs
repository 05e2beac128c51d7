//! Messages that travel as flows (tier `flow`): each holds one cancellable event at the instant of its end, which
//! moves whenever its rate does.
//!
//! A flow that is through has left its sender's uplink and passed its receiver's downlink: its message arrives one
//! delay later and waits for no line. A flow breaks off when one of its ends goes down or a cut comes between them:
//! its message is dropped, and the sender's worker is free once the news has reached it. What has passed until then
//! is part of the message and dropped with it.

use super::World;
use crate::ids::NodeId;
use crate::ipfs::bitswap::EnvelopeId;
use crate::net::{FlowId, Moved, Tier};
use crate::node::node_id;
use crate::registry::Event;
use crate::slab::Ticket;
use sim_core::engine::Cx;
use sim_core::queue::Handle;
use sim_core::time::{SimSpan, SimTime};

/// A message on a flow.
#[derive(Clone, Copy, Debug, serde::Serialize, serde::Deserialize)]
struct Travelling {
    flow: FlowId,
    message: Ticket,
    /// From the flow's end to its message's arrival.
    after: SimSpan,
    /// Its end, unless it stands still.
    end: Option<Handle>,
    /// The worker that waits for it, and the session of the node that it belongs to.
    writer: Option<(EnvelopeId, u32)>,
}

/// All messages on flows.
#[derive(Debug, Default, serde::Serialize, serde::Deserialize)]
pub(crate) struct FlowWorld {
    /// By slot of the flow.
    travelling: Vec<Option<Travelling>>,
    /// Flows whose ends have moved and whose events have not followed yet.
    pub(crate) moved: Vec<Moved>,
}

impl FlowWorld {
    /// The message that a flow carries.
    pub(crate) fn message(&self, flow: FlowId) -> Option<Ticket> {
        let travelling = self.travelling.get(flow.slot as usize)?.as_ref()?;
        (travelling.flow == flow).then_some(travelling.message)
    }

    fn get_mut(&mut self, flow: FlowId) -> &mut Travelling {
        let travelling = self.travelling[flow.slot as usize].as_mut();
        travelling.filter(|travelling| travelling.flow == flow).expect("a flow under way carries a message")
    }
}

impl World {
    /// A message has become a flow.
    pub(crate) fn flow_starts(&mut self, flow: FlowId, message: Ticket, after: SimSpan, cx: &mut Cx<Event>) {
        let slot = flow.slot as usize;
        if slot >= self.flows.travelling.len() {
            self.flows.travelling.resize(slot + 1, None);
        }
        self.flows.travelling[slot] = Some(Travelling { flow, message, after, end: None, writer: None });
        self.follow_moved(cx);
    }

    /// A worker of the sender's Bitswap server waits for a flow to be through.
    pub(crate) fn flow_is_written(&mut self, flow: FlowId, envelope: EnvelopeId, session: u32) {
        self.flows.get_mut(flow).writer = Some((envelope, session));
    }

    /// Lets the events of flows follow their ends.
    fn follow_moved(&mut self, cx: &mut Cx<Event>) {
        let mut moved = std::mem::take(&mut self.flows.moved);
        for Moved { flow, at } in moved.drain(..) {
            let (from, _) = self.links.ends_of(flow);
            let travelling = self.flows.get_mut(flow);
            if let Some(end) = travelling.end.take() {
                cx.cancel(end);
            }
            let from = node_id(from).0;
            travelling.end = (at != SimTime::NEVER)
                .then(|| cx.schedule_cancellable(at, from, from, Event::FlowEnds { flow }));
        }
        self.flows.moved = moved;
    }

    /// Takes a flow off the lines.
    fn take_flow(&mut self, flow: FlowId, cx: &mut Cx<Event>) -> Travelling {
        self.links.end_flow(flow, cx.now(), &mut self.flows.moved);
        let travelling = *self.flows.get_mut(flow);
        self.flows.travelling[flow.slot as usize] = None;
        self.follow_moved(cx);
        travelling
    }

    /// A flow is through.
    pub(crate) fn flow_ends(&mut self, flow: FlowId, cx: &mut Cx<Event>) {
        let (from, to) = self.links.ends_of(flow);
        let Travelling { message, after, writer, .. } = self.take_flow(flow, cx);
        let (from, to) = (node_id(from), node_id(to));
        cx.schedule(cx.now() + after, from.0, to.0, Event::Arrive { message });
        if let Some((envelope, session)) = writer {
            self.written(from, envelope, session, cx);
        }
    }

    /// A flow breaks off.
    fn flow_breaks(&mut self, flow: FlowId, cx: &mut Cx<Event>) {
        let (from, to) = self.links.ends_of(flow);
        let Travelling { message, end, writer, .. } = self.take_flow(flow, cx);
        if let Some(end) = end {
            cx.cancel(end);
        }
        self.drop_message(message, cx);
        let (from, to) = (node_id(from), node_id(to));
        if let Some((envelope, session)) = writer
            && self.is_up(from)
        {
            let at = cx.now() + self.delay(to, from);
            cx.schedule(at, to.0, from.0, Event::Written { envelope, session });
        }
    }

    /// A node has gone down: what it was sending and receiving breaks off.
    pub(crate) fn end_flows_of(&mut self, node: NodeId, cx: &mut Cx<Event>) {
        for flow in self.links.flows_of(node.index()) {
            self.flow_breaks(flow, cx);
        }
    }

    /// A cut has begun or ended: what crosses one breaks off.
    pub(crate) fn end_cut_flows(&mut self, cx: &mut Cx<Event>) {
        for flow in self.links.flows() {
            let (from, to) = self.links.ends_of(flow);
            if self.is_cut(node_id(from), node_id(to)) {
                self.flow_breaks(flow, cx);
            }
        }
    }
}
