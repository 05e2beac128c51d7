//! To whom a session sends its wants, and in which order.

use super::super::api::Context;
use super::super::hub::Hub;
use super::super::message::EntryKind;
use super::{Member, Session};
use crate::ids::{BlockId, NodeId};
use sim_core::draws::{Domain, Draw};

/// Which peer gets a want-block, in which order wants go out, and which want a periodic search picks.
const CHOICE: Domain = Domain::new("bitswap/session-choice");

impl Session {
    /// Sends each free want to the best peer and asks the others; newcomers are asked about all wants.
    pub(super) fn send_next<S>(&mut self, hub: &mut Hub, cx: &mut Context<'_, S>, newly: &[NodeId]) {
        let chosen = self.choose_peers(hub, cx);
        for index in 0..if newly.is_empty() { 0 } else { self.wants.len() } {
            let block = self.wants[index].block;
            for &peer in newly {
                self.ask(hub, cx, peer, block, EntryKind::WantHave);
            }
        }
        for &(block, best) in &chosen {
            for index in 0..self.members.len() {
                let other = self.members[index].id;
                if other != best {
                    self.ask(hub, cx, other, block, EntryKind::WantHave);
                }
            }
        }
        for &(block, best) in &chosen {
            if self.ask(hub, cx, best, block, EntryKind::WantBlock) {
                let index = self.find(block).expect("a chosen want is open");
                self.wants[index].sent_to = Some(best);
            }
        }
    }

    /// The free wants with the best peer for each, in a drawn order.
    fn choose_peers<S>(&mut self, hub: &Hub, cx: &Context<'_, S>) -> Vec<(BlockId, NodeId)> {
        let mut chosen = Vec::new();
        for index in 0..self.wants.len() {
            if self.wants[index].sent_to.is_none() {
                let block = self.wants[index].block;
                chosen.extend(self.best_peer(hub, cx, block).map(|peer| (block, peer)));
            }
        }
        if chosen.len() > 1 {
            self.draw(cx).shuffle(&mut chosen);
        }
        chosen
    }

    fn best_peer<S>(&mut self, hub: &Hub, cx: &Context<'_, S>, block: BlockId) -> Option<NodeId> {
        let wanted = hub.wanted(block)?;
        let any_has = self.members.iter().any(|member| wanted.said(member.id) == Some(true));
        let best = if any_has { Some(true) } else { None };
        let weight = |member: &Member| u64::from(member.first_deliveries) + 1;
        let candidates = |member: &&Member| wanted.said(member.id) == best;
        let (mut total, mut count, mut only) = (0, 0, None);
        for member in self.members.iter().filter(candidates) {
            total += weight(member);
            count += 1;
            only = Some(member.id);
        }
        if count < 2 {
            return only;
        }
        self.drawn += 1;
        let mut rest = Chooser(cx.draws.at(CHOICE, self.entity, self.drawn)).below(total);
        for member in self.members.iter().filter(candidates) {
            if rest < weight(member) {
                return Some(member.id);
            }
            rest -= weight(member);
        }
        unreachable!("the weights add up to {total}")
    }

    fn ask<S>(
        &mut self,
        hub: &mut Hub,
        cx: &Context<'_, S>,
        peer: NodeId,
        block: BlockId,
        kind: EntryKind,
    ) -> bool {
        let is_connected = hub.ask(cx, self.id, peer, block, kind);
        if is_connected {
            self.make_live(cx, block);
        }
        is_connected
    }

    pub(super) fn draw<S>(&mut self, cx: &Context<'_, S>) -> Chooser {
        self.drawn += 1;
        Chooser(cx.draws.at(CHOICE, self.entity, self.drawn))
    }
}

/// Bounded numbers and shuffles from one draw.
pub(super) struct Chooser(Draw);

impl Chooser {
    /// Below `bound`, without visible bias (off by at most 2^-64 x `bound`).
    pub(super) fn below(&mut self, bound: u64) -> u64 {
        ((u128::from(self.0.next_u64()) * u128::from(bound)) >> 64) as u64
    }

    /// Fisher and Yates.
    fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            let other = self.below(last as u64 + 1) as usize;
            items.swap(last, other);
        }
    }
}
