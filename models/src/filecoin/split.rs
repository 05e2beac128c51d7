//! The split of newly minted reward between block producers and paid services: FIP-0118, a draft of July 2026.
//!
//! Block producers' share falls from 95 to 50 percent, linearly, five points a quarter. That of services rises by five
//! points a quarter, the first time by itself and then only if the quarter's payment volume meets a gate that grows
//! 2.7 times with every step. What neither gets is burnt; tips and penalties stay as they are. Under the other rule
//! sets producers get all.
//!
//! Left out: the time locks on changes of the shares and how services divide theirs, which are governance; the draft
//! leaves open how long a quarter is (`reward_quarter`).

use super::fixed::{Int384, wide};
use super::policy::Policy;
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

/// Services' share after so many raises, at most what producers leave.
fn service_share(policy: &Policy, raises: u32, consensus: Fraction) -> Fraction {
    let (start, step) = (policy.reward_service_start, policy.reward_service_step);
    let num = wide(start.num) * wide(step.den) + wide(step.num) * wide(i128::from(raises)) * wide(start.den);
    let raised = Fraction { num, den: wide(start.den) * wide(step.den) };
    let left = Fraction { num: consensus.den - consensus.num, den: consensus.den };
    if left.less_than(raised) { left } else { raised }
}

/// Divides newly minted reward, so long after the split began and after so many raises of the services' share.
pub fn split_reward(policy: &Policy, minted: AttoFil, elapsed: Epochs, raises: u32) -> RewardParts {
    let share = consensus_share(policy, elapsed);
    let consensus = share.floor_of(minted);
    let service = service_share(policy, raises, share).floor_of(minted);
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

    #[test]
    fn before_the_draft_producers_get_all() {
        let minted = AttoFil::from_fil(30);
        let parts = split_reward(&RuleSet::newest().policy(), minted, Epochs::from_days(1_000), 9);
        assert_eq!(parts, RewardParts { consensus: minted, service: AttoFil::ZERO, burnt: AttoFil::ZERO });
    }

    #[test]
    fn shares_move_by_five_points_a_quarter_and_the_rest_is_burnt() {
        let (policy, minted) = (draft(), AttoFil::from_fil(100));
        let quarters = |count: i64, raises| {
            let parts = split_reward(&policy, minted, policy.reward_quarter * count, raises);
            [parts.consensus, parts.service, parts.burnt].map(|part| part.atto() / 1_000_000_000_000_000_000)
        };
        assert_eq!(quarters(0, 0), [95, 5, 0]);
        assert_eq!(quarters(1, 1), [90, 10, 0]);
        assert_eq!(quarters(2, 1), [85, 10, 5]);
        assert_eq!(quarters(9, 1), [50, 10, 40]);
        assert_eq!(quarters(30, 1), [50, 10, 40]);
        assert_eq!(quarters(2, 8), [85, 15, 0]);
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
