//! A data set by hand, and proven at random.

use super::rails::{RailFault, Settled};
use super::tests::{empty_ledger, money};
use super::warm::{DataSetId, WarmFault, WarmStorage, WarmView};
use crate::filecoin::ledger::{Account, Ledger, Party, Reason};
use crate::filecoin::policy::Policy;
use crate::ids::{ClientId, MinerId};
use crate::units::{AttoFil, AttoUsd, Epoch, Epochs};
use proptest::prelude::*;

const CLIENT: Party = Party::Client(ClientId(0));
const MINER: Party = Party::Miner(MinerId(0));
/// Leaves of a TiB.
const LEAVES: u64 = 1 << 35;
/// What an epoch of it costs at a dollar a FIL: 2.5 dollars for 127/128 TiB and 30 days are 28,709,129,050,925.9
/// attoFIL an epoch, and the data set itself 277,777,777,777.
const RATE: i128 = 28_709_129_050_925 + 277_777_777_777;
const FIL: i128 = 1_000_000_000_000_000_000;

fn at(epoch: i64) -> Epoch {
    Epoch::new(epoch)
}

struct Shop {
    ledger: Ledger,
    warm: WarmStorage,
    policy: Policy,
    id: DataSetId,
}

impl Shop {
    /// A client with so many attoFIL in the payment contract opens a data set, with a tenth of a FIL in reserve.
    fn new(policy: Policy, funds: i128) -> Self {
        let mut ledger = empty_ledger(1, 1);
        money(&mut ledger, CLIENT, funds);
        money(&mut ledger, MINER, FIL);
        let mut shop = Shop { ledger, warm: WarmStorage::new(), policy, id: DataSetId(0) };
        let deposit = AttoFil::new(funds);
        shop.warm.rails.deposit(CLIENT, deposit, at(10), &mut shop.ledger).expect("it is there");
        let reserve = AttoFil::new(FIL / 10);
        let id =
            shop.go(10, |warm, view, ledger| warm.create(ClientId(0), MinerId(0), reserve, view, ledger));
        assert_eq!(id, Ok(DataSetId(0)));
        shop
    }

    fn go<T>(&mut self, now: i64, act: impl FnOnce(&mut WarmStorage, &WarmView<'_>, &mut Ledger) -> T) -> T {
        let view = WarmView { now: at(now), policy: &self.policy, fil_price: AttoUsd::from_usd(1) };
        let done = act(&mut self.warm, &view, &mut self.ledger);
        let mut broken = Vec::new();
        self.warm.rails.check(&self.ledger, &mut broken);
        assert_eq!(broken, Vec::<String>::new());
        assert_eq!(self.ledger.residual(), AttoFil::ZERO);
        done
    }

    fn add(&mut self, now: i64, leaves: u64) -> Result<(), WarmFault> {
        let id = self.id;
        self.go(now, |warm, view, ledger| warm.add(id, leaves, view, ledger))
    }

    fn next(&mut self, now: i64, challenge: i64) -> Result<(), WarmFault> {
        let id = self.id;
        self.go(now, |warm, view, ledger| warm.next_period(id, at(challenge), view, ledger))
    }

    fn prove(&mut self, now: i64) -> Result<(), WarmFault> {
        let id = self.id;
        self.go(now, |warm, view, ledger| warm.prove(id, true, view, ledger))
    }

    fn settle(&mut self, now: i64, until: i64) -> Result<Settled, WarmFault> {
        let id = self.id;
        self.go(now, |warm, view, ledger| warm.settle(id, at(until), view, ledger))
    }

    fn terminate(&mut self, now: i64) -> Result<Epoch, WarmFault> {
        let id = self.id;
        self.go(now, |warm, view, ledger| warm.terminate(id, view, ledger))
    }

    fn free(&self, now: i64) -> i128 {
        self.warm.rails.free(CLIENT, at(now), &self.ledger).atto()
    }
}

#[test]
fn a_data_set_is_paid_for_proven_periods_only_and_its_lockup_comes_back() {
    let mut shop = Shop::new(Policy::default(), 10 * FIL);
    shop.add(20, LEAVES).expect("it is covered");
    assert_eq!(shop.free(20), 10 * FIL - FIL / 10 - RATE * 86_400);
    shop.next(100, 2_950).expect("the first period");
    let window = WarmFault::Window { from: at(2_920), until: at(2_980) };
    assert_eq!(shop.prove(2_919), Err(window));
    shop.prove(2_950).expect("in the window");
    assert_eq!(shop.prove(2_951), Err(WarmFault::Proven));
    assert_eq!(shop.ledger.moved(Reason::ProofFee), AttoFil::new(230_000_000_000_000));
    // The eighty epochs before the first period are settled and not paid.
    let first = shop.settle(2_980, 2_980).expect("a proven period");
    assert_eq!((first.gross.atto(), first.until), (RATE * 2_880, at(2_980)));
    assert_eq!(first.net.atto(), RATE * 2_880 - (RATE * 2_880 + 199) / 200);
    // The second period is missed: it is open until its deadline, and then worth nothing.
    shop.next(2_981, 5_860).expect("the second period");
    let open = WarmFault::Rail(RailFault::NoProgress(at(2_980)));
    assert_eq!(shop.settle(5_860, 5_860), Err(open));
    let missed = shop.settle(5_861, 5_861).expect("a missed period");
    assert_eq!((missed.gross, missed.until), (AttoFil::ZERO, at(5_860)));
    assert_eq!(shop.free(5_861), 10 * FIL - FIL / 10 - RATE * (86_400 + 2_880 + 1));
    // After the termination it is paid for thirty days more, as far as it is proven: one period.
    assert_eq!(shop.terminate(6_000), Ok(at(92_400)));
    assert_eq!(shop.terminate(6_000), Err(WarmFault::Terminated(shop.id)));
    assert_eq!(shop.add(6_000, 4), Err(WarmFault::Terminated(shop.id)));
    shop.next(6_001, 8_740).expect("the third period");
    shop.prove(8_740).expect("at the deadline");
    assert_eq!(shop.next(92_401, 95_140), Err(WarmFault::Terminated(shop.id)));
    let last = shop.settle(95_141, 92_400).expect("the rest");
    assert_eq!((last.gross.atto(), last.until, last.is_over), (RATE * 2_880, at(92_400), true));
    assert_eq!(shop.free(95_141), 10 * FIL - RATE * 5_760);
    assert_eq!(shop.ledger.balance(Account::Rails(MINER)), first.net + last.net);
}

#[test]
fn a_client_needs_a_months_fee_and_the_reserve_to_begin_and_thirty_days_of_the_rate_to_add() {
    let month = FIL * 24 / 1_000;
    let mut shop = Shop::new(Policy::default(), month + FIL / 10);
    let short = RailFault::Short {
        needed: AttoFil::new(RATE * 86_400 + FIL / 10),
        free: AttoFil::new(month + FIL / 10),
    };
    assert_eq!(shop.add(20, LEAVES), Err(short.into()));
    assert_eq!(shop.add(20, 0), Err(WarmFault::Leaves(0)));
    let again = shop.go(20, |warm, view, ledger| {
        warm.create(ClientId(0), MinerId(0), AttoFil::ZERO, view, ledger).map(|_| ())
    });
    assert_eq!(again, Ok(()));
    let reserve = AttoFil::new(1);
    let third = shop.go(20, |warm, view, ledger| warm.create(ClientId(0), MinerId(0), reserve, view, ledger));
    let short = RailFault::Short { needed: AttoFil::new(month + 1), free: AttoFil::new(month) };
    assert_eq!(third, Err(short.into()));
}

#[test]
fn additions_are_billed_at_once_and_removals_with_the_next_period() {
    let mut shop = Shop::new(Policy::default(), 20 * FIL);
    let id = shop.id;
    let rate = |shop: &Shop| {
        let rail = shop.warm.set(id).and_then(|set| shop.warm.rails.rail(set.rail));
        rail.map(|rail| rail.rate.atto())
    };
    shop.add(20, LEAVES / 2).expect("it is covered");
    shop.next(100, 2_950).expect("the first period");
    shop.add(200, LEAVES / 2).expect("it is covered");
    assert_eq!(rate(&shop), Some(RATE));
    assert_eq!(shop.warm.set(id).map(|set| set.challenged), Some(LEAVES / 2));
    let all = shop.go(300, |warm, _, _| warm.schedule_removal(id, LEAVES));
    assert_eq!((all, rate(&shop)), (Ok(()), Some(RATE)));
    assert_eq!(shop.go(300, |warm, _, _| warm.schedule_removal(id, 1)), Err(WarmFault::Leaves(1)));
    shop.prove(2_980).expect("in the window");
    shop.next(2_981, 0).expect("no leaves, no challenge");
    assert_eq!((rate(&shop), shop.prove(5_860)), (Some(0), Err(WarmFault::NoPeriod)));
    // Paid: 100 epochs at the rate of the half, the rest of the period at the full one, and no more.
    let half = 28_709_129_050_925 / 2 + 277_777_777_777;
    let settled = shop.settle(5_861, 5_861).expect("all of it");
    assert_eq!(settled.gross.atto(), half * 100 + RATE * 2_780);
    // A set that fills again goes on with its old periods.
    shop.add(6_000, 4).expect("it is covered");
    shop.next(6_000, 11_559).expect_err("before the window");
    shop.next(6_000, 8_740).expect_err("sooner than a whole period from now");
    shop.next(6_000, 11_620).expect("the next whole period");
    assert_eq!(shop.warm.set(id).and_then(|set| set.deadline), Some(at(100 + 4 * 2_880)));
}

#[test]
fn the_rate_follows_the_price_of_fil_when_it_is_set() {
    let policy = Policy::default();
    let view = |dollars: &str| WarmView {
        now: at(0),
        policy: &policy,
        fil_price: dollars.parse().expect("dollars"),
    };
    assert_eq!(view("1 USD").rate(LEAVES), AttoFil::new(RATE));
    assert_eq!(view("2 USD").rate(LEAVES), AttoFil::new(RATE / 2));
    assert_eq!(view("0.5 USD").rate(LEAVES), AttoFil::new(RATE * 2));
    assert_eq!(view("1 USD").rate(0), AttoFil::ZERO);
    let mut shop = Shop::new(Policy::default(), 20 * FIL);
    shop.add(20, LEAVES).expect("it is covered");
    let (policy, fil_price) = (Policy::default(), AttoUsd::from_usd(2));
    let view = WarmView { now: at(30), policy: &policy, fil_price };
    shop.warm.reprice(shop.id, &view, &mut shop.ledger).expect("it is less");
    assert_eq!(shop.free(30), 20 * FIL - FIL / 10 - RATE * 10 - RATE / 2 * 86_400);
    let fee = AttoFil::new(FIL / 40);
    shop.warm.charge(shop.id, fee, &view, &mut shop.ledger).expect("out of the reserve");
    assert_eq!(shop.ledger.balance(Account::Rails(MINER)), AttoFil::new(FIL / 40 - FIL / 8_000));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn paid_is_the_rate_times_the_proven_epochs(
        proven in proptest::collection::vec(any::<bool>(), 1..40),
        settles in proptest::collection::vec(any::<bool>(), 40),
        terminated in 0..40_usize,
    ) {
        let policy = Policy {
            warm_period: Epochs::new(20),
            warm_window: Epochs::new(6),
            pdp_challenge_finality: Epochs::new(2),
            warm_lockup: Epochs::new(130),
            ..Policy::default()
        };
        let mut shop = Shop::new(policy, 10 * FIL);
        shop.add(20, LEAVES).expect("it is covered");
        let (mut gross, mut expected, mut end) = (AttoFil::ZERO, 0, i64::MAX);
        // Period k is that of the epochs after 100 + 20 k.
        for (number, &proves) in proven.iter().enumerate() {
            let began = 100 + 20 * number as i64;
            let deadline = began + 20;
            let begun = shop.next(began + i64::from(number > 0), deadline - 1);
            let ended = began + i64::from(number > 0) > end;
            prop_assert_eq!(begun.is_ok(), !ended);
            if number == terminated {
                let ends = shop.terminate(began + 7).expect("it was not").height();
                prop_assert_eq!(ends, began + 7 + 130);
                end = ends;
            }
            if proves && shop.prove(deadline - 3).is_ok() {
                expected += 20.min(end - began);
            }
            if settles[number] {
                let settled = shop.settle(deadline + 1, deadline + 1);
                gross += settled.map_or(AttoFil::ZERO, |settled| settled.gross);
            }
        }
        let now = 100 + 20 * proven.len() as i64 + 1_000;
        let settled = shop.settle(now, now);
        gross += settled.map_or(AttoFil::ZERO, |settled| settled.gross);
        prop_assert_eq!(gross.atto(), RATE * i128::from(expected));
        let paid = shop.ledger.moved(Reason::RailPayment) + shop.ledger.moved(Reason::RailFee);
        prop_assert_eq!(paid, gross);
        prop_assert_eq!(shop.ledger.owned(CLIENT).atto(), 10 * FIL - gross.atto());
    }
}
