//! When a node is up: alternating sessions drawn from laws, recorded sessions, or always.
//!
//! Every draw is keyed by the node's stable name and the number of the interval, so nobody else's
//! sessions move when a node is added. A stationary start draws the state with probability mean up /
//! (mean up + mean down) and then the residual of the running interval (Cox 1962, Renewal Theory), so
//! that availability is the renewal ratio from the first instant on.

use crate::config::{Session, SessionStart};
use sim_core::draws::{Domain, Draws, Entity};
use sim_core::time::SimTime;

const SESSION: Domain = Domain::new("churn/session");
const START: Domain = Domain::new("churn/start");

/// A node's state and when it changes next.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Serialize, serde::Deserialize)]
pub struct Phase {
    /// Whether the node is up.
    pub up: bool,
    /// When this phase ends; [`SimTime::NEVER`] for the last one.
    pub until: SimTime,
}

/// The sessions of one node: a pure function of law, draws and name.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
pub struct Sessions {
    /// Part of the configuration, so no part of a saved state: [`Sessions::bind`] hands it in again.
    #[serde(skip, default = "unbound")]
    session: Session,
    entity: Entity,
    /// Number of the node in its group, which picks its trace.
    member: usize,
    /// Intervals drawn so far.
    drawn: u64,
}

/// Stands where a law will be, between reading a state back and [`Sessions::bind`].
fn unbound() -> Session {
    Session::Always
}

impl Sessions {
    /// The sessions of node `member` of a group.
    pub fn new(session: Session, entity: Entity, member: usize) -> Self {
        Sessions { session, entity, member, drawn: 0 }
    }

    /// Hands the law in again after the state was read back.
    pub(crate) fn bind(&mut self, session: Session) {
        self.session = session;
    }

    /// The phase at the start of the run.
    pub fn first(&mut self, draws: Draws) -> Phase {
        let Session::Renewal { up, down, start } = &self.session else {
            return self.recorded(SimTime::ZERO);
        };
        let mut draw = draws.at(START, self.entity, 0);
        let (mean_up, mean_down) = (up.mean().as_secs_f64_lossy(), down.mean().as_secs_f64_lossy());
        // Drawn on every path, so that another way to start moves no other draw.
        let stationary_up = sim_core::dist::unit(&mut draw) * (mean_up + mean_down) < mean_up;
        let is_up = match start {
            SessionStart::Up => true,
            SessionStart::Down => false,
            SessionStart::Stationary => stationary_up,
        };
        let law = if is_up { up } else { down };
        let span = match start {
            SessionStart::Stationary => law.sample_residual(&mut draw),
            SessionStart::Up | SessionStart::Down => law.sample(&mut draw),
        };
        Phase { up: is_up, until: SimTime::ZERO.saturating_add(span) }
    }

    /// The phase that begins when `last` ends.
    pub fn next(&mut self, draws: Draws, last: Phase) -> Phase {
        let Session::Renewal { up, down, .. } = &self.session else {
            return self.recorded(last.until);
        };
        let law = if last.up { down } else { up };
        let span = law.sample(&mut draws.at(SESSION, self.entity, self.drawn));
        self.drawn += 1;
        Phase { up: !last.up, until: last.until.saturating_add(span) }
    }

    /// The phase of a recorded (or endless) session at `now`.
    fn recorded(&self, now: SimTime) -> Phase {
        let Session::Trace(traces) = &self.session else {
            return Phase { up: true, until: SimTime::NEVER };
        };
        let trace = &traces[self.member % traces.len()];
        for &(from, until) in trace {
            if now < from {
                return Phase { up: false, until: from };
            }
            if now < until {
                return Phase { up: true, until };
            }
        }
        Phase { up: false, until: SimTime::NEVER }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sim_core::time::SimSpan;
    use std::sync::Arc;

    fn at(secs: u64) -> SimTime {
        SimTime::ZERO + SimSpan::from_secs(secs)
    }

    #[test]
    fn a_recorded_node_follows_its_trace_and_stays_off_after_it() {
        let trace = vec![(at(10), at(20)), (at(30), at(40))];
        let mut sessions = Sessions::new(Session::Trace(Arc::new(vec![trace])), Entity(1), 0);
        let draws = Draws::new(1, 0);
        let mut phases = vec![sessions.first(draws)];
        for _ in 0..4 {
            phases.push(sessions.next(draws, *phases.last().expect("one")));
        }
        let ups: Vec<(bool, SimTime)> = phases.iter().map(|phase| (phase.up, phase.until)).collect();
        let expected =
            [(false, at(10)), (true, at(20)), (false, at(30)), (true, at(40)), (false, SimTime::NEVER)];
        assert_eq!(ups, expected);
    }

    #[test]
    fn a_node_that_is_always_up_never_changes() {
        let mut sessions = Sessions::new(Session::Always, Entity(1), 0);
        assert_eq!(sessions.first(Draws::new(1, 0)), Phase { up: true, until: SimTime::NEVER });
    }
}
