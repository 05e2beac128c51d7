//! Fates of deals, reckoned by hand, and every way to be refused.

use super::activate::{ActivationFault, NotifiedPiece, SectorDeals};
use super::escrow::EscrowFault;
use super::onboard::{self, OnboardRefusal, PieceManifest, SectorManifest};
use super::proposal::{DealFault, DealProposal, SignedProposal};
use super::publish::{PublishRefusal, Published};
use super::settle::{NoSuchMessage, Settlement};
use super::verified::{AllocationFault, AllocationId, AllocationRequest, ClaimFault, VerifiedRegistry};
use super::verified::{Extension, ExtensionFault, TermFault};
use super::{DealEnd, DealId, Fate, MarketView, StorageMarket};
use crate::filecoin::ledger::{Account, Ledger, Opening, Party, Reason, Transfer};
use crate::filecoin::miner::sector::Contents;
use crate::filecoin::piece::cid::PieceCid;
use crate::filecoin::piece::node::Node;
use crate::filecoin::policy::Policy;
use crate::filecoin::proofs::identity::SectorNumber;
use crate::filecoin::rulesets::RuleSet;
use crate::ids::{ClientId, MinerId};
use crate::units::{AttoFil, Epoch, Epochs, Power};

const CLIENT: ClientId = ClientId(0);
const MINER: MinerId = MinerId(0);
const ALICE: Party = Party::Client(CLIENT);
const BOB: Party = Party::Miner(MINER);
const SECTOR: SectorNumber = SectorNumber(3);
/// Half a year of 180 days.
const TERM: i64 = 518_400;
const START: i64 = 1_000;
const END: i64 = START + TERM;
const GIB: u64 = 1 << 30;

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
struct Town {
    ledger: Ledger,
    market: StorageMarket,
    registry: VerifiedRegistry,
    policy: Policy,
}

impl Town {
    fn new() -> Self {
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
    fn deal(&mut self, now: i64, proposal: DealProposal) -> DealId {
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

    fn terminate(&mut self, epoch: i64) -> Vec<DealEnd> {
        let ends = self.market.sectors_terminated(MINER, &[SECTOR], Epoch::new(epoch), &mut self.ledger);
        self.check();
        ends
    }

    fn cron(&mut self, now: i64) -> Vec<DealEnd> {
        let ends = self.market.cron(&self.policy, Epoch::new(now), &mut self.ledger);
        self.check();
        ends
    }

    fn check(&self) {
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
fn proposal() -> DealProposal {
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
    let refused = town.publish(20, &[cheap.clone()]);
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

/// A verified deal of a GiB, published by a client with two GiB of data cap.
fn verified_town() -> (Town, DealId) {
    let mut town = Town::new();
    let policy = town.policy.clone();
    town.registry.grant(&policy, CLIENT, 2 * GIB).expect("data cap");
    let id = town.deal(0, DealProposal { verified: true, ..proposal() });
    (town, id)
}

#[test]
fn a_verified_deal_is_claimed_with_its_sector_and_burns_data_cap() {
    let (mut town, id) = verified_town();
    let plain = town.deal(0, DealProposal { piece: piece(2), price: AttoFil::ZERO, ..proposal() });
    let allocation = *town.registry.allocation(CLIENT, AllocationId(1)).expect("the market's allocation");
    assert_eq!((allocation.term_min, allocation.term_max), (Epochs::from_days(180), Epochs::from_days(270)));
    assert_eq!(allocation.expiration, Epoch::new(START));
    assert_eq!(town.registry.data_cap(CLIENT), GIB);
    let wanted = |expiration: i64| SectorDeals {
        sector: SECTOR,
        expiration: Epoch::new(expiration),
        deals: vec![id, plain],
    };
    // At epoch 100 the sector may last from 180 to 270 days; so long, but not less than the deal.
    let now = Epoch::new(100);
    let longest = 100 + 270 * 2_880;
    let Town { market, registry, .. } = &mut town;
    let found = Epochs::new(longest + 1 - 100);
    let (min, max) = (Epochs::from_days(180), Epochs::from_days(270));
    let fault = OnboardRefusal::Claim(ClaimFault::Term { id: AllocationId(1), min, max, found });
    assert_eq!(onboard::with_deals(market, registry, MINER, &[wanted(longest + 1)], now), Err(fault));
    assert!(market.deal(id).is_some_and(|deal| deal.place.is_none()));
    let contents = onboard::with_deals(market, registry, MINER, &[wanted(longest)], now);
    assert_eq!(contents, Ok(vec![Contents { plain: GIB, verified: GIB }]));
    let claim = town.registry.claim_of(MINER, AllocationId(1)).expect("the claim");
    assert_eq!((claim.term_start, claim.sector, claim.size), (now, SECTOR, GIB));
    assert_eq!(town.registry.totals(), (2 * GIB, GIB));
    town.check();
}

#[test]
fn an_allocation_not_claimed_in_time_goes_back_as_data_cap() {
    let (mut town, id) = verified_town();
    let (late, asked) = (Epoch::new(START), [AllocationId(1)]);
    assert_eq!(town.registry.remove_expired_allocations(CLIENT, Some(&asked), Epoch::new(START - 1)), 0);
    assert_eq!(town.registry.remove_expired_allocations(CLIENT, Some(&[AllocationId(2)]), late), 0);
    assert_eq!(town.registry.remove_expired_allocations(CLIENT, Some(&asked), late), GIB);
    assert_eq!(town.registry.data_cap(CLIENT), 2 * GIB);
    // The deal may still start, but its claim is gone, and with it the whole sector.
    let wanted = SectorDeals { sector: SECTOR, expiration: Epoch::new(END), deals: vec![id] };
    let Town { market, registry, .. } = &mut town;
    let refused = onboard::with_deals(market, registry, MINER, &[wanted], late);
    assert_eq!(refused, Err(ClaimFault::NoAllocation(AllocationId(1)).into()));
    town.check();
}

fn request() -> AllocationRequest {
    AllocationRequest {
        provider: MINER,
        piece: piece(5),
        size: GIB,
        term_min: Epochs::from_days(180),
        term_max: Epochs::from_days(400),
        expiration: Epoch::new(60 * 2_880),
    }
}

#[test]
fn an_allocation_has_a_size_a_term_and_an_expiration_within_bounds() {
    let (policy, now) = (RuleSet::newest().policy(), Epoch::GENESIS);
    let mut registry = VerifiedRegistry::new();
    let min = Power::new(1 << 20);
    let small = (1 << 20) - 1;
    assert_eq!(registry.grant(&policy, CLIENT, small), Err(AllocationFault::TooSmall { found: small, min }));
    registry.grant(&policy, CLIENT, 3 * GIB).expect("data cap");
    let good = request();
    let short = Epochs::from_days(180) - Epochs::ONE;
    let long = Epochs::new(5_259_486);
    let days = Epochs::from_days;
    let last = good.expiration;
    let late = last + Epochs::ONE;
    for (request, fault) in [
        (AllocationRequest { size: small, ..good }, AllocationFault::TooSmall { found: small, min }),
        (
            AllocationRequest { term_min: short, ..good },
            AllocationFault::Term { min: short, max: good.term_max },
        ),
        (
            AllocationRequest { term_max: long, ..good },
            AllocationFault::Term { min: good.term_min, max: long },
        ),
        (
            AllocationRequest { term_min: days(401), ..good },
            AllocationFault::Term { min: days(401), max: days(400) },
        ),
        (
            AllocationRequest { expiration: late, ..good },
            AllocationFault::Expiration { found: late, now, last },
        ),
        (
            AllocationRequest { size: 4 * GIB, ..good },
            AllocationFault::DataCap { needed: 4 * GIB, has: 3 * GIB },
        ),
    ] {
        assert_eq!(registry.allocate(CLIENT, &[request], &policy, now), Err(fault));
    }
    assert_eq!(
        registry.allocate(CLIENT, &[good, good], &policy, now),
        Ok(vec![AllocationId(1), AllocationId(2)])
    );
    assert_eq!((registry.data_cap(CLIENT), registry.totals()), (GIB, (3 * GIB, 0)));
}

fn manifest(pieces: Vec<PieceManifest>) -> SectorManifest {
    SectorManifest { sector: SECTOR, expiration: Epoch::new(300 * 2_880), pieces }
}

#[test]
fn pieces_come_in_without_any_deal_and_count_ten_times_where_they_claim() {
    let (policy, now) = (RuleSet::newest().policy(), Epoch::new(50));
    let (mut market, mut registry) = (StorageMarket::new(), VerifiedRegistry::new());
    registry.grant(&policy, CLIENT, GIB).expect("data cap");
    let ids = registry.allocate(CLIENT, &[request()], &policy, Epoch::GENESIS).expect("an allocation");
    let claimed =
        PieceManifest { piece: piece(5), size: GIB, allocation: Some((CLIENT, ids[0])), deal: None };
    let plain = PieceManifest { piece: piece(6), size: 2 * GIB, allocation: None, deal: None };
    let mut go = |provider, pieces, size, policy: &Policy| {
        let sectors = [manifest(pieces)];
        onboard::directly(&mut market, &mut registry, provider, (&sectors, size), policy, now)
    };
    let size = 32 * GIB;
    let nv21 = RuleSet::named("nv21").expect("nv21").policy();
    assert_eq!(go(MINER, vec![plain], size, &nv21), Err(OnboardRefusal::NoSuchMessage));
    let too_large = ActivationFault::TooLarge { found: 3 * u128::from(GIB), size: 2 * GIB };
    assert_eq!(go(MINER, vec![claimed, plain], 2 * GIB, &policy), Err(too_large.into()));
    let other = ClaimFault::OtherProvider(ids[0]);
    assert_eq!(go(MinerId(1), vec![claimed], size, &policy), Err(other.into()));
    let wrong = PieceManifest { piece: piece(6), ..claimed };
    assert_eq!(go(MINER, vec![wrong], size, &policy), Err(ClaimFault::OtherPiece(ids[0]).into()));
    assert_eq!(go(MINER, vec![claimed, claimed], size, &policy), Err(ClaimFault::Twice(ids[0]).into()));
    let odd = PieceManifest { size: 3 * GIB, ..plain };
    assert_eq!(go(MINER, vec![odd], size, &policy), Err(OnboardRefusal::Size(3 * GIB)));
    let contents = go(MINER, vec![claimed, plain], size, &policy);
    assert_eq!(contents, Ok(vec![Contents { plain: 2 * GIB, verified: GIB }]));
    assert_eq!(registry.totals(), (GIB, GIB));
    assert_eq!(registry.claims(MINER).map(|(id, _)| id).collect::<Vec<_>>(), ids);
}

#[test]
fn the_market_takes_a_piece_it_is_told_of_as_its_deal_if_it_is_the_deals() {
    let (mut town, id) = verified_town();
    let expiration = Epoch::new(END);
    let notice = NotifiedPiece { piece: piece(1), size: GIB, deal: id };
    let wrong = NotifiedPiece { size: 2 * GIB, ..notice };
    let told = [wrong, notice, notice];
    let answers = town.market.content_changed(MINER, SECTOR, expiration, &told, Epoch::new(5));
    assert_eq!(answers, [Err(ActivationFault::OtherPiece(id)), Ok(()), Err(ActivationFault::Active(id))]);
    // By manifest, the claim and the deal come in together.
    let (mut town, id) = verified_town();
    let (allocation, deal) = (Some((CLIENT, AllocationId(1))), Some(id));
    let piece = PieceManifest { piece: piece(1), size: GIB, allocation, deal };
    let sectors = [SectorManifest { sector: SECTOR, expiration, pieces: vec![piece] }];
    let Town { market, registry, policy, .. } = &mut town;
    let contents = onboard::directly(market, registry, MINER, (&sectors, 32 * GIB), policy, Epoch::new(5));
    assert_eq!(contents, Ok(vec![Contents { plain: 0, verified: GIB }]));
    assert_eq!(market.in_sector(MINER, SECTOR), [id]);
    assert_eq!(town.terminate(START + 10)[0].deal.paid, AttoFil::new(10_000));
}

#[test]
fn terms_of_claims_are_raised_by_their_client_or_with_fresh_data_cap() {
    let policy = RuleSet::newest().policy();
    let mut registry = VerifiedRegistry::new();
    let (friend, id) = (ClientId(1), AllocationId(1));
    registry.grant(&policy, CLIENT, GIB).expect("data cap");
    registry.grant(&policy, friend, GIB).expect("data cap");
    registry.allocate(CLIENT, &[request()], &policy, Epoch::GENESIS).expect("an allocation");
    let claim = super::verified::AllocationClaim { client: CLIENT, id, piece: piece(5), size: GIB };
    let sector = super::verified::SectorClaims {
        sector: SECTOR,
        expiration: Epoch::new(300 * 2_880),
        claims: vec![claim],
    };
    assert_eq!(registry.claim(MINER, &[sector], Epoch::new(50)), vec![Ok(GIB)]);
    let (longest, days) = (Epochs::new(5_259_485), Epochs::from_days);
    let term = |found, min| TermFault::Term { found, min, max: longest };
    assert_eq!(registry.extend_term(friend, MINER, id, days(500), &policy), Err(TermFault::OtherClient(id)));
    assert_eq!(registry.extend_term(CLIENT, MINER, id, days(399), &policy), Err(term(days(399), days(400))));
    assert_eq!(registry.extend_term(CLIENT, MINER, id, days(500), &policy), Ok(()));
    // A thousand epochs after the claim, fresh data cap buys a term from now.
    let (now, more) = (Epoch::new(1_050), longest + Epochs::new(1_000));
    assert_eq!(registry.extend_with_data_cap(friend, MINER, id, more, &policy, now), Ok(()));
    assert_eq!((registry.data_cap(friend), registry.totals()), (0, (2 * GIB, 2 * GIB)));
    let again =
        registry.extend_with_data_cap(friend, MINER, id, more + Epochs::ONE, &policy, Epoch::new(1_051));
    assert_eq!(again, Err(TermFault::DataCap { needed: GIB, has: 0 }));
    let over = Epoch::new(50) + more;
    assert_eq!(registry.remove_expired_claims(MINER, None, over + -Epochs::ONE), []);
    assert_eq!(registry.remove_expired_claims(MINER, Some(&[id]), over), [id]);
    let mut broken = Vec::new();
    registry.check(&mut broken);
    assert!(broken.is_empty(), "{broken:?}");
}

#[test]
fn a_sector_is_extended_as_far_as_the_claims_that_it_keeps_allow() {
    let policy = RuleSet::newest().policy();
    let mut registry = VerifiedRegistry::new();
    registry.grant(&policy, CLIENT, 2 * GIB).expect("data cap");
    let second = AllocationRequest { piece: piece(6), term_max: Epochs::from_days(500), ..request() };
    let ids = registry.allocate(CLIENT, &[request(), second], &policy, Epoch::GENESIS).expect("allocations");
    let claims = [(ids[0], piece(5)), (ids[1], piece(6))];
    let claims =
        claims.map(|(id, piece)| super::verified::AllocationClaim { client: CLIENT, id, piece, size: GIB });
    let expiration = Epoch::new(300 * 2_880);
    let sector = super::verified::SectorClaims { sector: SECTOR, expiration, claims: claims.to_vec() };
    assert_eq!(registry.claim(MINER, &[sector], Epoch::GENESIS), vec![Ok(2 * GIB)]);
    let day = |days: i64| Epoch::new(days * 2_880);
    let check = |keep: &[AllocationId], drop: &[AllocationId], until: i64, now: i64| {
        let (sector, verified, new_expiration) = (SECTOR, 2 * GIB, day(until));
        let extension = Extension { sector, expiration, new_expiration, verified, keep, drop };
        registry.check_extension(MINER, &extension, &policy, day(now))
    };
    assert_eq!(check(&ids, &[], 400, 10), Ok(2 * GIB));
    assert_eq!(check(&ids, &[], 401, 10), Err(ExtensionFault::Claim { id: ids[0], until: day(400) }));
    assert_eq!(
        check(&ids[..1], &[], 400, 10),
        Err(ExtensionFault::Incomplete { named: GIB, verified: 2 * GIB })
    );
    assert_eq!(check(&ids[1..], &ids[..1], 500, 269), Err(ExtensionFault::DropTooEarly(day(270))));
    assert_eq!(check(&ids[1..], &ids[..1], 500, 270), Ok(GIB));
    let missing = AllocationId(9);
    assert_eq!(check(&[missing], &[], 400, 10), Err(ExtensionFault::NoClaim(missing)));
}
