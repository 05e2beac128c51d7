//! Money in the market: each party's escrow, and what of it deals have locked.
//!
//! The escrow is an account of the ledger ([`Account::Escrow`]); the locks are kept here. Locked money stays in escrow
//! and may not be withdrawn.
//!
//! Source: builtin-actors, actors/market/src/{lib,state,balance_table}.rs (AddBalance, WithdrawBalance). Anyone may add
//! to anyone's escrow on the chain; here everybody adds from its own wallet, and a provider's escrow goes back to its
//! operator's wallet, as there.

use super::StorageMarket;
use super::proposal::DealProposal;
use crate::filecoin::ledger::{Account, Ledger, Party, Reason, Transfer};
use crate::ids::ClientId;
use crate::units::AttoFil;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Why money does not go in or out.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum EscrowFault {
    /// Nothing, or less, was to be added, or less than nothing withdrawn.
    #[error("found {0:?}, expected a positive amount")]
    Amount(AttoFil),
    /// The wallet does not have it.
    #[error("needs {needed:?} in the wallet, has {has:?}")]
    Wallet {
        /// What was to be added.
        needed: AttoFil,
        /// What there is.
        has: AttoFil,
    },
}

/// What deals have locked, by party and by purpose.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Locks {
    by_party: BTreeMap<Party, AttoFil>,
    /// Price of epochs to come, or not yet settled, of all clients.
    pub fees: AttoFil,
    /// Collateral of all clients.
    pub client_collateral: AttoFil,
    /// Collateral of all providers.
    pub provider_collateral: AttoFil,
}

impl Locks {
    /// What is locked of a party's escrow.
    pub fn of(&self, party: Party) -> AttoFil {
        self.by_party.get(&party).copied().unwrap_or_default()
    }

    /// All that is locked: what does not circulate before FIP-0065.
    pub fn total(&self) -> AttoFil {
        self.fees + self.client_collateral + self.provider_collateral
    }

    /// Parties that have something locked.
    pub(super) fn parties(&self) -> impl Iterator<Item = Party> {
        self.by_party.keys().copied()
    }

    fn change(&mut self, party: Party, amount: AttoFil) {
        let locked = self.by_party.entry(party).or_default();
        *locked += amount;
        assert!(!locked.is_negative(), "{party:?} unlocks {amount:?} that it has not locked");
        if locked.is_zero() {
            self.by_party.remove(&party);
        }
    }

    /// Locks what both sides of a deal put up.
    pub(super) fn lock_deal(&mut self, proposal: &DealProposal) {
        let (fee, [client, provider]) = (proposal.term().total(), proposal.parties());
        self.change(client, fee + proposal.client_collateral);
        self.change(provider, proposal.provider_collateral);
        self.fees += fee;
        self.client_collateral += proposal.client_collateral;
        self.provider_collateral += proposal.provider_collateral;
    }

    /// Unlocks price of a client: it was paid, or will not be.
    pub(super) fn unlock_fee(&mut self, client: ClientId, amount: AttoFil) {
        self.change(Party::Client(client), -amount);
        self.fees -= amount;
    }

    /// Unlocks the collaterals of both sides.
    pub(super) fn unlock_collaterals(&mut self, proposal: &DealProposal) {
        let [client, provider] = proposal.parties();
        self.change(client, -proposal.client_collateral);
        self.change(provider, -proposal.provider_collateral);
        self.client_collateral -= proposal.client_collateral;
        self.provider_collateral -= proposal.provider_collateral;
    }
}

impl StorageMarket {
    /// What of its escrow a party may withdraw or lock.
    pub fn available(&self, ledger: &Ledger, party: Party) -> AttoFil {
        ledger.balance(Account::Escrow(party)) - self.locks.of(party)
    }

    /// Moves money from a party's wallet into its escrow.
    ///
    /// # Errors
    /// If the amount is not positive or not there.
    pub fn add_balance(
        &mut self,
        ledger: &mut Ledger,
        party: Party,
        amount: AttoFil,
    ) -> Result<(), EscrowFault> {
        deposit(ledger, party, Account::Escrow(party), amount)
    }

    /// Moves money back, at most what is not locked; how much it was.
    ///
    /// # Errors
    /// If the amount is negative.
    pub fn withdraw(
        &mut self,
        ledger: &mut Ledger,
        party: Party,
        amount: AttoFil,
    ) -> Result<AttoFil, EscrowFault> {
        if amount.is_negative() {
            return Err(EscrowFault::Amount(amount));
        }
        let amount = amount.min(self.available(ledger, party));
        withdraw(ledger, party, Account::Escrow(party), amount);
        Ok(amount)
    }
}

/// Moves money from a party's wallet into an account of a contract.
pub(super) fn deposit(
    ledger: &mut Ledger,
    party: Party,
    to: Account,
    amount: AttoFil,
) -> Result<(), EscrowFault> {
    if amount <= AttoFil::ZERO {
        return Err(EscrowFault::Amount(amount));
    }
    let has = ledger.balance(party.wallet());
    if has < amount {
        return Err(EscrowFault::Wallet { needed: amount, has });
    }
    ledger.post(Transfer { from: party.wallet(), to, amount, reason: Reason::EscrowDeposit });
    Ok(())
}

/// Moves money from an account of a contract back into the party's wallet.
pub(super) fn withdraw(ledger: &mut Ledger, party: Party, from: Account, amount: AttoFil) {
    ledger.post(Transfer { from, to: party.wallet(), amount, reason: Reason::EscrowWithdrawal });
}
