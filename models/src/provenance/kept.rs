//! What would have kept an object that was lost, read off its recorded copies.
//!
//! A remedy is a statement about this very run: had one holder done the one thing otherwise and all else been as it was,
//! the object would not have been lost when it was. Each names the holder and the numbers it rests on. What would have
//! followed from the change (a fuller disk that is swept later, readers who find the object and keep it) is not followed
//! up: that is what another run with the other value is for.

use super::in_sectors::{against_the_end, second_copy};
use super::{Copy, Holder, Provenance, Sweep, Trigger, Went};
use sim_core::time::{SimSpan, SimTime};
use std::fmt::Write as _;

/// One thing that would have kept an object.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Remedy {
    /// Its owner not deleting it.
    NotDeleted {
        /// Who deleted it.
        holder: Holder,
        /// When.
        at: SimTime,
    },
    /// A new pin between its owner's unpinning and the sweep.
    PinnedAgain {
        /// Who had unpinned it.
        holder: Holder,
        /// When.
        unpinned: Option<SimTime>,
        /// When it was swept.
        swept: SimTime,
    },
    /// A limit under which the sweep that took the last copy would not have begun.
    HigherLimit {
        /// Whose store was swept.
        holder: Holder,
        /// The sweep.
        sweep: Sweep,
    },
    /// The operator's collection that took the last copy, left out.
    NotByHand {
        /// Whose store was swept.
        holder: Holder,
        /// When.
        at: SimTime,
    },
    /// The last holder staying.
    Stayed {
        /// Who left.
        holder: Holder,
        /// When.
        at: SimTime,
    },
    /// The last holder keeping it longer than it meant to.
    KeptLonger {
        /// Who dropped it.
        holder: Holder,
        /// For how long it had it.
        had_it: SimSpan,
    },
    /// A pin of somebody who had it and let it go.
    Pin {
        /// Of those who would have kept it longest, the one who had it last.
        holder: Holder,
        /// Until when that one had it.
        until: SimTime,
        /// When that one left for good, later than the loss; none if it never did.
        left: Option<SimTime>,
        /// Others who would have kept it as long or past the loss.
        others: usize,
    },
    /// A reader who has all of it: nobody else ever had.
    OneMoreReader {
        /// Until when there was somebody to read from.
        until: SimTime,
        /// Who came nearest: blocks received, of how many.
        nearest: Option<(Holder, u64, usize)>,
    },
    /// A longer term of a copy whose sector ran out.
    LongerTerm {
        /// The sector.
        holder: Holder,
        /// The deal under which it came, if it was one.
        deal: Option<u64>,
        /// Until when it was promised.
        until: SimTime,
        /// When its sector was over.
        at: SimTime,
    },
    /// A proof of a sector whose bytes were there all the time.
    ProvenInTime {
        /// The sector.
        holder: Holder,
        /// Since when it had not been proven.
        since: SimTime,
        /// When the chain ended it.
        at: SimTime,
    },
    /// A miner restoring what its disk lost.
    Restored {
        /// The sector.
        holder: Holder,
        /// When the bytes went.
        gone: SimTime,
        /// By when, if the miner was about to do it.
        by: Option<SimTime>,
    },
    /// A miner not ending a sector before its time.
    NotTerminated {
        /// The sector.
        holder: Holder,
        /// The deal that was in it, if one was.
        deal: Option<u64>,
        /// When it ended.
        at: SimTime,
        /// Until when it was promised.
        until: SimTime,
    },
    /// A miner keeping what it claims to keep.
    NotDiscarded {
        /// The sector.
        holder: Holder,
        /// When it threw bytes away.
        at: SimTime,
    },
    /// A copy with another miner: nobody but one ever had any.
    SecondCopy {
        /// The only miner's last sector with it.
        holder: Holder,
        /// When it was lost.
        lost: SimTime,
    },
}

/// What would have kept an object whose copies these are, all ended. `nearest` is the unfinished read that came farthest.
pub fn remedies<O: Ord + std::marker::Copy>(
    provenance: &Provenance<O>,
    copies: &[&Copy<O>],
    lost: SimTime,
    nearest: Option<(Holder, u64, usize)>,
) -> Vec<Remedy> {
    let mut found: Vec<Remedy> =
        copies.iter().filter_map(|copy| against_the_owner(provenance, copy)).collect();
    let last = copies.iter().find(|copy| copy.is_last);
    found.extend(last.and_then(|last| against_the_last(provenance, last)));
    found.extend(best_pin(provenance, copies, lost));
    found.extend(copies.iter().filter_map(|copy| against_the_end(provenance, copy, lost)));
    found.extend(second_copy(copies, lost));
    let on_nodes = copies.iter().any(|copy| matches!(copy.holder, Holder::Node(_)));
    if on_nodes && !copies.iter().any(|copy| matches!(copy.came, super::Came::Fetched { .. })) {
        found.push(Remedy::OneMoreReader { until: lost, nearest });
    }
    found
}

/// What undoes an owner's own removal.
fn against_the_owner<O: Ord + std::marker::Copy>(
    provenance: &Provenance<O>,
    copy: &Copy<O>,
) -> Option<Remedy> {
    let (holder, at) = (copy.holder, copy.ended?.at);
    match provenance.why(copy)? {
        Went::Deleted if copy.came != super::Came::InParts => Some(Remedy::NotDeleted { holder, at }),
        Went::Unpinned { .. } => Some(Remedy::PinnedAgain { holder, unpinned: copy.unpinned, swept: at }),
        _ => None,
    }
}

/// What undoes the end of the last copy.
fn against_the_last<O: Ord + std::marker::Copy>(
    provenance: &Provenance<O>,
    last: &Copy<O>,
) -> Option<Remedy> {
    let (holder, at) = (last.holder, last.ended?.at);
    match provenance.why(last)? {
        Went::Unpinned { sweep } | Went::Collected { sweep } => Some(match sweep.trigger {
            Trigger::Watermark => Remedy::HigherLimit { holder, sweep },
            Trigger::ByHand => Remedy::NotByHand { holder, at },
        }),
        Went::RetentionOver => Some(Remedy::KeptLonger { holder, had_it: at.since(last.from) }),
        Went::HolderLeft | Went::MachineDied => Some(Remedy::Stayed { holder, at }),
        // A sector's end is looked at in [`super::in_sectors`].
        _ => None,
    }
}

/// The pin that would have kept it longest, among those who had all of it and let it go without leaving.
fn best_pin<O: Ord + std::marker::Copy>(
    provenance: &Provenance<O>,
    copies: &[&Copy<O>],
    lost: SimTime,
) -> Option<Remedy> {
    let let_go = |copy: &&&Copy<O>| {
        matches!(provenance.why(copy), Some(Went::Collected { .. } | Went::RetentionOver))
            && copy.came != super::Came::InParts
    };
    // Never is later than any departure.
    let would_last = |copy: &Copy<O>| provenance.left_at(copy.holder).unwrap_or(SimTime::NEVER);
    let mut able: Vec<(SimTime, SimTime, Holder)> = copies
        .iter()
        .filter(let_go)
        .filter(|copy| would_last(copy) > lost)
        .map(|copy| (would_last(copy), copy.ended.map_or(lost, |ended| ended.at), copy.holder))
        .collect();
    able.sort_unstable();
    let (would, until, holder) = able.pop()?;
    let mut others: Vec<Holder> =
        able.into_iter().map(|(.., other)| other).filter(|&o| o != holder).collect();
    others.sort_unstable();
    others.dedup();
    Some(Remedy::Pin {
        holder,
        until,
        left: (would != SimTime::NEVER).then_some(would),
        others: others.len(),
    })
}

impl Remedy {
    /// Name in tables.
    pub const fn name(&self) -> &'static str {
        match self {
            Remedy::NotDeleted { .. } => "not-deleted",
            Remedy::PinnedAgain { .. } => "pinned-again",
            Remedy::HigherLimit { .. } => "higher-limit",
            Remedy::NotByHand { .. } => "no-collection-by-hand",
            Remedy::Stayed { .. } => "holder-stays",
            Remedy::KeptLonger { .. } => "longer-retention",
            Remedy::Pin { .. } => "pin-of-a-reader",
            Remedy::OneMoreReader { .. } => "one-more-reader",
            Remedy::LongerTerm { .. } => "longer-term",
            Remedy::ProvenInTime { .. } => "proven-in-time",
            Remedy::Restored { .. } => "disk-restored",
            Remedy::NotTerminated { .. } => "not-terminated",
            Remedy::NotDiscarded { .. } => "not-discarded",
            Remedy::SecondCopy { .. } => "second-copy",
        }
    }

    /// In words; `name_of` says what holders are called.
    pub fn words(&self, name_of: impl Fn(Holder) -> String) -> String {
        match *self {
            Remedy::NotDeleted { holder, at } => {
                format!("{} not deleting it at {}", name_of(holder), days(at))
            }
            Remedy::PinnedAgain { holder, unpinned, swept } => {
                let between = unpinned
                    .map_or("before".into(), |at| format!("between its unpinning at {} and", days(at)));
                format!("a new pin on {} {between} the collection at {}", name_of(holder), days(swept))
            }
            Remedy::HigherLimit { holder, sweep } => format!(
                "storage.max of {} at {} B or more: {} B were in use, a collection begins above {} B",
                name_of(holder),
                sweep.limit_to_spare,
                sweep.used,
                sweep.watermark
            ),
            Remedy::NotByHand { holder, at } => {
                format!("no collection by hand on {} at {}", name_of(holder), days(at))
            }
            Remedy::Stayed { holder, at } => format!("{} staying after {}", name_of(holder), days(at)),
            Remedy::KeptLonger { holder, had_it } => {
                let had_it = days(SimTime::ZERO + had_it);
                format!("{}, the last to have it, keeping it for longer than {had_it}", name_of(holder))
            }
            Remedy::Pin { holder, until, left, others } => pin_words(&name_of(holder), until, left, others),
            Remedy::OneMoreReader { until, nearest } => {
                let mut text =
                    format!("one other node with all of it by {}: nobody else ever had", days(until));
                if let Some((holder, blocks, of)) = nearest {
                    write!(text, ", {} got {blocks} of {of} blocks", name_of(holder))
                        .expect("a string takes all");
                }
                text
            }
            Remedy::LongerTerm { holder, deal, until, at } => format!(
                "a longer term or an extension of {}: {} ended at {}, the sector at {}",
                name_of(holder),
                term_of(deal),
                days(until),
                days(at)
            ),
            Remedy::ProvenInTime { holder, since, at } => format!(
                "a proof of {} before {}: its bytes were there, and it had not been proven since {}",
                name_of(holder),
                days(at),
                days(since)
            ),
            Remedy::Restored { holder, gone, by: Some(by) } => {
                format!("{} restored before {}: its disk failed at {}", name_of(holder), days(by), days(gone))
            }
            Remedy::Restored { holder, gone, by: None } => {
                format!(
                    "{} restored after its disk failed at {}: its miner never does",
                    name_of(holder),
                    days(gone)
                )
            }
            Remedy::NotTerminated { holder, deal, at, until } => format!(
                "{} not ended by its miner at {}: {} ran until {}",
                name_of(holder),
                days(at),
                term_of(deal),
                days(until)
            ),
            Remedy::NotDiscarded { holder, at } => {
                format!("{} kept by its miner, which threw bytes of it away at {}", name_of(holder), days(at))
            }
            Remedy::SecondCopy { holder, lost } => format!(
                "a second copy with another miner past {}: nobody but the miner of {} ever had any",
                days(lost),
                name_of(holder)
            ),
        }
    }
}

/// What a copy was promised by.
fn term_of(deal: Option<u64>) -> String {
    deal.map_or("its commitment".into(), |deal| format!("deal {deal}"))
}

fn pin_words(name: &str, until: SimTime, left: Option<SimTime>, others: usize) -> String {
    let then = left.map_or("never left".into(), |at| format!("left at {}", days(at)));
    let others = match others {
        0 => String::new(),
        1 => ", or on 1 other that let it go".into(),
        n => format!(", or on any of {n} others that let it go"),
    };
    format!("a pin on {name}, which had it until {} and {then}{others}", days(until))
}

/// Days with at most two decimals, or hours below two days.
fn days(at: SimTime) -> String {
    const HOUR: u64 = 3_600_000_000_000;
    let nanos = at.as_nanos();
    let (unit, name) = if nanos < 48 * HOUR { (HOUR, "hours") } else { (24 * HOUR, "days") };
    let hundredths = (nanos + unit / 200) / (unit / 100);
    let text = format!("{}.{:02}", hundredths / 100, hundredths % 100);
    format!("{} {name}", text.trim_end_matches('0').trim_end_matches('.'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{MinerId, NodeId, ObjectId};
    use crate::provenance::Came;

    const PAGE: ObjectId = ObjectId(0);

    fn node(number: u32) -> Holder {
        Holder::Node(NodeId(number))
    }

    fn hours(hours: u64) -> SimTime {
        SimTime::ZERO + SimSpan::from_hours(hours)
    }

    /// Copies on nodes 0, 1, ..., each fetched at its hour and gone at its hour for its reason, the last one last.
    fn story(copies: &[(u64, u64, Went)], left: &[(u32, u64)]) -> Vec<String> {
        let mut provenance = Provenance::default();
        for (number, &(from, ..)) in (0..).zip(copies) {
            let came = if number == 0 { Came::Added } else { Came::Fetched { last_from: NodeId(0) } };
            provenance.came(PAGE, node(number), came, hours(from));
        }
        let mut act = None;
        for (number, &(_, until, why)) in (0..).zip(copies) {
            let this = provenance.act(node(number), why, hours(until));
            provenance.went(PAGE, this);
            act = Some((this, hours(until)));
        }
        for &(number, at) in left {
            provenance.left(NodeId(number), hours(at));
        }
        let (act, lost) = act.expect("a story has copies");
        provenance.lost(PAGE, act, lost);
        let all: Vec<&Copy> = provenance.copies().iter().collect();
        let name_of = |holder| match holder {
            Holder::Node(node) => format!("n{}", node.0),
            Holder::Sector(miner, sector) => format!("m{} sector {sector}", miner.0),
        };
        let nearest = Some((node(9), 3, 8));
        remedies(&provenance, &all, lost, nearest).iter().map(|remedy| remedy.words(name_of)).collect()
    }

    fn swept(trigger: Trigger) -> Went {
        let sweep = Sweep { trigger, used: 95, watermark: 90, limit_to_spare: 106, blocks: 4 };
        Went::Collected { sweep }
    }

    #[test]
    fn a_deletion_of_the_only_copy_is_undone_by_its_owner_or_by_one_reader() {
        assert_eq!(
            story(&[(0, 72, Went::Deleted)], &[]),
            [
                "n0 not deleting it at 3 days",
                "one other node with all of it by 3 days: nobody else ever had, n9 got 3 of 8 blocks"
            ]
        );
    }

    #[test]
    fn the_best_pin_is_on_who_never_left_and_had_it_last() {
        let copies = [
            (0, 10, Went::HolderLeft),
            (1, 20, swept(Trigger::ByHand)),
            (2, 30, Went::RetentionOver),
            (3, 40, Went::HolderLeft),
        ];
        assert_eq!(
            story(&copies, &[(0, 10), (3, 40)]),
            [
                "n3 staying after 40 hours",
                "a pin on n2, which had it until 30 hours and never left, or on 1 other that let it go"
            ]
        );
        // Node 2 left before the loss, node 1 after it: only the latter's pin would have outlasted it.
        assert_eq!(
            story(&copies, &[(0, 10), (1, 45), (2, 35), (3, 40)])[1],
            "a pin on n1, which had it until 20 hours and left at 45 hours"
        );
        // Nobody who let it go outlasted the loss: no pin is offered.
        assert_eq!(story(&copies, &[(0, 10), (1, 39), (2, 35), (3, 40)]).len(), 1);
    }

    #[test]
    fn times_are_rounded_to_hundredths_and_end_without_zeros() {
        let of = |secs| days(SimTime::ZERO + SimSpan::from_secs(secs));
        assert_eq!(
            [of(0), of(5_400), of(360_000), of(259_200)],
            ["0 hours", "1.5 hours", "4.17 days", "3 days"]
        );
    }

    #[test]
    fn a_sweep_of_the_last_copy_names_the_limit_that_would_have_spared_it() {
        let copies = [(0, 10, Went::HolderLeft), (1, 20, swept(Trigger::Watermark))];
        assert_eq!(
            story(&copies, &[(0, 10)])[0],
            "storage.max of n1 at 106 B or more: 95 B were in use, a collection begins above 90 B"
        );
        let copies = [(0, 10, Went::HolderLeft), (1, 20, swept(Trigger::ByHand))];
        assert_eq!(story(&copies, &[(0, 10)])[0], "no collection by hand on n1 at 20 hours");
    }

    /// Copies under deals 0, 1, ... in sectors of miners, each from hour 0, promised until its hour, gone at its hour.
    fn stored(copies: &[(u32, u64, u64, Went)]) -> Vec<String> {
        let mut provenance = Provenance::default();
        let sector = |miner| Holder::Sector(MinerId(miner), 5);
        for (deal, &(miner, until, ..)) in (0..).zip(copies) {
            let came = Came::Deal { deal, until: hours(until), sector_until: hours(until) };
            provenance.came(PAGE, sector(miner), came, hours(0));
        }
        let mut last = None;
        for &(miner, _, at, why) in copies {
            let act = provenance.act(sector(miner), why, hours(at));
            provenance.went(PAGE, act);
            last = Some((act, hours(at)));
        }
        let (act, lost) = last.expect("a story has copies");
        provenance.lost(PAGE, act, lost);
        let all: Vec<&Copy> = provenance.copies().iter().collect();
        let name_of = |holder| match holder {
            Holder::Node(node) => format!("n{}", node.0),
            Holder::Sector(miner, sector) => format!("m{}/{sector}", miner.0),
        };
        remedies(&provenance, &all, lost, None).iter().map(|remedy| remedy.words(name_of)).collect()
    }

    #[test]
    fn a_deal_that_ran_out_needed_a_longer_term_or_a_second_miner() {
        assert_eq!(
            stored(&[(0, 30, 31, Went::Expired { bytes_gone: None })]),
            [
                "a longer term or an extension of m0/5: deal 0 ended at 30 hours, the sector at 31 hours",
                "a second copy with another miner past 31 hours: nobody but the miner of m0/5 ever had any"
            ]
        );
    }

    #[test]
    fn a_copy_that_ended_early_would_have_kept_it_only_if_its_deal_ran_past_the_loss() {
        let since = hours(1);
        let copies = [
            (0, 40, 10, Went::DiskLost),
            (1, 20, 11, Went::DiskLost),
            (2, 40, 12, Went::FaultyTooLong { since, bytes_gone: None }),
            (3, 40, 13, Went::FaultyTooLong { since, bytes_gone: Some(hours(2)) }),
            (4, 40, 14, Went::Discarded { part: true }),
            (5, 40, 30, Went::Terminated),
        ];
        // Deal 1 was over at hour 20, before the last copy went: its disk made no difference.
        assert_eq!(
            stored(&copies),
            [
                "m0/5 restored after its disk failed at 10 hours: its miner never does",
                "a proof of m2/5 before 12 hours: its bytes were there, and it had not been proven since 1 hours",
                "m3/5 restored before 13 hours: its disk failed at 2 hours",
                "m4/5 kept by its miner, which threw bytes of it away at 14 hours",
                "m5/5 not ended by its miner at 30 hours: deal 5 ran until 40 hours"
            ]
        );
    }
}
