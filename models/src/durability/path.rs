//! One object as a path that can be split: its level is the number of missing pieces.
//!
//! A branch keeps what has happened (who is here, since when, for how long a repair has been under way) and draws every
//! clock anew given its age, so branches part at once ([`Store::redraw`]).

use super::store::{Plan, Store};
use sim_core::draws::{Draws, Entity};
use sim_core::engine::{Engine, Stopped};
use sim_core::splitting::Path;
use sim_core::time::SimTime;

/// When a path is over that has not come to the top.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ends {
    /// At an instant.
    At(SimTime),
    /// When all pieces are here again after one was gone: a cycle. With lives without memory everything begins anew there.
    WhenWhole,
}

/// An object on its way.
#[derive(Clone, Debug)]
pub struct ObjectPath {
    engine: Engine<Store>,
    ends: Ends,
}

impl ObjectPath {
    /// What makes such paths at their beginning, all pieces here and new.
    pub fn root(plan: Plan, draws: Draws, ends: Ends) -> impl Fn(Entity) -> ObjectPath {
        let plan = Plan { objects: 1, ..plan };
        move |stream| ObjectPath { engine: Store::engine(plan, draws, stream), ends }
    }

    /// Where the path is in time.
    pub fn now(&self) -> SimTime {
        self.engine.now()
    }

    fn is_over(&self) -> bool {
        let whole = self.level() == 0 && self.engine.world().tally().failures > 0;
        self.ends == Ends::WhenWhole && whole
    }
}

impl Path for ObjectPath {
    fn level(&self) -> u32 {
        self.engine.world().missing(0)
    }

    fn reach(&mut self, level: u32) -> bool {
        let end = match self.ends {
            Ends::At(end) => end,
            Ends::WhenWhole => SimTime::NEVER,
        };
        while self.level() < level {
            if self.is_over() || self.engine.run_until(end, 1) == Stopped::AtEnd {
                return false;
            }
        }
        true
    }

    fn redraw(&mut self, stream: Entity) {
        self.engine.between(|store, cx| store.redraw(stream, cx));
    }

    fn work(&self) -> u64 {
        self.engine.counts().dispatched
    }
}
