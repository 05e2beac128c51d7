//! One node's Bitswap: client and server behind one door.

use super::api::{Arrival, Context, Counters, EnvelopeId, SessionId, Wish};
use super::client::Client;
use super::hub::Connection;
use super::message::{Message, Store};
use super::server::{Receipt, Server, ServerCounters};
use crate::ids::{BlockId, NodeId};
use sim_core::draws::Entity;
use sim_core::prefetch::prefetch_all;
use sim_core::time::SimTime;

/// The Bitswap machine of one node.
///
/// Every input takes a [`Context`] and appends its wishes there. A node without sessions, wants or
/// connections holds no heap memory.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
pub struct Bitswap {
    client: Client,
    server: Option<Box<Server>>,
    /// The wake-up the world knows of.
    announced: SimTime,
}

impl Default for Bitswap {
    fn default() -> Self {
        Bitswap { client: Client::default(), server: None, announced: SimTime::NEVER }
    }
}

impl Bitswap {
    /// A node that knows nobody.
    pub fn new() -> Self {
        Bitswap::default()
    }

    /// Opens a session. `entity` names it for the draws: the read's stable name, or a member of the node's.
    pub fn open<S: Store>(&mut self, cx: &mut Context<'_, S>, entity: Entity) -> SessionId {
        self.client.open(cx, entity)
    }

    /// The session wants these blocks, which the node does not hold.
    ///
    /// Blocks already wanted by the session are skipped; unknown or closed sessions are ignored.
    pub fn want<S: Store>(&mut self, cx: &mut Context<'_, S>, session: SessionId, blocks: &[BlockId]) {
        self.client.want(cx, session, blocks);
        self.finish(cx);
    }

    /// Closes a session, cancels what it still wanted and says what it has done.
    ///
    /// The cancels leave later and count for the node only. Unknown sessions give zeros.
    pub fn close<S: Store>(&mut self, cx: &mut Context<'_, S>, session: SessionId) -> Counters {
        let counters = self.client.close(cx, session);
        self.finish(cx);
        counters
    }

    /// A connection to a peer is open in both directions. Connecting twice changes nothing.
    pub fn connected<S: Store>(&mut self, cx: &mut Context<'_, S>, peer: NodeId, connection: Connection) {
        self.client.connected(cx, peer, connection);
        self.finish(cx);
    }

    /// The connection to a peer is gone, with all messages on it. Its envelopes need no `written` any more.
    pub fn disconnected<S: Store>(&mut self, cx: &mut Context<'_, S>, peer: NodeId) {
        self.client.disconnected(cx, peer);
        if let Some(server) = &mut self.server {
            server.disconnected(cx, peer);
        }
        self.finish(cx);
    }

    /// A provider that the session looked for is connected (to be called after [`Bitswap::connected`]).
    pub fn provider_connected<S: Store>(
        &mut self,
        cx: &mut Context<'_, S>,
        session: SessionId,
        peer: NodeId,
    ) {
        self.client.provider_connected(cx, session, peer);
        self.finish(cx);
    }

    /// A message has arrived from a connected peer.
    ///
    /// For each [`Wish::Arrived`] that is [`Arrival::Wanted`] the world stores the block and calls
    /// [`Bitswap::block_added`] after this step. Messages of peers that are not connected are ignored.
    pub fn receive<S: Store>(&mut self, cx: &mut Context<'_, S>, from: NodeId, message: &Message) {
        if !self.client.is_connected(from) {
            return;
        }
        let first = cx.out.len();
        self.client.receive(cx, from, message);
        for index in first..cx.out.len() {
            if let Wish::Arrived { block, arrival: Arrival::Wanted, .. } = cx.out[index] {
                let bytes = u64::from(cx.store.size(block));
                self.server.get_or_insert_default().credit(from, bytes);
            }
        }
        if !message.entries.is_empty() {
            self.server.get_or_insert_default().receive(cx, from, &message.entries);
        }
        self.finish(cx);
    }

    /// A block is in the store now: received, added or made locally. All who still want it are served.
    pub fn block_added<S: Store>(&mut self, cx: &mut Context<'_, S>, block: BlockId) {
        self.client.block_added(cx, block);
        if let Some(server) = &mut self.server {
            server.block_added(cx, block);
        }
        self.finish(cx);
    }

    /// A message of the server has left the uplink: its worker is free.
    pub fn written<S: Store>(&mut self, cx: &mut Context<'_, S>, envelope: EnvelopeId) {
        if let Some(server) = &mut self.server {
            server.written(cx, envelope);
        }
        self.finish(cx);
    }

    /// The time of the last [`Wish::WakeAt`] has come. Waking early does no harm.
    pub fn wake<S: Store>(&mut self, cx: &mut Context<'_, S>) {
        self.announced = SimTime::NEVER;
        self.client.wake(cx);
        self.finish(cx);
    }

    /// What an open session has done; `None` for unknown or closed ones.
    pub fn counters(&self, session: SessionId) -> Option<Counters> {
        self.client.session(session).map(|session| session.counters)
    }

    /// Peers of an open session, by id.
    pub fn session_peers(&self, session: SessionId) -> Vec<NodeId> {
        self.client.session(session).map_or_else(Vec::new, |session| session.members().collect())
    }

    /// Wants of a session that are open.
    pub fn open_wants(&self, session: SessionId) -> usize {
        self.client.session(session).map_or(0, |session| session.open_wants())
    }

    /// What all sessions of this node have done, closed ones included.
    pub fn totals(&self) -> Counters {
        self.client.totals()
    }

    /// What this node's server has done.
    pub fn served(&self) -> ServerCounters {
        self.server.as_ref().map_or_else(ServerCounters::default, |server| server.counters)
    }

    /// What this node and a connected peer have given each other.
    pub fn receipt(&self, peer: NodeId) -> Receipt {
        self.server.as_ref().map_or_else(Receipt::default, |server| server.receipt(peer))
    }

    /// Whether there is a connection to the peer.
    pub fn is_connected(&self, peer: NodeId) -> bool {
        self.client.is_connected(peer)
    }

    /// Connected peers.
    pub fn peer_count(&self) -> usize {
        self.client.peer_count()
    }

    /// Asks for what a message will touch, a link of the chain in each step.
    pub(crate) fn prefetch_message(&self, step: usize) {
        if let Some(server) = &self.server {
            match step {
                0 => prefetch_all(&**server),
                1 => server.prefetch_peers(),
                _ => {}
            }
        }
    }

    /// Asks for what the next deadline will touch, a link of the chain in each step. Says which peer it is about, if known.
    pub(crate) fn prefetch_wake(&self, step: usize) -> Option<NodeId> {
        self.client.prefetch_wake(step)
    }

    /// Ends a step: sends what is due and moves the wake-up.
    fn finish<S: Store>(&mut self, cx: &mut Context<'_, S>) {
        self.client.flush(cx);
        let next = self.client.next_wake();
        if next != self.announced {
            self.announced = next;
            cx.out.push(Wish::WakeAt(next));
        }
    }
}
