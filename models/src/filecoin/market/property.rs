//! Random sequences of everything that can happen to deals, against a plain account of what should.
//!
//! Policy and terms are short, so that every fate turns up within a hundred steps.

use super::activate::SectorDeals;
use super::onboard;
use super::proposal::{DealProposal, SignedProposal};
use super::settle::Settlement;
use super::tests::{empty_ledger, money, piece};
use super::verified::VerifiedRegistry;
use super::{DealEnd, DealId, Fate, MarketView, StorageMarket};
use crate::filecoin::ledger::{Account, Ledger, Party};
use crate::filecoin::policy::Policy;
use crate::filecoin::proofs::identity::SectorNumber;
use crate::ids::{ClientId, MinerId};
use crate::units::{AttoFil, Epoch, Epochs, Power};
use proptest::prelude::*;
use std::collections::BTreeMap;

const CLIENTS: u32 = 3;
const MINERS: u32 = 2;
const SECTORS: u64 = 4;
const WALLET: i128 = 20_000;

#[derive(Clone, Debug)]
enum Step {
    Wait(i64),
    Add(Party, i128),
    Withdraw(Party, i128),
    Publish(u32, Vec<DealProposal>),
    Activate(u32, u64, i64, Vec<u64>),
    Settle(Vec<u64>),
    Terminate(u32, u64),
    RemoveExpired(u32),
}

fn party() -> impl Strategy<Value = Party> {
    (0..CLIENTS + MINERS).prop_map(|number| match number.checked_sub(CLIENTS) {
        None => Party::Client(ClientId(number)),
        Some(miner) => Party::Miner(MinerId(miner)),
    })
}

/// Proposals whose start and end are counted from the epoch of publication.
fn proposal() -> impl Strategy<Value = DealProposal> {
    let who = (0..CLIENTS, 0..MINERS, 0..6_u8);
    let terms = (0..12_i64, 3..40_i64, 0..30_i128, 0..200_i128, 0..50_i128, any::<bool>());
    (who, terms).prop_map(|((client, provider, number), (start, life, price, theirs, own, verified))| {
        DealProposal {
            piece: piece(number),
            size: 128 << (number % 3),
            verified,
            client: ClientId(client),
            provider: MinerId(provider),
            label: Vec::new(),
            start: Epoch::new(start),
            end: Epoch::new(start + life),
            price: AttoFil::new(price),
            provider_collateral: AttoFil::new(theirs),
            client_collateral: AttoFil::new(own),
        }
    })
}

fn step() -> impl Strategy<Value = Step> {
    let ids = || proptest::collection::vec(0..24_u64, 1..5);
    prop_oneof![
        4 => (1..9_i64).prop_map(Step::Wait),
        2 => (party(), 0..3_000_i128).prop_map(|(party, amount)| Step::Add(party, amount)),
        1 => (party(), 0..3_000_i128).prop_map(|(party, amount)| Step::Withdraw(party, amount)),
        4 => (0..MINERS, proptest::collection::vec(proposal(), 1..5)).prop_map(|(m, p)| Step::Publish(m, p)),
        6 => (0..MINERS, 0..SECTORS, 0..60_i64, ids()).prop_map(|(m, s, l, d)| Step::Activate(m, s, l, d)),
        4 => ids().prop_map(Step::Settle),
        2 => (0..MINERS, 0..SECTORS).prop_map(|(m, s)| Step::Terminate(m, s)),
        1 => (0..CLIENTS).prop_map(Step::RemoveExpired),
    ]
}

struct World {
    now: Epoch,
    policy: Policy,
    ledger: Ledger,
    market: StorageMarket,
    registry: VerifiedRegistry,
    /// Deals that came into a sector, and when that sector ended.
    active: BTreeMap<DealId, Option<Epoch>>,
    fates: BTreeMap<Fate, u64>,
}

impl World {
    fn new(automatic: bool) -> Self {
        let policy = Policy {
            automatic_settlement: automatic,
            deal_min_duration: Epochs::new(3),
            deal_max_duration: Epochs::new(30),
            deal_cleanup_interval: Epochs::new(20),
            verified_min_piece: Power::new(128),
            verified_min_term: Epochs::new(3),
            verified_term_buffer: Epochs::new(20),
            verified_expiration: Epochs::new(8),
            ..Policy::default()
        };
        let (mut ledger, mut registry) =
            (empty_ledger(MINERS as usize, CLIENTS as usize), VerifiedRegistry::new());
        for client in (0..CLIENTS).map(ClientId) {
            money(&mut ledger, Party::Client(client), WALLET);
            registry.grant(&policy, client, 2_000).expect("data cap");
        }
        for miner in (0..MINERS).map(MinerId) {
            money(&mut ledger, Party::Miner(miner), WALLET);
        }
        let (active, fates) = (BTreeMap::new(), BTreeMap::new());
        let market = StorageMarket::new();
        World { now: Epoch::GENESIS, policy, ledger, market, registry, active, fates }
    }

    fn take(&mut self, step: Step) {
        let now = self.now;
        match step {
            Step::Wait(epochs) => self.wait(epochs),
            Step::Add(party, amount) => {
                let _ = self.market.add_balance(&mut self.ledger, party, AttoFil::new(amount));
            }
            Step::Withdraw(party, amount) => {
                let _ = self.market.withdraw(&mut self.ledger, party, AttoFil::new(amount));
            }
            Step::Publish(miner, proposals) => self.publish(MinerId(miner), proposals),
            Step::Activate(miner, sector, life, deals) => {
                let expiration = now + Epochs::new(life);
                let deals: Vec<DealId> = deals.into_iter().map(DealId).collect();
                let wanted = SectorDeals { sector: SectorNumber(sector), expiration, deals };
                let (market, registry) = (&mut self.market, &mut self.registry);
                let wanted = std::slice::from_ref(&wanted);
                if onboard::with_deals(market, registry, MinerId(miner), wanted, now).is_ok() {
                    self.active.extend(wanted[0].deals.iter().map(|id| (*id, None)));
                }
            }
            Step::Settle(ids) => {
                let ids: Vec<DealId> = ids.into_iter().map(DealId).collect();
                let settled = self.market.settle(&ids, &self.policy, now, &mut self.ledger);
                for settlement in settled.unwrap_or_default() {
                    if let Settlement::Ended(_, end) = settlement {
                        self.ended(&end);
                    }
                }
            }
            Step::Terminate(miner, sector) => self.terminate(MinerId(miner), SectorNumber(sector)),
            Step::RemoveExpired(client) => {
                self.registry.remove_expired_allocations(ClientId(client), None, now);
            }
        }
    }

    fn wait(&mut self, epochs: i64) {
        for _ in 0..epochs {
            let ends = self.market.cron(&self.policy, self.now, &mut self.ledger);
            ends.iter().for_each(|end| self.ended(end));
            self.now += Epochs::ONE;
        }
    }

    fn publish(&mut self, miner: MinerId, proposals: Vec<DealProposal>) {
        let ahead = self.now - Epoch::GENESIS;
        let signed = |proposal: DealProposal| {
            let (start, end) = (proposal.start + ahead, proposal.end + ahead);
            let proposal = DealProposal { provider: miner, start, end, ..proposal };
            SignedProposal { proposal, signature_holds: true }
        };
        let proposals: Vec<_> = proposals.into_iter().map(signed).collect();
        let power = Power::new(1 << 40);
        let view = MarketView {
            now: self.now,
            policy: &self.policy,
            raw_power: power,
            baseline: power,
            circulating: AttoFil::new(1 << 38),
        };
        let before = (self.market.clone(), self.registry.clone());
        if self.market.publish(miner, &proposals, &view, &mut self.registry, &self.ledger).is_err() {
            assert_eq!(
                (&self.market, &self.registry),
                (&before.0, &before.1),
                "a refused message changed something"
            );
        }
    }

    fn terminate(&mut self, miner: MinerId, sector: SectorNumber) {
        for id in self.market.in_sector(miner, sector).to_vec() {
            self.active.insert(id, Some(self.now));
        }
        let ends = self.market.sectors_terminated(miner, &[sector], self.now, &mut self.ledger);
        ends.iter().for_each(|end| self.ended(end));
    }

    /// What a deal must have paid, by its own terms and what happened to its sector.
    fn ended(&mut self, end: &DealEnd) {
        *self.fates.entry(end.fate).or_default() += 1;
        let proposal = &end.deal.proposal;
        let until = match self.active.get(&end.id) {
            None => proposal.start,
            Some(None) => proposal.end,
            Some(Some(terminated)) => (*terminated).min(proposal.end).max(proposal.start),
        };
        let fate = match self.active.get(&end.id) {
            None => Fate::NeverActivated,
            Some(Some(terminated)) if *terminated < proposal.end => Fate::Terminated,
            _ => Fate::Completed,
        };
        assert_eq!(end.fate, fate, "{end:?}");
        assert_eq!(end.deal.paid, proposal.price * (until - proposal.start).count(), "{end:?}");
        assert_eq!(end.deal.paid + end.returned, proposal.term().total(), "{end:?}");
        let burnt = if fate == Fate::Completed { AttoFil::ZERO } else { proposal.provider_collateral };
        assert_eq!(end.burnt, burnt, "{end:?}");
    }

    fn check(&self) {
        let mut broken = Vec::new();
        self.market.check(&self.ledger, &mut broken);
        self.registry.check(&mut broken);
        assert_eq!(broken, Vec::<String>::new());
        assert_eq!(self.ledger.residual(), AttoFil::ZERO);
        assert_eq!(self.ledger.overdrawn().count(), 0);
    }

    /// Waits until everything is over, settles, and takes all money out.
    fn close(&mut self) {
        self.wait(100);
        let ids: Vec<u64> = self.market.deals().map(|(id, _)| id.0).collect();
        self.take(Step::Settle(ids));
        assert_eq!(self.market.deals().count(), 0);
        assert_eq!(self.market.locks().total(), AttoFil::ZERO);
        let clients = (0..CLIENTS).map(|number| Party::Client(ClientId(number)));
        for party in clients.chain((0..MINERS).map(|number| Party::Miner(MinerId(number)))) {
            self.take(Step::Withdraw(party, i128::from(i64::MAX)));
            assert_eq!(self.ledger.balance(Account::Escrow(party)), AttoFil::ZERO);
        }
        let fates: u64 = self.fates.values().sum();
        assert_eq!(fates, self.market.published(), "every deal ends once");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn money_is_conserved_and_every_deal_pays_for_the_epochs_it_was_kept(
        automatic in any::<bool>(),
        steps in proptest::collection::vec(step(), 1..120),
    ) {
        let mut world = World::new(automatic);
        for number in 0..CLIENTS + MINERS {
            let party = match number.checked_sub(CLIENTS) {
                None => Party::Client(ClientId(number)),
                Some(miner) => Party::Miner(MinerId(miner)),
            };
            world.take(Step::Add(party, WALLET / 2));
        }
        for step in steps {
            world.take(step);
            world.check();
        }
        let bytes = postcard::to_stdvec(&(&world.market, &world.registry, &world.ledger)).expect("a checkpoint");
        let read: (StorageMarket, VerifiedRegistry, Ledger) = postcard::from_bytes(&bytes).expect("a checkpoint");
        prop_assert_eq!((&read.0, &read.1, &read.2), (&world.market, &world.registry, &world.ledger));
        world.close();
        world.check();
    }
}
