//! Fates of deals, by hand, and every way to be refused.

use super::activate::{ActivationFault, SectorDeals};
use super::escrow::EscrowFault;
use super::proposal::{DealFault, DealProposal, SignedProposal};
use super::publish::{PublishRefusal, Published};
use super::settle::{NoSuchMessage, Settlement};
use super::verified::{AllocationFault, AllocationId, VerifiedRegistry};
use super::{DealEnd, DealId, Fate, MarketView, StorageMarket};
use crate::filecoin::ledger::{Account, Ledger, Opening, Party, Reason, Transfer};
use crate::filecoin::piece::cid::PieceCid;
use crate::filecoin::piece::node::Node;
use crate::filecoin::policy::Policy;
use crate::filecoin::proofs::identity::SectorNumber;
use crate::filecoin::rulesets::RuleSet;
use crate::ids::{ClientId, MinerId};
use crate::units::{AttoFil, Epoch, Epochs, Power};

pub(super) const CLIENT: ClientId = ClientId(0);
pub(super) const MINER: MinerId = MinerId(0);
const ALICE: Party = Party::Client(CLIENT);
const BOB: Party = Party::Miner(MINER);
pub(super) const SECTOR: SectorNumber = SectorNumber(3);
/// Half a year of 180 days.
const TERM: i64 = 518_400;
pub(super) const START: i64 = 1_000;
pub(super) const END: i64 = START + TERM;
pub(super) const GIB: u64 = 1 << 30;

pub(super) fn money(ledger: &mut Ledger, party: Party, amount: i128) {
    let (from, to) = (Account::Holders, party.wallet());
    ledger.post(Transfer { from, to, amount: AttoFil::new(amount), reason: Reason::Capital });
}

pub(super) fn empty_ledger(miners: usize, clients: usize) -> Ledger {
    let opening = Opening { reward_pot: AttoFil::ZERO, reserve: AttoFil::ZERO, burnt: AttoFil::ZERO };
    Ledger::new(opening, miners).with_clients(clients)
}

pub(super) fn piece(number: u8) -> PieceCid {
    PieceCid::V1 { root: Node([number; 32]) }
}

/// A market with a client and a provider who have a thousand million attoFIL each in escrow.
pub(super) struct Town {
    pub(super) ledger: Ledger,
    pub(super) market: StorageMarket,
    pub(super) registry: VerifiedRegistry,
    pub(super) policy: Policy,
}

impl Town {
    pub(super) fn new() -> Self {
        Town::under(RuleSet::newest().policy())
    }

    fn under(policy: Policy) -> Self {
        let (mut ledger, mut market) = (empty_ledger(2, 2), StorageMarket::new());
        for party in [ALICE, BOB, Party::Client(ClientId(1)), Party::Miner(MinerId(1))] {
            money(&mut ledger, party, 1_000_000_000);
            market.add_balance(&mut ledger, party, AttoFil::new(1_000_000_000)).expect("it is there");
        }
        Town { ledger, market, registry: VerifiedRegistry::new(), policy }
    }

    fn view(&self, now: i64) -> MarketView<'_> {
        let power = Power::new(1 << 50);
        MarketView {
            now: Epoch::new(now),
            policy: &self.policy,
            raw_power: power,
            baseline: power,
            circulating: AttoFil::ZERO,
        }
    }

    fn publish(&mut self, now: i64, proposals: &[DealProposal]) -> Result<Published, PublishRefusal> {
        let signed: Vec<_> = proposals.iter().cloned().map(signed).collect();
        let policy = self.policy.clone();
        let view = MarketView { policy: &policy, ..self.view(now) };
        self.market.publish(MINER, &signed, &view, &mut self.registry, &self.ledger)
    }

    /// Publishes one deal.
    pub(super) fn deal(&mut self, now: i64, proposal: DealProposal) -> DealId {
        self.publish(now, &[proposal]).expect("a valid proposal").deals[0].1
    }

    fn activate(&mut self, now: i64, id: DealId) {
        let sector = SectorDeals { sector: SECTOR, expiration: Epoch::new(END), deals: vec![id] };
        let answers = self.market.activate(MINER, &[sector], Epoch::new(now));
        assert_eq!(answers[0].as_ref().expect("a deal in time")[0].id, id);
    }

    fn settle(&mut self, now: i64, id: DealId) -> Settlement {
        let settled = self.market.settle(&[id], &self.policy, Epoch::new(now), &mut self.ledger);
        self.check();
        settled.expect("rules of today").remove(0)
    }

    pub(super) fn terminate(&mut self, epoch: i64) -> Vec<DealEnd> {
        let ends = self.market.sectors_terminated(MINER, &[SECTOR], Epoch::new(epoch), &mut self.ledger);
        self.check();
        ends
    }

    fn cron(&mut self, now: i64) -> Vec<DealEnd> {
        let ends = self.market.cron(&self.policy, Epoch::new(now), &mut self.ledger);
        self.check();
        ends
    }

    pub(super) fn check(&self) {
        let mut broken = Vec::new();
        self.market.check(&self.ledger, &mut broken);
        self.registry.check(&mut broken);
        assert_eq!(broken, Vec::<String>::new());
        assert_eq!(self.ledger.residual(), AttoFil::ZERO);
    }

    fn escrow(&self, party: Party) -> i128 {
        self.ledger.balance(Account::Escrow(party)).atto()
    }

    fn free(&self, party: Party) -> i128 {
        self.market.available(&self.ledger, party).atto()
    }

    fn burnt(&self) -> i128 {
        self.ledger.balance(Account::Burnt).atto()
    }
}

fn signed(proposal: DealProposal) -> SignedProposal {
    SignedProposal { proposal, signature_holds: true }
}

/// A thousand attoFIL an epoch for 180 days: 518,400,000 in all, with collaterals of 70,000 and 7.
pub(super) fn proposal() -> DealProposal {
    DealProposal {
        piece: piece(1),
        size: GIB,
        verified: false,
        client: CLIENT,
        provider: MINER,
        label: b"backup".to_vec(),
        start: Epoch::new(START),
        end: Epoch::new(END),
        price: AttoFil::new(1_000),
        provider_collateral: AttoFil::new(70_000),
        client_collateral: AttoFil::new(7),
    }
}

fn ended(settlement: Settlement) -> (i128, DealEnd) {
    match settlement {
        Settlement::Ended(payment, end) => (payment.atto(), *end),
        other => panic!("not the end: {other:?}"),
    }
}

#[test]
fn a_deal_that_runs_to_its_end_is_paid_in_full_and_both_collaterals_come_back() {
    let mut town = Town::new();
    let id = town.deal(0, proposal());
    assert_eq!(town.free(ALICE), 1_000_000_000 - 518_400_000 - 7);
    assert_eq!(town.free(BOB), 1_000_000_000 - 70_000);
    town.activate(400, id);
    assert_eq!(town.settle(500, id), Settlement::Early);
    assert_eq!(town.settle(START + 100, id), Settlement::Paid(AttoFil::new(100_000)));
    assert_eq!(town.settle(START + 100, id), Settlement::Paid(AttoFil::ZERO));
    assert_eq!(town.market.due(id, Epoch::new(START + 101)), AttoFil::new(1_000));
    let (last, end) = ended(town.settle(END + 5_000, id));
    assert_eq!(last, 518_300_000);
    assert_eq!((end.fate, end.deal.paid.atto()), (Fate::Completed, 518_400_000));
    assert_eq!((end.returned, end.burnt), (AttoFil::ZERO, AttoFil::ZERO));
    assert_eq!(town.settle(END + 5_000, id), Settlement::Unknown);
    assert_eq!((town.escrow(ALICE), town.escrow(BOB)), (481_600_000, 1_518_400_000));
    assert_eq!((town.free(ALICE), town.free(BOB)), (481_600_000, 1_518_400_000));
    assert_eq!((town.burnt(), town.market.locks().total()), (0, AttoFil::ZERO));
}

#[test]
fn a_deal_whose_sector_ends_half_way_is_paid_until_then_and_the_client_gets_no_collateral() {
    let mut town = Town::new();
    let id = town.deal(0, proposal());
    town.activate(400, id);
    town.settle(START + 1_000, id);
    let ends = town.terminate(START + TERM / 2);
    assert_eq!(ends.len(), 1);
    assert_eq!((ends[0].fate, ends[0].deal.paid.atto()), (Fate::Terminated, 259_200_000));
    assert_eq!((ends[0].returned.atto(), ends[0].burnt.atto()), (259_200_000, 70_000));
    assert_eq!((town.free(ALICE), town.escrow(ALICE)), (740_800_000, 740_800_000));
    assert_eq!(town.free(BOB), 1_000_000_000 + 259_200_000 - 70_000);
    assert_eq!(town.burnt(), 70_000);
    assert_eq!(town.ledger.moved(Reason::DealSlash), AttoFil::new(70_000));
    assert!(town.terminate(START + TERM / 2).is_empty());
}

#[test]
fn a_deal_that_misses_its_start_costs_the_client_nothing_and_the_provider_its_collateral() {
    let mut town = Town::new();
    let asked = town.deal(0, proposal());
    let forgotten = town.deal(0, DealProposal { piece: piece(2), price: AttoFil::new(1), ..proposal() });
    assert_eq!(town.settle(START - 1, asked), Settlement::Early);
    let (last, end) = ended(town.settle(START, asked));
    assert_eq!((last, end.fate, end.deal.paid), (0, Fate::NeverActivated, AttoFil::ZERO));
    assert_eq!((end.returned.atto(), end.burnt.atto()), (518_400_000, 70_000));
    // Deal 1 comes up at the first epoch that leaves 1 over after division by 86,400.
    let slot = 86_401;
    assert_eq!(town.market.next_cron(), Some(Epoch::new(86_400)));
    assert!(town.cron(slot - 1).is_empty());
    let ends = town.cron(slot);
    assert_eq!((ends[0].id, ends[0].fate, ends[0].burnt.atto()), (forgotten, Fate::NeverActivated, 70_000));
    assert_eq!(town.ledger.moved(Reason::MissedActivation), AttoFil::new(140_000));
    assert_eq!((town.free(ALICE), town.free(BOB)), (1_000_000_000, 1_000_000_000 - 140_000));
    assert_eq!((town.market.deals().count(), town.market.next_cron()), (0, None));
}

/// Rows 122 to 126 of the reference: actors/market/tests/cron_tick_deal_slashing.rs.
#[test]
fn payment_on_termination_is_what_the_actors_own_tests_say() {
    for (terminated, paid) in [(15, 50), (10, 0), (6, 0), (5, 0), (19, 90)] {
        let mut town = Town::new();
        let (start, end) = (Epoch::new(10), Epoch::new(10 + TERM));
        let id = town.deal(0, DealProposal { start, end, price: AttoFil::new(10), ..proposal() });
        town.activate(5, id);
        let ends = town.terminate(terminated);
        assert_eq!((ends[0].deal.paid.atto(), town.burnt()), (paid, 70_000), "terminated at {terminated}");
        assert_eq!(town.free(ALICE), 1_000_000_000 - paid);
    }
}

/// Row 127: actors/market/tests/settle_deal_payments.rs.
#[test]
fn a_hundred_epochs_at_ten_are_a_thousand() {
    let mut town = Town::new();
    let id = town.deal(0, DealProposal { price: AttoFil::new(10), ..proposal() });
    town.activate(START, id);
    assert_eq!(town.settle(START + 100, id), Settlement::Paid(AttoFil::new(1_000)));
}

/// Row 119: actors/market/tests/market_actor_test.rs.
#[test]
fn the_least_collateral_is_a_hundredth_of_the_share_in_the_supply() {
    let mut town = Town::new();
    let wide = Power::new(1 << 50);
    let proposal = DealProposal { size: 2_048, provider_collateral: AttoFil::new(19), ..proposal() };
    let policy = town.policy.clone();
    let circulating = AttoFil::new(1 << 50);
    let view =
        MarketView { now: Epoch::GENESIS, policy: &policy, raw_power: wide, baseline: wide, circulating };
    let fault = DealFault::ProviderCollateral {
        found: AttoFil::new(19),
        min: AttoFil::new(20),
        max: AttoFil::from_fil(2_000_000_000),
    };
    assert_eq!(proposal.validate(&view), Err(fault));
    let enough = signed(DealProposal { provider_collateral: AttoFil::new(20), ..proposal });
    let published = town.market.publish(MINER, &[enough], &view, &mut town.registry, &town.ledger);
    assert_eq!(published.map(|published| published.deals.len()), Ok(1));
}

/// Rows 128 to 131.
#[test]
fn every_deal_has_its_slot() {
    for (number, start, slot) in [(0, 10, 86_400), (1, 50, 86_401), (7, 86_407, 86_407), (7, 86_408, 172_807)]
    {
        let mut town = Town::new();
        let late = |place: u8, start: i64| DealProposal {
            piece: piece(place),
            price: AttoFil::ZERO,
            start: Epoch::new(start),
            end: Epoch::new(start + TERM),
            ..proposal()
        };
        for place in 0..number {
            town.deal(0, late(place, 200_000));
        }
        town.deal(0, late(9, start));
        assert_eq!(town.market.next_cron(), Some(Epoch::new(slot)));
    }
}

#[test]
fn every_check_of_a_proposal_refuses_what_it_is_for() {
    let huge = AttoFil::from_fil(2_000_000_001);
    let collateral = |found| DealFault::ProviderCollateral {
        found,
        min: AttoFil::ZERO,
        max: AttoFil::from_fil(2_000_000_000),
    };
    let duration = |found| DealFault::Duration {
        found: Epochs::new(found),
        min: Epochs::from_days(180),
        max: Epochs::from_days(1_278),
    };
    let longest = 1_278 * 2_880;
    let root = Node([1; 32]);
    let height = crate::filecoin::piece::size::PieceHeight::MIN;
    let (start, owed) = (Epoch::new(START), AttoFil::new(-1));
    let cases = [
        (DealProposal { label: vec![0; 257], ..proposal() }, DealFault::Label(257)),
        (DealProposal { size: 64, ..proposal() }, DealFault::Size(64)),
        (DealProposal { size: GIB + 1, ..proposal() }, DealFault::Size(GIB + 1)),
        (
            DealProposal { piece: PieceCid::V2 { root, height, padding: 0 }, ..proposal() },
            DealFault::PieceCid,
        ),
        (DealProposal { end: start, ..proposal() }, DealFault::Ends { start, end: start }),
        (DealProposal { end: Epoch::new(END - 1), ..proposal() }, duration(TERM - 1)),
        (DealProposal { end: Epoch::new(START + longest + 1), ..proposal() }, duration(longest + 1)),
        (DealProposal { price: owed, ..proposal() }, DealFault::Price(owed)),
        (DealProposal { price: huge, ..proposal() }, DealFault::Price(huge)),
        (DealProposal { provider_collateral: owed, ..proposal() }, collateral(owed)),
        (DealProposal { provider_collateral: huge, ..proposal() }, collateral(huge)),
        (DealProposal { client_collateral: owed, ..proposal() }, DealFault::ClientCollateral(owed)),
        (DealProposal { client_collateral: huge, ..proposal() }, DealFault::ClientCollateral(huge)),
    ];
    let town = Town::new();
    for (proposal, fault) in cases {
        assert_eq!(proposal.validate(&town.view(0)), Err(fault));
    }
    assert_eq!(proposal().validate(&town.view(START + 1)), Err(DealFault::Started(start)));
    assert_eq!(proposal().validate(&town.view(START)), Ok(()));
    let longest = DealProposal { label: vec![0; 256], end: Epoch::new(START + longest), ..proposal() };
    assert_eq!(longest.validate(&town.view(0)), Ok(()));
}

#[test]
fn what_one_proposal_takes_counts_against_the_next_in_the_same_message() {
    let mut town = Town::new();
    town.registry.grant(&town.policy.clone(), CLIENT, GIB).expect("data cap");
    let free = |number: u8| DealProposal { piece: piece(number), price: AttoFil::ZERO, ..proposal() };
    let much = AttoFil::new(999_000_000);
    let proposals = [
        proposal(),
        DealProposal { piece: piece(2), ..proposal() },
        DealProposal { provider_collateral: much, ..free(3) },
        DealProposal { provider_collateral: much, ..free(4) },
        free(5),
        free(5),
        DealProposal { verified: true, ..free(6) },
        DealProposal { verified: true, ..free(7) },
        DealProposal { provider: MinerId(1), ..free(8) },
    ];
    let published = town.publish(0, &proposals).expect("some are valid");
    let places: Vec<usize> = published.deals.iter().map(|(place, _)| *place).collect();
    assert_eq!(places, [0, 2, 4, 6]);
    let dropped = [
        (1, DealFault::ClientFunds),
        (3, DealFault::ProviderFunds),
        (5, DealFault::Duplicate),
        (7, DealFault::DataCap),
        (8, DealFault::OtherProvider),
    ];
    assert_eq!(published.dropped, dropped);
    assert_eq!(town.market.deal(DealId(3)).and_then(|deal| deal.allocation), Some(AllocationId(1)));
    town.check();
}

#[test]
fn a_message_without_a_valid_proposal_changes_nothing() {
    let mut town = Town::new();
    let before = (town.market.clone(), town.registry.clone());
    assert_eq!(town.publish(0, &[]), Err(PublishRefusal::Empty));
    let other = DealProposal { provider: MinerId(1), ..proposal() };
    assert_eq!(town.publish(0, &[other]), Err(PublishRefusal::Sender));
    let unsigned = SignedProposal { proposal: proposal(), signature_holds: false };
    let policy = town.policy.clone();
    let view = MarketView { policy: &policy, ..town.view(0) };
    let refused = town.market.publish(MINER, &[unsigned], &view, &mut town.registry, &town.ledger);
    assert_eq!(refused, Err(PublishRefusal::AllInvalid(vec![(0, DealFault::Signature)])));
    // Data cap that cannot become an allocation stops the valid proposals of the message too.
    let small = 1 << 19;
    town.registry.grant(&policy, CLIENT, GIB).expect("data cap");
    let before_small = town.registry.clone();
    let verified = DealProposal { verified: true, size: small, piece: piece(2), ..proposal() };
    let fault = AllocationFault::TooSmall { found: small, min: Power::new(1 << 20) };
    let verified = DealProposal { price: AttoFil::ZERO, ..verified };
    assert_eq!(town.publish(0, &[proposal(), verified]), Err(PublishRefusal::Allocation(fault)));
    assert_eq!((&town.market, &town.registry), (&before.0, &before_small));
}

#[test]
fn the_same_proposal_may_be_published_again_once_the_market_has_looked_at_the_active_deal() {
    let mut town = Town::new();
    let cheap = DealProposal { price: AttoFil::new(1), ..proposal() };
    let id = town.deal(0, cheap.clone());
    town.activate(10, id);
    let refused = town.publish(20, std::slice::from_ref(&cheap));
    assert_eq!(refused, Err(PublishRefusal::AllInvalid(vec![(0, DealFault::Duplicate)])));
    town.settle(30, id);
    assert_eq!(town.deal(40, cheap), DealId(1));
}

#[test]
fn a_deal_settled_before_the_market_first_came_by_is_settled_by_it_from_then_on() {
    let mut town = Town::new();
    let (settled, left) = (
        town.deal(0, proposal()),
        town.deal(0, DealProposal { piece: piece(2), price: AttoFil::new(1), ..proposal() }),
    );
    town.activate(10, settled);
    town.activate(10, left);
    town.settle(START + 1, settled);
    assert!(town.cron(86_401).is_empty());
    let paid = |town: &Town, id| town.market.deal(id).map(|deal: &super::Deal| deal.paid.atto());
    assert_eq!(paid(&town, settled), Some((86_401 - START as i128) * 1_000));
    assert_eq!(paid(&town, left), Some(0));
    assert_eq!(town.market.next_cron(), Some(Epoch::new(172_800)));
}

#[test]
fn before_network_version_22_the_market_settles_by_itself_and_nobody_can_ask() {
    let mut town = Town::under(RuleSet::named("nv21").expect("nv21").policy());
    let id = town.deal(0, proposal());
    town.activate(10, id);
    let asked = town.market.settle(&[id], &town.policy, Epoch::new(2_000), &mut town.ledger);
    assert_eq!(asked, Err(NoSuchMessage));
    assert!(town.cron(86_400).is_empty());
    assert_eq!(town.market.deal(id).map(|deal| deal.paid.atto()), Some((86_400 - START as i128) * 1_000));
    let slot = 86_400 * 7;
    let ends: Vec<DealEnd> = (2..=7).flat_map(|month| town.cron(86_400 * month)).collect();
    assert_eq!((ends[0].fate, ends[0].deal.paid.atto()), (Fate::Completed, 518_400_000));
    assert!(slot > END && town.market.next_cron().is_none());
}

#[test]
fn a_deal_that_was_over_when_its_sector_ended_only_waits_to_be_settled() {
    let mut town = Town::new();
    let id = town.deal(0, proposal());
    town.activate(10, id);
    assert!(town.terminate(END).is_empty());
    let (last, end) = ended(town.settle(END, id));
    assert_eq!((last, end.fate, town.burnt()), (518_400_000, Fate::Completed, 0));
}

#[test]
fn a_deal_comes_into_one_sector_of_its_provider_that_outlives_it_by_its_start() {
    let mut town = Town::new();
    let id = town.deal(0, DealProposal { price: AttoFil::new(1), ..proposal() });
    let other = town.deal(0, DealProposal { piece: piece(2), price: AttoFil::new(1), ..proposal() });
    let sector = |expiration: i64, deals: &[DealId]| SectorDeals {
        sector: SECTOR,
        expiration: Epoch::new(expiration),
        deals: deals.to_vec(),
    };
    let end = Epoch::new(END);
    let unknown = DealId(9);
    for (provider, wanted, now, fault) in [
        (MINER, sector(END, &[unknown]), 10, ActivationFault::NoDeal(unknown)),
        (MINER, sector(END, &[id, id]), 10, ActivationFault::Twice(id)),
        (MinerId(1), sector(END, &[id]), 10, ActivationFault::OtherProvider(id)),
        (MINER, sector(END, &[id]), START + 1, ActivationFault::TooLate { deal: id, by: Epoch::new(START) }),
        (MINER, sector(END - 1, &[id]), 10, ActivationFault::OutlivesSector { deal: id, end }),
    ] {
        let now = Epoch::new(now);
        assert_eq!(town.market.verify_for_activation(provider, &wanted, 32 * GIB, now), Err(fault));
        assert_eq!(town.market.activate(provider, &[wanted], now), vec![Err(fault)]);
    }
    let both = sector(END, &[id, other]);
    let too_large = ActivationFault::TooLarge { found: 2 * u128::from(GIB), size: GIB };
    assert_eq!(town.market.verify_for_activation(MINER, &both, GIB, Epoch::new(10)), Err(too_large));
    // One deal that may not come in keeps the others of its sector out, and those of no other sector.
    let answers = town.market.activate(
        MINER,
        &[sector(END, &[other, unknown]), SectorDeals { sector: SectorNumber(4), ..sector(END, &[id]) }],
        Epoch::new(START),
    );
    assert_eq!(answers[0], Err(ActivationFault::NoDeal(unknown)));
    assert!(answers[1].is_ok());
    assert_eq!(town.market.in_sector(MINER, SectorNumber(4)), [id]);
    assert_eq!(town.market.in_sector(MINER, SECTOR), []);
    let again = town.market.activate(MINER, &[sector(END, &[id])], Epoch::new(START));
    assert_eq!(again, vec![Err(ActivationFault::Active(id))]);
}

#[test]
fn only_what_is_not_locked_can_be_withdrawn() {
    let mut town = Town::new();
    town.deal(0, proposal());
    let (all, none) = (AttoFil::from_fil(1), AttoFil::ZERO);
    let ledger = &mut town.ledger;
    assert_eq!(town.market.withdraw(ledger, ALICE, all), Ok(AttoFil::new(481_599_993)));
    assert_eq!(town.market.withdraw(ledger, ALICE, all), Ok(none));
    let owed = AttoFil::new(-1);
    assert_eq!(town.market.withdraw(ledger, ALICE, owed), Err(EscrowFault::Amount(owed)));
    assert_eq!(town.market.add_balance(ledger, ALICE, none), Err(EscrowFault::Amount(none)));
    let short = EscrowFault::Wallet { needed: all, has: AttoFil::new(481_599_993) };
    assert_eq!(town.market.add_balance(ledger, ALICE, all), Err(short));
    assert_eq!(town.ledger.owned(ALICE), AttoFil::new(1_000_000_000));
}
