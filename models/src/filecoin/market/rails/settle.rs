//! What has streamed over a rail is paid, as far as whoever judges the service says.
//!
//! Source: FilOzone/filecoin-pay, src/FilecoinPayV1.sol (settleRail, _settleWithRateChanges, _settleSegmentGross,
//! calculateAndPayFees, finalizeTerminatedRail). Left out: settlement of a terminated rail past its end by the payer
//! without the judge, a way out of a judge that does not answer; the one here always does.

use super::{Rail, RailFault, RailId, Rails};
use crate::filecoin::ledger::{Account, Ledger, Party, Reason, Transfer};
use crate::filecoin::policy::Policy;
use crate::units::{AttoFil, Epoch};

/// Epochs of one rate: after the first, up to and with the last.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Segment {
    /// Settled before.
    pub from: Epoch,
    /// To be settled.
    pub to: Epoch,
    /// What an epoch costs.
    pub rate: AttoFil,
}

impl Segment {
    /// Everything is paid.
    pub fn in_full(self) -> Verdict {
        Verdict { amount: self.rate * (self.to - self.from).count(), settled: self.to }
    }
}

/// What a judge says of a segment.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Verdict {
    /// What is paid for it.
    pub amount: AttoFil,
    /// Up to when that settles it.
    pub settled: Epoch,
}

/// What a settlement did.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Settled {
    /// What the payer paid.
    pub gross: AttoFil,
    /// What of it the payee got.
    pub net: AttoFil,
    /// Up to when the rail is settled.
    pub until: Epoch,
    /// Whether the rail is over: terminated and settled to its end.
    pub is_over: bool,
}

impl Rails {
    /// Settles a rail up to an epoch; anyone may ask.
    ///
    /// # Errors
    /// If there is no such rail, the epoch is in the future, or the judge lets nothing be settled yet.
    pub fn settle(
        &mut self,
        id: RailId,
        until: Epoch,
        judge: &dyn Fn(Segment) -> Verdict,
        (policy, now): (&Policy, Epoch),
        ledger: &mut Ledger,
    ) -> Result<Settled, RailFault> {
        if until > now {
            return Err(RailFault::Argument);
        }
        let (mut rail, mut lockup) = self.load(id, now, ledger)?;
        let target = until.min(rail.end.unwrap_or(lockup.settled));
        let before = rail.settled;
        let (mut gross, mut freed) = (AttoFil::ZERO, AttoFil::ZERO);
        while rail.settled < target {
            let segment = rail.segment(target);
            let verdict = if segment.rate.is_zero() { segment.in_full() } else { judge(segment) };
            let full = segment.rate * (verdict.settled - segment.from).count();
            let is_sound = verdict.settled >= segment.from && verdict.settled <= segment.to;
            assert!(is_sound && !verdict.amount.is_negative() && verdict.amount <= full, "{verdict:?}");
            gross += verdict.amount;
            freed += full;
            rail.settled = verdict.settled;
            if verdict.settled < segment.to {
                break;
            }
            if rail.earlier.front().is_some_and(|change| segment.to >= change.until) {
                rail.earlier.pop_front();
            }
        }
        if before < target && rail.settled == before {
            return Err(RailFault::NoProgress(before));
        }
        let (from, to, settled) = (rail.from, rail.to, rail.settled);
        lockup.current -= freed;
        let is_over = rail.end.is_some_and(|end| settled >= end);
        if is_over {
            lockup.current -= rail.fixed;
            self.rails.remove(&id);
        } else {
            self.rails.insert(id, rail);
        }
        let net = Rails::pay(policy, from, to, gross, ledger);
        self.keep(from, lockup, now, ledger);
        Ok(Settled { gross, net, until: settled, is_over })
    }

    /// Pays out of a party's funds: a fee, rounded up, is burnt, the rest is the payee's.
    pub(super) fn pay(
        policy: &Policy,
        from: Party,
        to: Party,
        gross: AttoFil,
        ledger: &mut Ledger,
    ) -> AttoFil {
        let fee = -policy.pay_network_fee.floor_of(-gross);
        let net = gross - fee;
        let [payer, payee] = [from, to].map(Account::Rails);
        ledger.post(Transfer { from: payer, to: payee, amount: net, reason: Reason::RailPayment });
        ledger.post(Transfer { from: payer, to: Account::Burnt, amount: fee, reason: Reason::RailFee });
        net
    }
}

impl Rail {
    /// The next epochs of one rate, up to a target.
    fn segment(&self, target: Epoch) -> Segment {
        let from = self.settled;
        match self.earlier.front() {
            Some(change) => Segment { from, to: target.min(change.until), rate: change.rate },
            None => Segment { from, to: target, rate: self.rate },
        }
    }
}
