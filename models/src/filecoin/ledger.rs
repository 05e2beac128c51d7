//! Who has how much: double entry over every attoFIL that will ever be.
//!
//! A transfer takes from one account and gives to another, for a reason; there is no other way to change a balance,
//! so the sum over all accounts is [`FIL_BASE`] from the first epoch to the last. What is minted leaves the reward
//! pot (the balance of the reward actor, f02, which holds all that storage mining will ever pay), what is burnt goes
//! to the account that nobody can spend (f099).
//!
//! ```text
//!   reward pot ── block reward ──> miner, background, services, burnt (FIP-0118)
//!                                                            reserve: never moves (f090, FIP-0085)
//!   wallet ── top-up ──> miner ── withdrawal ──> wallet      wallet: the operator's own money
//!   miner, wallet ── fees, deposits, gas ──> burnt           holders: everybody else
//! ```
//!
//! Locked, pledged and deposited money stays in the miner's account; the miner actor knows what of it is free
//! ([`super::miner::Funds`]).
//!
//! Sources: filecoin-project/specs, "Token allocation"; builtin-actors, runtime/src/builtin/singletons.rs.
//! Left out: accounts of clients and of the storage market, which come with deals.

use crate::ids::MinerId;
use crate::units::AttoFil;
use serde::{Deserialize, Serialize};

/// Two billion FIL: all there will ever be. Source: filecoin-project/specs, "Token allocation".
pub const FIL_BASE: AttoFil = AttoFil::from_fil(2_000_000_000);

/// An account.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Account {
    /// What storage mining has not paid yet.
    RewardPot,
    /// The mining reserve.
    Reserve,
    /// What nobody can spend any more.
    Burnt,
    /// Everybody who is not simulated one by one and does not mine: investors, clients, exchanges.
    Holders,
    /// The miners that are not simulated one by one.
    Background,
    /// Paid services, what they have not claimed yet included (FIP-0118).
    Services,
    /// The money of a simulated miner's operator outside of the miner actor.
    Wallet(MinerId),
    /// The balance of a simulated miner actor.
    Miner(MinerId),
}

/// Accounts that exist once.
const SINGLES: usize = 6;

/// Why money moves.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[repr(u8)]
pub enum Reason {
    /// An operator starts with money.
    Capital,
    /// An operator gives its miner actor money.
    TopUp,
    /// An operator takes money out of its miner actor.
    Withdrawal,
    /// A block is paid.
    BlockReward,
    /// A block producer gets the premium of a message.
    Tip,
    /// Gas of a message is burnt at the base fee.
    GasBurn,
    /// The fee for sectors that were faulty when their deadline ended.
    FaultFee,
    /// The fee for sectors that ended before their time.
    TerminationFee,
    /// The daily fee of live sectors (FIP-0100).
    DailyFee,
    /// The deposit of a pre-commit that was never proven.
    MissedPreCommit,
    /// The fee for a Window PoSt that was disputed and found wrong.
    InvalidPost,
    /// The fee for a consensus fault.
    ConsensusFault,
    /// What whoever disputed a Window PoSt gets.
    ReporterReward,
    /// What whoever reported a consensus fault gets.
    FaultReporter,
    /// What paid services get of a block's reward (FIP-0118).
    ServiceReward,
    /// What nobody gets of it (FIP-0118).
    RewardBurn,
}

/// Number of reasons.
pub const REASONS: usize = 16;

/// Every reason, by its number.
pub const ALL_REASONS: [Reason; REASONS] = [
    Reason::Capital,
    Reason::TopUp,
    Reason::Withdrawal,
    Reason::BlockReward,
    Reason::Tip,
    Reason::GasBurn,
    Reason::FaultFee,
    Reason::TerminationFee,
    Reason::DailyFee,
    Reason::MissedPreCommit,
    Reason::InvalidPost,
    Reason::ConsensusFault,
    Reason::ReporterReward,
    Reason::FaultReporter,
    Reason::ServiceReward,
    Reason::RewardBurn,
];

/// A movement of money.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Transfer {
    /// Who pays.
    pub from: Account,
    /// Who gets it.
    pub to: Account,
    /// How much; never negative.
    pub amount: AttoFil,
    /// What for.
    pub reason: Reason,
}

/// What a miner's two accounts together gained (positive) and lost since its books were last closed, by reason.
/// Money between the two is in [`Book::between`].
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Book {
    /// Gains and losses, by the number of the reason.
    pub flows: [AttoFil; REASONS],
    /// What went from the wallet into the actor, less what came back.
    pub between: AttoFil,
}

impl Book {
    /// Sum of all gains and losses: by how much wallet and actor together changed.
    pub fn sum(&self) -> AttoFil {
        self.flows.iter().copied().sum()
    }

    /// Gain or loss for one reason.
    pub fn of(&self, reason: Reason) -> AttoFil {
        self.flows[reason as usize]
    }
}

/// All accounts.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Ledger {
    singles: [AttoFil; SINGLES],
    wallets: Vec<AttoFil>,
    actors: Vec<AttoFil>,
    books: Vec<Book>,
    /// Everything ever moved, by reason.
    moved: [AttoFil; REASONS],
}

/// What the accounts that exist once hold at the start; the holders have the rest of [`FIL_BASE`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Opening {
    /// In the reward pot: 1.1 thousand million FIL less what was mined.
    pub reward_pot: AttoFil,
    /// In the mining reserve.
    pub reserve: AttoFil,
    /// Burnt before the start.
    pub burnt: AttoFil,
}

impl Ledger {
    /// Accounts of `miners` miners, empty, and of everybody else.
    ///
    /// # Panics
    /// If the opening balances are more than there is.
    pub fn new(opening: Opening, miners: usize) -> Self {
        let rest = FIL_BASE - opening.reward_pot - opening.reserve - opening.burnt;
        assert!(!rest.is_negative(), "opening balances beyond all there is: {opening:?}");
        Ledger {
            singles: [opening.reward_pot, opening.reserve, opening.burnt, rest, AttoFil::ZERO, AttoFil::ZERO],
            wallets: vec![AttoFil::ZERO; miners],
            actors: vec![AttoFil::ZERO; miners],
            books: vec![Book::default(); miners],
            moved: [AttoFil::ZERO; REASONS],
        }
    }

    /// Balance of an account.
    pub fn balance(&self, account: Account) -> AttoFil {
        match account {
            Account::RewardPot => self.singles[0],
            Account::Reserve => self.singles[1],
            Account::Burnt => self.singles[2],
            Account::Holders => self.singles[3],
            Account::Background => self.singles[4],
            Account::Services => self.singles[5],
            Account::Wallet(miner) => self.wallets[miner.index()],
            Account::Miner(miner) => self.actors[miner.index()],
        }
    }

    fn balance_mut(&mut self, account: Account) -> &mut AttoFil {
        match account {
            Account::RewardPot => &mut self.singles[0],
            Account::Reserve => &mut self.singles[1],
            Account::Burnt => &mut self.singles[2],
            Account::Holders => &mut self.singles[3],
            Account::Background => &mut self.singles[4],
            Account::Services => &mut self.singles[5],
            Account::Wallet(miner) => &mut self.wallets[miner.index()],
            Account::Miner(miner) => &mut self.actors[miner.index()],
        }
    }

    /// Moves money.
    ///
    /// # Panics
    /// If the amount is negative or more than the payer has: whoever posts has looked before.
    pub fn post(&mut self, transfer: Transfer) {
        let Transfer { from, to, amount, reason } = transfer;
        let held = self.balance(from);
        assert!(!amount.is_negative() && amount <= held, "{transfer:?} out of a balance of {held:?}");
        if amount.is_zero() {
            return;
        }
        *self.balance_mut(from) -= amount;
        *self.balance_mut(to) += amount;
        self.moved[reason as usize] += amount;
        self.book(from, to, amount, reason);
    }

    fn book(&mut self, from: Account, to: Account, amount: AttoFil, reason: Reason) {
        match (owner(from), owner(to)) {
            (Some(payer), Some(payee)) if payer == payee => {
                let into = matches!(to, Account::Miner(_));
                self.books[payer.index()].between += if into { amount } else { -amount };
            }
            (payer, payee) => {
                if let Some(payer) = payer {
                    self.books[payer.index()].flows[reason as usize] -= amount;
                }
                if let Some(payee) = payee {
                    self.books[payee.index()].flows[reason as usize] += amount;
                }
            }
        }
    }

    /// A miner's open book.
    pub fn open_book(&self, miner: MinerId) -> &Book {
        &self.books[miner.index()]
    }

    /// Closes a miner's book and opens a new one.
    pub fn close_book(&mut self, miner: MinerId) -> Book {
        std::mem::take(&mut self.books[miner.index()])
    }

    /// Everything ever moved for a reason.
    pub fn moved(&self, reason: Reason) -> AttoFil {
        self.moved[reason as usize]
    }

    /// The sum over all accounts, counted anew, less [`FIL_BASE`]: zero, always.
    pub fn residual(&self) -> AttoFil {
        let all = self.singles.iter().chain(&self.wallets).chain(&self.actors);
        all.copied().sum::<AttoFil>() - FIL_BASE
    }

    /// Every account that is overdrawn; none, always.
    pub fn overdrawn(&self) -> impl Iterator<Item = (Account, AttoFil)> {
        let id = |place: usize| MinerId(place as u32);
        let singles = [
            Account::RewardPot,
            Account::Reserve,
            Account::Burnt,
            Account::Holders,
            Account::Background,
            Account::Services,
        ];
        let wallets = (0..self.wallets.len()).map(move |place| Account::Wallet(id(place)));
        let actors = (0..self.actors.len()).map(move |place| Account::Miner(id(place)));
        let all = singles.into_iter().chain(wallets).chain(actors);
        all.map(|account| (account, self.balance(account))).filter(|(_, balance)| balance.is_negative())
    }
}

/// The miner whose account it is.
fn owner(account: Account) -> Option<MinerId> {
    match account {
        Account::Wallet(miner) | Account::Miner(miner) => Some(miner),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OPENING: Opening = Opening {
        reward_pot: AttoFil::from_fil(1_100_000_000),
        reserve: AttoFil::from_fil(300_000_000),
        burnt: AttoFil::ZERO,
    };

    fn transfer(from: Account, to: Account, fil: i64, reason: Reason) -> Transfer {
        Transfer { from, to, amount: AttoFil::from_fil(fil), reason }
    }

    #[test]
    fn the_holders_have_what_the_others_do_not() {
        let ledger = Ledger::new(OPENING, 1);
        assert_eq!(ledger.balance(Account::Holders), AttoFil::from_fil(600_000_000));
        assert_eq!(ledger.residual(), AttoFil::ZERO);
    }

    #[test]
    fn a_book_tells_gains_from_losses_and_both_from_money_moved_between_the_own_accounts() {
        let (own, actor) = (Account::Wallet(MinerId(0)), Account::Miner(MinerId(0)));
        let mut ledger = Ledger::new(OPENING, 1);
        ledger.post(transfer(Account::Holders, own, 10, Reason::Capital));
        ledger.post(transfer(own, actor, 4, Reason::TopUp));
        ledger.post(transfer(Account::RewardPot, actor, 7, Reason::BlockReward));
        ledger.post(transfer(actor, Account::Burnt, 3, Reason::FaultFee));
        ledger.post(transfer(actor, own, 1, Reason::Withdrawal));
        let book = ledger.close_book(MinerId(0));
        assert_eq!(book.of(Reason::FaultFee), AttoFil::from_fil(-3));
        assert_eq!(book.between, AttoFil::from_fil(3));
        assert_eq!(book.sum(), AttoFil::from_fil(14));
        assert_eq!(ledger.balance(own) + ledger.balance(actor), AttoFil::from_fil(14));
        assert_eq!(ledger.balance(Account::Burnt), AttoFil::from_fil(3));
        assert_eq!(ledger.residual(), AttoFil::ZERO);
        assert_eq!(*ledger.open_book(MinerId(0)), Book::default());
    }

    #[test]
    #[should_panic(expected = "out of a balance of")]
    fn nobody_pays_what_it_does_not_have() {
        let mut ledger = Ledger::new(OPENING, 1);
        ledger.post(transfer(Account::Miner(MinerId(0)), Account::Burnt, 1, Reason::FaultFee));
    }
}
