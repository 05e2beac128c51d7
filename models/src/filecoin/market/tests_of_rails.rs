//! Rails by hand, and in random sequences.

use super::rails::{RailFault, RailId, Rails, Segment, Settled, Terminator, Verdict};
use super::tests::{empty_ledger, money};
use crate::filecoin::ledger::{Account, Ledger, Party, Reason};
use crate::filecoin::policy::Policy;
use crate::ids::{ClientId, MinerId};
use crate::units::{AttoFil, Epoch, Epochs};
use proptest::prelude::*;

const CLIENT: Party = Party::Client(ClientId(0));
const MINER: Party = Party::Miner(MinerId(0));
const FREE: AttoFil = AttoFil::ZERO;

fn atto(amount: i128) -> AttoFil {
    AttoFil::new(amount)
}

fn at(epoch: i64) -> Epoch {
    Epoch::new(epoch)
}

/// A rail that is locked for a hundred epochs, and a client that has put in so much.
struct Line {
    ledger: Ledger,
    rails: Rails,
    policy: Policy,
    id: RailId,
}

impl Line {
    fn new(deposit: i128, rate: i128, fixed: i128) -> Self {
        let (mut ledger, mut rails) = (empty_ledger(1, 1), Rails::new());
        money(&mut ledger, CLIENT, 100_000);
        rails.deposit(CLIENT, atto(deposit), at(0), &mut ledger).expect("it is there");
        let id = rails.create(CLIENT, MINER, at(0));
        rails.set_lockup(id, Epochs::new(100), atto(fixed), at(0), &ledger).expect("it is covered");
        let mut line = Line { ledger, rails, policy: Policy::default(), id };
        line.pay(0, rate, 0).expect("it is covered");
        line
    }

    fn pay(&mut self, now: i64, rate: i128, once: i128) -> Result<AttoFil, RailFault> {
        let terms = (&self.policy, at(now));
        self.rails.set_payment(self.id, atto(rate), atto(once), terms, &mut self.ledger)
    }

    fn settle(&mut self, now: i64) -> Result<Settled, RailFault> {
        let settled =
            self.rails.settle(self.id, at(now), &Segment::in_full, (&self.policy, at(now)), &mut self.ledger);
        self.check();
        settled
    }

    fn check(&self) {
        let mut broken = Vec::new();
        self.rails.check(&self.ledger, &mut broken);
        assert_eq!(broken, Vec::<String>::new());
        assert_eq!(self.ledger.residual(), AttoFil::ZERO);
    }

    fn free(&self, now: i64) -> i128 {
        self.rails.free(CLIENT, at(now), &self.ledger).atto()
    }
}

#[test]
fn what_streams_is_locked_and_paid_less_half_a_percent_rounded_up() {
    let mut line = Line::new(10_000, 10, 50);
    assert_eq!(line.free(0), 10_000 - 1_000 - 50);
    assert_eq!(line.free(7), 10_000 - 1_000 - 50 - 70);
    let settled = line.settle(7).expect("seven epochs");
    assert_eq!(settled, Settled { gross: atto(70), net: atto(69), until: at(7), is_over: false });
    assert_eq!(line.free(7), 10_000 - 1_000 - 50 - 70);
    assert_eq!(line.ledger.balance(Account::Rails(MINER)), atto(69));
    assert_eq!(line.ledger.moved(Reason::RailFee), atto(1));
    assert_eq!(line.ledger.balance(Account::Burnt), atto(1));
    assert_eq!(line.settle(7).map(|settled| settled.gross), Ok(FREE));
}

#[test]
fn every_epoch_is_paid_at_the_rate_it_had() {
    let mut line = Line::new(10_000, 10, 0);
    line.pay(10, 20, 0).expect("it is covered");
    line.pay(15, 5, 0).expect("it is less");
    line.check();
    assert_eq!(line.free(15), 10_000 - 500 - 100 - 100);
    let settled = line.settle(20).expect("twenty epochs");
    assert_eq!((settled.gross.atto(), settled.net.atto()), (225, 223));
    assert_eq!(line.free(20), 10_000 - 500 - 225);
}

#[test]
fn a_client_that_cannot_pay_is_served_by_its_lockup() {
    // 1,055 cover a lockup of a hundred epochs and five epochs more; five are left over.
    let mut line = Line::new(1_055, 10, 0);
    assert_eq!(line.rails.lockup(CLIENT, at(50), &line.ledger).settled, at(5));
    assert_eq!(line.settle(50).map(|settled| (settled.gross, settled.until)), Ok((atto(50), at(5))));
    assert_eq!(line.pay(50, 11, 0), Err(RailFault::Delinquent(at(5))));
    let longer = line.rails.set_lockup(line.id, Epochs::new(101), FREE, at(50), &line.ledger);
    assert_eq!(longer, Err(RailFault::Delinquent(at(5))));
    let out = line.rails.withdraw(CLIENT, atto(1), at(50), &mut line.ledger);
    assert_eq!(out, Err(RailFault::Delinquent(at(5))));
    let by_payer = line.rails.terminate(line.id, Terminator::Payer, at(50), &line.ledger);
    assert_eq!(by_payer, Err(RailFault::Delinquent(at(5))));
    let end = line.rails.terminate(line.id, Terminator::Operator, at(50), &line.ledger);
    assert_eq!(end, Ok(at(105)));
    let twice = line.rails.terminate(line.id, Terminator::Operator, at(50), &line.ledger);
    assert_eq!(twice, Err(RailFault::Terminated(line.id)));
    assert_eq!(line.settle(60).map(|settled| settled.gross), Ok(atto(550)));
    let last = line.settle(2_000).expect("the rest");
    assert_eq!((last.gross, last.until, last.is_over), (atto(450), at(105), true));
    assert_eq!((line.free(2_000), line.rails.rail(line.id)), (5, None));
    assert_eq!(line.settle(2_000), Err(RailFault::NoRail(line.id)));
}

#[test]
fn a_deposit_lets_a_stopped_lockup_catch_up() {
    let mut line = Line::new(1_055, 10, 0);
    line.rails.deposit(CLIENT, atto(500), at(50), &mut line.ledger).expect("it is there");
    assert_eq!(line.free(50), 55);
    assert_eq!(line.settle(50).map(|settled| settled.gross), Ok(atto(500)));
}

#[test]
fn a_terminated_rail_only_falls_and_ends_with_its_fixed_lockup_free() {
    let mut line = Line::new(5_000, 10, 50);
    let end = line.rails.terminate(line.id, Terminator::Payer, at(10), &line.ledger);
    assert_eq!(end, Ok(at(110)));
    assert_eq!(line.pay(20, 11, 0), Err(RailFault::OnlyDown));
    let more = line.rails.set_lockup(line.id, Epochs::new(100), atto(51), at(20), &line.ledger);
    assert_eq!(more, Err(RailFault::OnlyDown));
    line.pay(20, 4, 30).expect("it is less");
    line.check();
    assert_eq!(line.pay(21, 4, 21), Err(RailFault::Fixed { needed: atto(21), fixed: atto(20) }));
    let last = line.settle(300).expect("all of it");
    assert_eq!((last.gross, last.is_over), (atto(20 * 10 + 90 * 4), true));
    assert_eq!(line.free(300), 5_000 - 30 - 560);
    assert_eq!(line.ledger.owned(MINER), atto(29 + 557));
}

#[test]
fn what_is_not_covered_is_refused_and_changes_nothing() {
    let mut line = Line::new(1_500, 10, 0);
    let before = (line.rails.clone(), line.ledger.clone());
    assert_eq!(line.pay(0, 16, 0), Err(RailFault::Short { needed: atto(1_600), free: atto(1_500) }));
    let longer = line.rails.set_lockup(line.id, Epochs::new(151), FREE, at(0), &line.ledger);
    assert_eq!(longer, Err(RailFault::Short { needed: atto(1_510), free: atto(1_500) }));
    let out = line.rails.withdraw(CLIENT, atto(501), at(0), &mut line.ledger);
    assert_eq!(out, Err(RailFault::Short { needed: atto(501), free: atto(500) }));
    let judge = |segment: Segment| Verdict { amount: FREE, settled: segment.from };
    let (terms, ledger) = ((&line.policy, at(9)), &mut line.ledger);
    let stuck = line.rails.settle(line.id, at(9), &judge, terms, ledger);
    assert_eq!(stuck, Err(RailFault::NoProgress(at(0))));
    let ahead = line.rails.settle(line.id, at(10), &judge, terms, ledger);
    assert_eq!(ahead, Err(RailFault::Argument));
    assert_eq!((&line.rails, &line.ledger), (&before.0, &before.1));
}

#[derive(Clone, Debug)]
enum Step {
    Wait(i64),
    Deposit(i128),
    Withdraw(i128),
    Create,
    Lockup(u64, i64, i128),
    Payment(u64, i128, i128),
    Terminate(u64, bool),
    Settle(u64, i64, u8),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (1..30_i64).prop_map(Step::Wait),
        2 => (1..2_000_i128).prop_map(Step::Deposit),
        1 => (0..2_000_i128).prop_map(Step::Withdraw),
        1 => Just(Step::Create),
        3 => (0..4_u64, 0..40_i64, 0..200_i128).prop_map(|(id, period, fixed)| Step::Lockup(id, period, fixed)),
        4 => (0..4_u64, 0..20_i128, 0..60_i128).prop_map(|(id, rate, once)| Step::Payment(id, rate, once)),
        1 => (0..4_u64, any::<bool>()).prop_map(|(id, payer)| Step::Terminate(id, payer)),
        4 => (0..4_u64, 0..20_i64, 0..4_u8).prop_map(|(id, back, judge)| Step::Settle(id, back, judge)),
    ]
}

/// Judges of several minds: all, nothing paid, half of the time paid, half of it settled.
fn verdict(segment: Segment, mind: u8) -> Verdict {
    let half = Epochs::new(((segment.to - segment.from).count() + 1) / 2);
    match mind {
        0 => segment.in_full(),
        1 => Verdict { amount: FREE, settled: segment.to },
        2 => Verdict { amount: segment.rate * half.count(), settled: segment.to },
        _ => Verdict { amount: segment.rate * half.count(), settled: segment.from + half },
    }
}

fn take(line: &mut Line, now: &mut i64, step: Step) {
    let (rails, ledger, terms) = (&mut line.rails, &mut line.ledger, (&line.policy, at(*now)));
    let epoch = at(*now);
    match step {
        Step::Wait(epochs) => *now += epochs,
        Step::Deposit(amount) => {
            let _ = rails.deposit(CLIENT, atto(amount), epoch, ledger);
        }
        Step::Withdraw(amount) => {
            let _ = rails.withdraw(CLIENT, atto(amount), epoch, ledger);
        }
        Step::Create => {
            rails.create(CLIENT, MINER, epoch);
        }
        Step::Lockup(id, period, fixed) => {
            let _ = rails.set_lockup(RailId(id), Epochs::new(period), atto(fixed), epoch, ledger);
        }
        Step::Payment(id, rate, once) => {
            let _ = rails.set_payment(RailId(id), atto(rate), atto(once), terms, ledger);
        }
        Step::Terminate(id, payer) => {
            let by = if payer { Terminator::Payer } else { Terminator::Operator };
            let _ = rails.terminate(RailId(id), by, epoch, ledger);
        }
        Step::Settle(id, back, mind) => {
            let judge = |segment| verdict(segment, mind);
            let _ = rails.settle(RailId(id), at(*now - back), &judge, terms, ledger);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn lockups_are_what_rails_need_and_never_more_than_there_is(
        steps in proptest::collection::vec(step(), 1..120),
    ) {
        let mut line = Line::new(3_000, 3, 20);
        let mut now = 0;
        for step in steps {
            take(&mut line, &mut now, step);
            line.check();
            prop_assert_eq!(line.ledger.overdrawn().count(), 0);
        }
        let paid = line.ledger.moved(Reason::RailPayment) + line.ledger.moved(Reason::RailFee);
        let book = line.ledger.open_client_book(ClientId(0));
        prop_assert_eq!(book.of(Reason::RailPayment) + book.of(Reason::RailFee), -paid);
        prop_assert_eq!(book.sum(), line.ledger.owned(CLIENT));
        // Everything ends: rails are terminated, settled to their ends, and all money is free.
        for id in 0..200 {
            take(&mut line, &mut now, Step::Terminate(id, false));
        }
        now += 100;
        for id in 0..200 {
            take(&mut line, &mut now, Step::Settle(id, 0, 0));
        }
        prop_assert_eq!(line.rails.lockup(CLIENT, at(now), &line.ledger).current, FREE);
        line.check();
    }
}
