//! Warm storage: data sets that are proven every day, and rails that pay for proven periods only.
//!
//! ```text
//!   created ── pieces added: billed at once ──> first period begins (A)
//!     period k = epochs after A + k days, up to and with A + (k + 1) days; its last 60 epochs are its window
//!       proven in the window ──> paid           deadline passed without ──> not paid, and nothing else
//!   terminated by either side ──> the rail runs 30 days more, paid out of the lockup, if still proven
//! ```
//!
//! There is no collateral and no penalty: a miner that misses a day loses the day's income. Between creation and the first
//! period nothing is paid. A settlement stops where a period is still open.
//!
//! Source: FilOzone/filecoin-services, SPEC.md and service_contracts/src/FilecoinWarmStorageService.sol (dataSetCreated,
//! possessionProven, nextProvingPeriod, terminateService, validatePayment), lib/Rails.sol, lib/PriceListUSDFC.sol;
//! FilOzone/pdp, src/PDPVerifier.sol. Prices are in dollars there and paid in a dollar token; here the rate is changed
//! into FIL when it is set, at the price that the caller knows, because the ledger counts FIL. Left out: fees per
//! operation (the fixed lockup is there, and [`WarmStorage::charge`] pays out of it), the rails of a CDN (they are
//! about reading), termination by consent without the lockup period, the deposit for cleaning up, deletion of an
//! abandoned data set, metadata.

use super::escrow::EscrowFault;
use super::rails::{RailFault, RailId, Rails, Segment, Settled, Terminator, Verdict};
use crate::filecoin::fixed::wide;
use crate::filecoin::ledger::{Account, Ledger, Party, Reason, Transfer};
use crate::filecoin::policy::Policy;
use crate::filecoin::warm::{self, LEAF};
use crate::ids::{ClientId, MinerId};
use crate::units::{AttoFil, AttoUsd, Epoch, Epochs};
use serde::{Deserialize, Serialize};
use sim_core::units::Bytes;
use std::collections::{BTreeMap, BTreeSet};

/// Number of a data set, counted from zero.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct DataSetId(pub u64);

/// What a message to the service sees.
#[derive(Clone, Copy, Debug)]
pub struct WarmView<'a> {
    /// The epoch.
    pub now: Epoch,
    /// Protocol parameters.
    pub policy: &'a Policy,
    /// What a FIL costs.
    pub fil_price: AttoUsd,
}

impl WarmView<'_> {
    /// An amount of dollars in FIL, rounded toward minus infinity.
    ///
    /// # Panics
    /// If a FIL costs nothing, or the amount is past 2^127 attoFIL.
    pub fn in_fil(&self, amount: AttoUsd) -> AttoFil {
        let fil = wide(amount.atto()) * wide(AttoFil::from_fil(1).atto());
        let fil = fil.div_floor(wide(self.fil_price.atto()));
        AttoFil::new(i128::try_from(fil).expect("a price past 1.7e38 attoFIL"))
    }

    /// What an epoch of so many leaves costs.
    pub fn rate(&self, leaves: u64) -> AttoFil {
        if leaves == 0 {
            return AttoFil::ZERO;
        }
        let raw = u128::from(leaves) * u128::from(LEAF) * 127 / 128;
        let raw = Bytes::new(u64::try_from(raw).expect("a data set past 16 EiB"));
        self.in_fil(warm::rate_per_epoch(self.policy, raw))
    }
}

/// A data set of a client with a miner.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct DataSet {
    /// Who pays.
    pub client: ClientId,
    /// Who stores and proves.
    pub provider: MinerId,
    /// The rail that pays for it.
    pub rail: RailId,
    /// Leaves that are billed.
    pub leaves: u64,
    /// Leaves that leave with the next period.
    pub leaving: u64,
    /// Leaves that this period's challenges may ask for.
    pub challenged: u64,
    /// When its first period began.
    pub activation: Option<Epoch>,
    /// The last epoch at which this period may be proven.
    pub deadline: Option<Epoch>,
    /// Whether it is.
    pub is_proven: bool,
    /// Numbers of all proven periods.
    proven: BTreeSet<u64>,
    /// When its payment ends, once it is terminated.
    pub end: Option<Epoch>,
}

/// Why the service refuses.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum WarmFault {
    /// The payment contract refuses.
    #[error(transparent)]
    Rail(#[from] RailFault),
    /// There is no such data set.
    #[error("no data set {}", .0.0)]
    NoSet(DataSetId),
    /// It is terminated, or paid for no longer.
    #[error("data set {} is terminated", .0.0)]
    Terminated(DataSetId),
    /// More leaves would go than there are, or none come.
    #[error("{0} leaves")]
    Leaves(u64),
    /// The challenge is not in the window of the coming period.
    #[error("a challenge at epoch {found}, allowed from {from} to {until}")]
    Challenge {
        /// When it would be.
        found: Epoch,
        /// First epoch.
        from: Epoch,
        /// Last epoch.
        until: Epoch,
    },
    /// The next period has begun already.
    #[error("the period until epoch {0} goes on")]
    PeriodGoesOn(Epoch),
    /// Nothing is to be proven.
    #[error("no period to prove")]
    NoPeriod,
    /// The period is proven already.
    #[error("this period is proven")]
    Proven,
    /// Too early or too late.
    #[error("a proof may come from epoch {from} to {until}")]
    Window {
        /// First epoch.
        from: Epoch,
        /// Last epoch.
        until: Epoch,
    },
    /// The proof was computed and does not hold, or answers too few challenges.
    #[error("the proof does not hold")]
    BadProof,
    /// The miner cannot pay the fee of the proof.
    #[error("a fee of {needed:?}, has {has:?}")]
    Fee {
        /// The fee.
        needed: AttoFil,
        /// What is in its wallet.
        has: AttoFil,
    },
}

/// The service, and the payment contract it pays through.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct WarmStorage {
    /// The payment contract; parties put their money in and take it out there.
    pub rails: Rails,
    sets: BTreeMap<DataSetId, DataSet>,
    next: u64,
}

impl WarmStorage {
    /// A service without data sets.
    pub fn new() -> Self {
        WarmStorage::default()
    }

    /// A data set.
    pub fn set(&self, id: DataSetId) -> Option<&DataSet> {
        self.sets.get(&id)
    }

    /// All data sets, in the order of their numbers.
    pub fn sets(&self) -> impl Iterator<Item = (DataSetId, &DataSet)> {
        self.sets.iter().map(|(&id, set)| (id, set))
    }

    fn live(&self, id: DataSetId) -> Result<&DataSet, WarmFault> {
        let set = self.sets.get(&id).ok_or(WarmFault::NoSet(id))?;
        if set.end.is_some() { Err(WarmFault::Terminated(id)) } else { Ok(set) }
    }

    /// A data set whose payment has not ended.
    fn paid(&self, id: DataSetId, now: Epoch) -> Result<&DataSet, WarmFault> {
        let set = self.sets.get(&id).ok_or(WarmFault::NoSet(id))?;
        if set.end.is_some_and(|end| now > end) { Err(WarmFault::Terminated(id)) } else { Ok(set) }
    }

    fn set_mut(&mut self, id: DataSetId) -> &mut DataSet {
        self.sets.get_mut(&id).expect("a data set that was looked up")
    }

    /// Opens an empty data set, with `reserve` locked for fees of operations.
    ///
    /// # Errors
    /// If the client's free money does not cover a month of the fee per set, and the reserve.
    pub fn create(
        &mut self,
        client: ClientId,
        provider: MinerId,
        reserve: AttoFil,
        view: &WarmView<'_>,
        ledger: &Ledger,
    ) -> Result<DataSetId, WarmFault> {
        let (from, to) = (Party::Client(client), Party::Miner(provider));
        if reserve.is_negative() {
            return Err(RailFault::Escrow(EscrowFault::Amount(reserve)).into());
        }
        let needed = view.in_fil(view.policy.warm_price_per_set) + reserve;
        let free = self.rails.free(from, view.now, ledger);
        let lockup = self.rails.lockup(from, view.now, ledger);
        if lockup.settled < view.now && !lockup.rate.is_zero() {
            return Err(RailFault::Delinquent(lockup.settled).into());
        }
        if free < needed {
            return Err(RailFault::Short { needed, free }.into());
        }
        let rail = self.rails.create(from, to, view.now);
        self.rails.set_lockup(rail, view.policy.warm_lockup, reserve, view.now, ledger)?;
        let id = DataSetId(self.next);
        self.next += 1;
        let set = DataSet {
            client,
            provider,
            rail,
            leaves: 0,
            leaving: 0,
            challenged: 0,
            activation: None,
            deadline: None,
            is_proven: false,
            proven: BTreeSet::new(),
            end: None,
        };
        self.sets.insert(id, set);
        Ok(id)
    }

    /// Adds leaves: billed at once, challenged from the next period on.
    ///
    /// # Errors
    /// If the client's free money does not cover 30 days of the new rate.
    pub fn add(
        &mut self,
        id: DataSetId,
        leaves: u64,
        view: &WarmView<'_>,
        ledger: &mut Ledger,
    ) -> Result<(), WarmFault> {
        let set = self.live(id)?;
        let (rail, sum) = (set.rail, set.leaves.checked_add(leaves));
        let sum = sum.filter(|_| leaves > 0).ok_or(WarmFault::Leaves(leaves))?;
        let terms = (view.policy, view.now);
        self.rails.set_payment(rail, view.rate(sum), AttoFil::ZERO, terms, ledger)?;
        self.set_mut(id).leaves = sum;
        Ok(())
    }

    /// Sets the rate anew after the price of FIL changed.
    ///
    /// # Errors
    /// If the client's free money does not cover it.
    pub fn reprice(
        &mut self,
        id: DataSetId,
        view: &WarmView<'_>,
        ledger: &mut Ledger,
    ) -> Result<(), WarmFault> {
        let set = self.live(id)?;
        let (rail, rate) = (set.rail, view.rate(set.leaves));
        self.rails.set_payment(rail, rate, AttoFil::ZERO, (view.policy, view.now), ledger)?;
        Ok(())
    }

    /// Schedules leaves to go: billed and challenged until the next period begins.
    ///
    /// # Errors
    /// If there are not so many.
    pub fn schedule_removal(&mut self, id: DataSetId, leaves: u64) -> Result<(), WarmFault> {
        let set = self.live(id)?;
        let leaving = set.leaving.checked_add(leaves).filter(|leaving| *leaving <= set.leaves);
        self.set_mut(id).leaving = leaving.ok_or(WarmFault::Leaves(leaves))?;
        Ok(())
    }

    /// Pays a single amount, such as a fee of an operation, out of the data set's fixed lockup.
    ///
    /// # Errors
    /// If it is more than that.
    pub fn charge(
        &mut self,
        id: DataSetId,
        amount: AttoFil,
        view: &WarmView<'_>,
        ledger: &mut Ledger,
    ) -> Result<(), WarmFault> {
        let rail = self.live(id)?.rail;
        let rate = self.rails.rail(rail).ok_or(RailFault::NoRail(rail))?.rate;
        self.rails.set_payment(rail, rate, amount, (view.policy, view.now), ledger)?;
        Ok(())
    }

    /// Begins the first or next period, with the epoch of its challenge: scheduled leaves go, and the leaves there are
    /// now can be asked for. A set without leaves has no periods until it has some again.
    ///
    /// # Errors
    /// If the present period goes on, or the challenge is not in the window of the coming one.
    pub fn next_period(
        &mut self,
        id: DataSetId,
        challenge: Epoch,
        view: &WarmView<'_>,
        ledger: &mut Ledger,
    ) -> Result<(), WarmFault> {
        let (policy, now) = (view.policy, view.now);
        let set = self.paid(id, now)?;
        let (rail, leaves) = (set.rail, set.leaves - set.leaving);
        let deadline = set.next_deadline(policy.warm_period, now)?;
        if leaves > 0 {
            let (from, until) = (deadline + -policy.warm_window, deadline);
            let from = from.max(now + policy.pdp_challenge_finality);
            if challenge < from || challenge > until {
                return Err(WarmFault::Challenge { found: challenge, from, until });
            }
        } else if set.deadline.is_none() {
            return Err(WarmFault::NoPeriod);
        }
        if set.leaving > 0 {
            let rate = self.rails.rail(rail).ok_or(RailFault::NoRail(rail))?.rate.min(view.rate(leaves));
            self.rails.set_payment(rail, rate, AttoFil::ZERO, (policy, now), ledger)?;
        }
        let set = self.set_mut(id);
        set.leaves = leaves;
        set.leaving = 0;
        set.challenged = leaves;
        set.is_proven = false;
        set.activation = set.activation.or(Some(now));
        set.deadline = (leaves > 0).then_some(deadline);
        Ok(())
    }

    /// Takes a proof for this period; its fee is burnt out of the miner's wallet. `holds` is what whoever computed it says
    /// of its answers to the period's challenges.
    ///
    /// # Errors
    /// If there is nothing to prove now, the proof does not hold, or its fee cannot be paid.
    pub fn prove(
        &mut self,
        id: DataSetId,
        holds: bool,
        view: &WarmView<'_>,
        ledger: &mut Ledger,
    ) -> Result<(), WarmFault> {
        let now = view.now;
        let set = self.paid(id, now)?;
        if set.is_proven {
            return Err(WarmFault::Proven);
        }
        let until = set.deadline.ok_or(WarmFault::NoPeriod)?;
        let from = until + -view.policy.warm_window;
        if now < from || now > until {
            return Err(WarmFault::Window { from, until });
        }
        if !holds {
            return Err(WarmFault::BadProof);
        }
        let period = set.period(now, view.policy.warm_period).ok_or(WarmFault::NoPeriod)?;
        let wallet = Account::Wallet(set.provider);
        let (needed, has) = (warm::proof_fee(view.policy, set.challenged), ledger.balance(wallet));
        if needed > has {
            return Err(WarmFault::Fee { needed, has });
        }
        let (to, reason) = (Account::Burnt, Reason::ProofFee);
        ledger.post(Transfer { from: wallet, to, amount: needed, reason });
        let set = self.set_mut(id);
        set.is_proven = true;
        set.proven.insert(period);
        Ok(())
    }

    /// Pays what was proven up to an epoch; anyone may ask.
    ///
    /// # Errors
    /// If there is nothing that could be settled yet.
    pub fn settle(
        &mut self,
        id: DataSetId,
        until: Epoch,
        view: &WarmView<'_>,
        ledger: &mut Ledger,
    ) -> Result<Settled, WarmFault> {
        let set = self.sets.get(&id).ok_or(WarmFault::NoSet(id))?;
        let judge = |segment: Segment| set.judge(segment, view.policy.warm_period, view.now);
        let terms = (view.policy, view.now);
        Ok(self.rails.settle(set.rail, until, &judge, terms, ledger)?)
    }

    /// Ends a data set, asked by its client or its miner: when its payment ends.
    ///
    /// # Errors
    /// If it is terminated already.
    pub fn terminate(
        &mut self,
        id: DataSetId,
        view: &WarmView<'_>,
        ledger: &Ledger,
    ) -> Result<Epoch, WarmFault> {
        let rail = self.live(id)?.rail;
        let end = self.rails.terminate(rail, Terminator::Operator, view.now, ledger)?;
        self.set_mut(id).end = Some(end);
        Ok(end)
    }
}

impl DataSet {
    /// The period that an epoch lies in.
    fn period(&self, epoch: Epoch, length: Epochs) -> Option<u64> {
        let since = (epoch - self.activation?).count();
        u64::try_from((since - 1).div_euclid(length.count())).ok()
    }

    /// The deadline of the period that would begin now.
    fn next_deadline(&self, length: Epochs, now: Epoch) -> Result<Epoch, WarmFault> {
        let Some(deadline) = self.deadline else {
            let Some(activation) = self.activation else { return Ok(now + length) };
            // The period in which a whole length from now lies.
            let period = (now + length - activation).count() - 1;
            return Ok(activation + length * (period.div_euclid(length.count()) + 1));
        };
        let began = deadline + -length;
        if now <= began {
            return Err(WarmFault::PeriodGoesOn(deadline));
        }
        let skipped = ((now - deadline).count() - 1).max(0) / length.count();
        Ok(deadline + length * (skipped + 1))
    }

    /// What of a segment is paid: the epochs of proven periods; up to the first period that may still be proven.
    fn judge(&self, segment: Segment, length: Epochs, now: Epoch) -> Verdict {
        let none = Verdict { amount: AttoFil::ZERO, settled: segment.to };
        let Some(activation) = self.activation.filter(|activation| segment.to > *activation) else {
            return none;
        };
        let from = segment.from.max(activation);
        let (mut settled, mut epochs) = (from, Epochs::ZERO);
        let mut period = (from - activation).count().div_euclid(length.count());
        while settled < segment.to {
            let deadline = activation + length * (period + 1);
            let is_proven = u64::try_from(period).is_ok_and(|period| self.proven.contains(&period));
            let until = segment.to.min(deadline);
            if is_proven {
                epochs += until - settled;
            } else if deadline >= now {
                break;
            }
            settled = until;
            period += 1;
        }
        Verdict { amount: segment.rate * epochs.count(), settled }
    }
}
