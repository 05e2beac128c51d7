//! Data cap, allocations and claims, by hand, and what sectors hold.

use super::activate::{ActivationFault, NotifiedPiece, SectorDeals};
use super::onboard::{self, OnboardRefusal, PieceManifest, SectorManifest};
use super::proposal::DealProposal;
use super::tests::{CLIENT, END, GIB, MINER, SECTOR, START, Town, piece, proposal};
use super::verified::{AllocationClaim, AllocationFault, AllocationId, AllocationRequest, ClaimFault};
use super::verified::{Extension, ExtensionFault, SectorClaims, TermFault, VerifiedRegistry};
use super::{DealId, StorageMarket};
use crate::filecoin::miner::sector::Contents;
use crate::filecoin::policy::Policy;
use crate::filecoin::rulesets::RuleSet;
use crate::ids::{ClientId, MinerId};
use crate::units::{AttoFil, Epoch, Epochs, Power};

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
    let claim = AllocationClaim { client: CLIENT, id, piece: piece(5), size: GIB };
    let sector = SectorClaims { sector: SECTOR, expiration: Epoch::new(300 * 2_880), claims: vec![claim] };
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
    let claims = claims.map(|(id, piece)| AllocationClaim { client: CLIENT, id, piece, size: GIB });
    let expiration = Epoch::new(300 * 2_880);
    let sector = SectorClaims { sector: SECTOR, expiration, claims: claims.to_vec() };
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
