//! The clock of a session: which wants are live, and what happens when nothing comes.

use super::super::api::{Context, Wish};
use super::super::config::BitswapConfig;
use super::super::hub::Hub;
use super::Session;
use crate::ids::BlockId;
use sim_core::time::{SimSpan, SimTime};

impl Session {
    /// The deadline of the session: `NEVER` while nothing is live.
    pub(in super::super) fn deadline(&self) -> SimTime {
        if self.live == 0 { SimTime::NEVER } else { self.idle_at.min(self.periodic_at) }
    }

    /// The deadline has come.
    pub(in super::super) fn wake<S>(&mut self, hub: &mut Hub, cx: &mut Context<'_, S>) {
        if self.live == 0 {
            return;
        }
        if self.idle_at <= cx.now {
            self.idle_at = SimTime::NEVER;
            let live = self.prepare_broadcast(cx);
            self.broadcast(hub, cx, &live);
        }
        if self.periodic_at <= cx.now {
            self.periodic_at = cx.now + cx.config.periodic_search_delay;
            let index = self.draw(cx).below(u64::from(self.live)) as usize;
            let want = self.wants.iter().filter(|want| want.is_live()).nth(index);
            let block = want.expect("as many live wants as counted").block;
            self.find_providers(cx, block);
            self.counters.broadcasts += 1;
            hub.broadcast(cx, self.id, &[block]);
        }
    }

    /// Broadcasts these wants and, on the first tick of a row, looks for providers of the first.
    pub(super) fn broadcast<S>(&mut self, hub: &mut Hub, cx: &mut Context<'_, S>, blocks: &[BlockId]) {
        self.counters.broadcasts += 1;
        hub.broadcast(cx, self.id, blocks);
        if let (Some(&first), 0) = (blocks.first(), self.ticks) {
            self.find_providers(cx, first);
        }
        if self.live > 0 {
            self.reset_idle_tick(cx);
            self.ticks += 1;
        }
    }

    fn find_providers<S>(&mut self, cx: &mut Context<'_, S>, block: BlockId) {
        self.counters.searches += 1;
        let limit = cx.config.providers_per_search;
        cx.out.push(Wish::FindProviders { session: self.id, block, limit });
    }

    pub(super) fn reset_idle_tick<S>(&mut self, cx: &Context<'_, S>) {
        self.idle_at = cx.now + self.tick_delay(cx.config);
    }

    /// Makes waiting wants live, as many as a broadcast may carry.
    pub(super) fn next_waiting<S>(&mut self, cx: &Context<'_, S>) -> Vec<BlockId> {
        let mut next = Vec::new();
        while self.live < cx.config.broadcast_limit {
            let Some(block) = self.waiting.pop_front() else {
                break;
            };
            if self.make_live(cx, block) {
                next.push(block);
            }
        }
        next
    }

    /// The live wants, oldest first, as many as a broadcast may carry; their clocks start anew.
    fn prepare_broadcast<S>(&mut self, cx: &Context<'_, S>) -> Vec<BlockId> {
        let mut live: Vec<(u32, BlockId)> =
            self.wants.iter().filter(|want| want.is_live()).map(|want| (want.order, want.block)).collect();
        live.sort_unstable();
        live.truncate(cx.config.broadcast_limit as usize);
        let blocks: Vec<BlockId> = live.into_iter().map(|(_, block)| block).collect();
        for &block in &blocks {
            let index = self.find(block).expect("a live want");
            self.wants[index].live_since = cx.now;
        }
        blocks
    }

    /// True if the want was waiting.
    pub(super) fn make_live<S>(&mut self, cx: &Context<'_, S>, block: BlockId) -> bool {
        let Ok(index) = self.find(block) else { return false };
        if self.wants[index].is_live() {
            return false;
        }
        if self.live == 0 {
            self.live_again(cx.config, cx.now);
        }
        self.wants[index].live_since = cx.now;
        self.wants[index].order = self.next_order;
        self.next_order += 1;
        self.live += 1;
        true
    }

    /// Timers that passed while nothing was live have fired without effect.
    fn live_again(&mut self, config: &BitswapConfig, now: SimTime) {
        if self.idle_at < now {
            let period = if config.idle_ticks_go_on { self.tick_delay(config) } else { SimSpan::MAX };
            self.idle_at = next_in_phase(self.idle_at, period, now);
        }
        self.periodic_at = next_in_phase(self.periodic_at, config.periodic_search_delay, now);
    }

    pub(super) fn tick_delay(&self, config: &BitswapConfig) -> SimSpan {
        let delay = if self.latency_total == SimSpan::ZERO {
            config.provider_search_delay
        } else {
            let mean = self.latency_total.div_floor(self.latency_count);
            config.base_tick_delay + mean.saturating_mul(3)
        };
        delay.saturating_mul(1 + u64::from(self.ticks))
    }
}

/// The first instant not before `now` that is a whole number of periods after `at`.
fn next_in_phase(at: SimTime, period: SimSpan, now: SimTime) -> SimTime {
    if at >= now || period == SimSpan::ZERO {
        return at.max(now);
    }
    at.saturating_add(period.saturating_mul(now.since(at).as_nanos().div_ceil(period.as_nanos())))
}
