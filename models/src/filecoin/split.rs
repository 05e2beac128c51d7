//! The split of newly minted reward between block producers and paid services: FIP-0118, a draft of July 2026.
//!
//! ```text
//!   producers   95 % falling to 50 %, linearly, five points a quarter
//!   services     5 % rising to 10 % within the first quarter, then five points a quarter, if its payment volume met a
//!                gate that grows 2.7 times with every step; never more than producers leave
//!   burnt       the exact residual, dust of rounding included
//! ```
//!
//! Each part is a share of the block's reward, rounded toward minus infinity; tips and penalties stay as they are, and
//! the whole reward counts as mined (sections 2.4.3 and 2.5). Pledges and fees go on reading the whole reward. Under the
//! other rule sets producers get all.
//!
//! Assumptions, for a draft without a height: the split begins with the chain; every quarter has the same payment
//! volume (`reward_service_volume`); a quarter is a fourth of 365 days (`reward_quarter`), which the draft leaves open.
//! Left out: the ten days and the time lock between a quarter's end and its step, and how services divide theirs, which
//! are governance; the grid of 10^-18 that weights are stored on, below a part in 10^9 of a point.

use super::fixed::{Int384, wide};
use super::policy::{Policy, Share};
use crate::units::{AttoFil, AttoUsd, Epochs};

/// What is minted, divided.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RewardParts {
    /// To block producers.
    pub consensus: AttoFil,
    /// To paid services.
    pub service: AttoFil,
    /// To nobody: burnt. Takes what rounding leaves.
    pub burnt: AttoFil,
}

/// A fraction of terms that may be wider than those of a [`super::policy::Share`].
#[derive(Clone, Copy)]
struct Fraction {
    num: Int384,
    den: Int384,
}

impl Fraction {
    fn floor_of(self, amount: AttoFil) -> AttoFil {
        let part = (wide(amount.atto()) * self.num).div_floor(self.den);
        AttoFil::new(i128::try_from(part).expect("a part of an amount"))
    }

    fn less_than(self, other: Fraction) -> bool {
        self.num * other.den < other.num * self.den
    }
}

/// Producers' share after so long.
fn consensus_share(policy: &Policy, elapsed: Epochs) -> Fraction {
    let (start, step) = (policy.reward_consensus_start, policy.reward_consensus_step);
    let quarter = wide(i128::from(policy.reward_quarter.count()));
    let den = wide(start.den) * wide(step.den) * quarter;
    let fallen = wide(step.num) * wide(i128::from(elapsed.count().max(0))) * wide(start.den);
    let now = Fraction { num: wide(start.num) * wide(step.den) * quarter - fallen, den };
    let floor = policy.reward_consensus_floor;
    let floor = Fraction { num: wide(floor.num), den: wide(floor.den) };
    if now.less_than(floor) { floor } else { now }
}

/// Services' share after so long, at most what producers leave.
fn service_share(policy: &Policy, elapsed: Epochs, consensus: Fraction) -> Fraction {
    let (start, step, quarter) =
        (policy.reward_service_start, policy.reward_service_step, policy.reward_quarter.count());
    let elapsed = elapsed.count().max(0);
    // Steps in parts of a quarter: the first is climbed, the others are taken.
    let steps = match elapsed / quarter {
        0 => wide(i128::from(elapsed)),
        quarters => wide(i128::from(raises(policy, quarters))) * wide(i128::from(quarter)),
    };
    let den = wide(start.den) * wide(step.den) * wide(i128::from(quarter));
    let base = wide(start.num) * wide(step.den) * wide(i128::from(quarter));
    let raised = Fraction { num: base + wide(step.num) * steps * wide(start.den), den };
    let left = Fraction { num: consensus.den - consensus.num, den: consensus.den };
    if left.less_than(raised) { left } else { raised }
}

/// Raises of the services' share after so many quarters of the same payment volume.
fn raises(policy: &Policy, quarters: i64) -> i64 {
    let mut raises = 0;
    for quarter in 0..quarters {
        let next = raises_after_quarter(policy, raises, policy.reward_service_volume);
        if next == raises {
            break;
        }
        raises = next;
        // Behind the last gate they all ask for the same.
        if i64::from(raises) > policy.reward_gate_last + 1 {
            return i64::from(raises) + quarters - quarter - 1;
        }
    }
    i64::from(raises)
}

/// Divides newly minted reward, so long after the split began.
pub fn split_reward(policy: &Policy, minted: AttoFil, elapsed: Epochs) -> RewardParts {
    if policy.reward_consensus_start == Share::new(1, 1) && policy.reward_consensus_step.num == 0 {
        return RewardParts { consensus: minted, service: AttoFil::ZERO, burnt: AttoFil::ZERO };
    }
    let share = consensus_share(policy, elapsed);
    let consensus = share.floor_of(minted);
    let service = service_share(policy, elapsed, share).floor_of(minted);
    RewardParts { consensus, service, burnt: minted - consensus - service }
}

/// Payment volume of a quarter that a gate asks for: 3,500 dollars times 2.7 to the number of the gate, which stops to
/// grow after the last.
pub fn gate_target(policy: &Policy, gate: u32) -> AttoUsd {
    let gate = gate.min(u32::try_from(policy.reward_gate_last).expect("a number of gates"));
    let (num, den) = (policy.reward_gate_growth.num, policy.reward_gate_growth.den);
    let target = (0..gate).fold(wide(policy.reward_gate_first.atto()), |target, _| target * wide(num));
    let scale = (0..gate).fold(wide(1), |scale, _| scale * wide(den));
    AttoUsd::new(i128::try_from(target.div_floor(scale)).expect("a gate past 1.7e20 dollars"))
}

/// Raises of the services' share after a quarter with so much payment volume: the first needs none.
pub fn raises_after_quarter(policy: &Policy, raises: u32, volume: AttoUsd) -> u32 {
    let open = raises == 0 || volume >= gate_target(policy, raises - 1);
    raises + u32::from(open)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::filecoin::rulesets::RuleSet;

    fn draft() -> Policy {
        RuleSet::named("draft-fip-0118").expect("the draft").policy()
    }

    /// Thousandths of a reward after so many halves of a quarter, every quarter with that volume.
    fn permille(volume: i64, halves: i64) -> [i128; 3] {
        let mut policy = draft();
        policy.reward_service_volume = AttoUsd::from_usd(volume);
        let elapsed = Epochs::new(policy.reward_quarter.count() * halves / 2);
        let parts = split_reward(&policy, AttoFil::from_fil(1_000), elapsed);
        [parts.consensus, parts.service, parts.burnt]
            .map(|part| part.floor_div(AttoFil::from_fil(1).atto()).atto())
    }

    #[test]
    fn before_the_draft_producers_get_all() {
        let minted = AttoFil::from_fil(30);
        let parts = split_reward(&RuleSet::newest().policy(), minted, Epochs::from_days(1_000));
        assert_eq!(parts, RewardParts { consensus: minted, service: AttoFil::ZERO, burnt: AttoFil::ZERO });
    }

    #[test]
    fn in_the_first_quarter_services_get_what_producers_leave() {
        assert_eq!(permille(0, 0), [950, 50, 0]);
        assert_eq!(permille(0, 1), [925, 75, 0]);
        assert_eq!(permille(0, 2), [900, 100, 0]);
    }

    #[test]
    fn then_they_climb_with_their_volume_and_the_rest_is_burnt() {
        assert_eq!(permille(3_499, 4), [850, 100, 50]);
        assert_eq!(permille(3_499, 60), [500, 100, 400]);
        // The first gate is met in every quarter from the second on, the next (9,450 dollars) never.
        assert_eq!(permille(3_500, 3), [875, 100, 25]);
        assert_eq!(permille(3_500, 4), [850, 150, 0]);
        assert_eq!(permille(3_500, 18), [500, 150, 350]);
        // More than any gate asks for: all that producers leave, however long.
        assert_eq!(permille(4_000_000, 7), [775, 200, 25]);
        assert_eq!(permille(4_000_000, 18), [500, 500, 0]);
        assert_eq!(permille(4_000_000, 100_000), [500, 500, 0]);
    }

    #[test]
    fn what_rounding_leaves_is_burnt_too() {
        let policy = draft();
        let parts = split_reward(&policy, AttoFil::new(99), Epochs::ZERO);
        let expected = [94, 4, 1].map(AttoFil::new);
        assert_eq!([parts.consensus, parts.service, parts.burnt], expected);
    }

    #[test]
    fn a_quarter_without_volume_does_not_raise_services() {
        let policy = draft();
        assert_eq!(raises_after_quarter(&policy, 0, AttoUsd::from_usd(0)), 1);
        assert_eq!(raises_after_quarter(&policy, 1, AttoUsd::from_usd(3_499)), 1);
        assert_eq!(raises_after_quarter(&policy, 1, AttoUsd::from_usd(3_500)), 2);
        assert_eq!(raises_after_quarter(&policy, 2, AttoUsd::from_usd(3_500)), 2);
    }
}
