//! The books of days: of every miner and client, and of the network, closed when a day of the chain is over.

use super::filecoin::FilecoinWorld;
use crate::config::FilecoinConfig;
use crate::filecoin::ledger::{Account, Book, Party, Reason};
use crate::filecoin::new_sector::NewSector;
use crate::filecoin::power::PowerPair;
use crate::ids::{ClientId, MinerId};
use crate::units::{AttoFil, Epoch, Power};
use serde::{Deserialize, Serialize};
use sim_core::time::SimTime;

/// A day of a miner.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct MinerDay {
    pub(crate) day: u32,
    pub(crate) miner: MinerId,
    pub(crate) opening: AttoFil,
    pub(crate) closing: AttoFil,
    pub(crate) book: Book,
    pub(crate) deposits: AttoFil,
    pub(crate) pledge: AttoFil,
    pub(crate) locked: AttoFil,
    pub(crate) debt: AttoFil,
    pub(crate) wallet: AttoFil,
    pub(crate) escrow: AttoFil,
    pub(crate) claim: PowerPair,
    pub(crate) active: u64,
}

/// The network at the end of a day.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct NetworkDay {
    pub(crate) at: SimTime,
    pub(crate) epoch: Epoch,
    pub(crate) power: PowerPair,
    pub(crate) simulated: PowerPair,
    pub(crate) baseline: Power,
    pub(crate) smoothed_power: i128,
    pub(crate) reward: AttoFil,
    pub(crate) smoothed_reward: i128,
    pub(crate) mined: AttoFil,
    pub(crate) burnt: AttoFil,
    pub(crate) pledge: AttoFil,
    pub(crate) circulating: AttoFil,
    pub(crate) null_rounds: u64,
    pub(crate) wins: u64,
    pub(crate) rest_wins: u64,
    pub(crate) lost_wins: u64,
    pub(crate) new_sector: NewSector,
    pub(crate) base_fee: AttoFil,
    pub(crate) to_services: AttoFil,
}

impl FilecoinWorld {
    /// The books of a day are closed.
    pub(super) fn close_day(&mut self, config: &FilecoinConfig, at: SimTime, day: u32) {
        for id in (0..self.miners.len() as u32).map(MinerId) {
            self.close_miner(id, day);
        }
        for id in (0..self.deals.clients.len() as u32).map(ClientId) {
            self.close_client(id, day);
        }
        let (network, tally, ledger) = (self.chain.network(), self.chain.tally(), self.chain.ledger());
        self.network_days.push(NetworkDay {
            at,
            epoch: self.chain.now(),
            power: network.power(),
            simulated: self.chain.claims().simulated(),
            baseline: network.reward().baseline,
            smoothed_power: network.smoothed_power().estimate(),
            reward: network.reward().epoch_reward,
            smoothed_reward: network.reward().smoothed.estimate(),
            mined: network.reward().paid,
            burnt: ledger.balance(Account::Burnt),
            pledge: network.pledge(),
            circulating: network.circulating(),
            null_rounds: tally.null_rounds,
            wins: tally.wins,
            rest_wins: tally.rest_wins,
            lost_wins: tally.lost_wins,
            new_sector: self.chain.new_sector(&config.chain),
            base_fee: self.base_fee.fee(),
            to_services: ledger.moved(Reason::ServiceReward),
        });
        self.look_ahead(config, day);
    }

    fn close_miner(&mut self, id: MinerId, day: u32) {
        let miner = &mut self.miners[id.index()];
        if !miner.is_known {
            return;
        }
        let (ledger, actor) = (self.chain.ledger(), self.chain.miner(id));
        let wallet = ledger.balance(Account::Wallet(id));
        let closing = ledger.owned(Party::Miner(id));
        let funds = actor.funds();
        let row = MinerDay {
            day,
            miner: id,
            opening: miner.opening,
            closing,
            book: Book::default(),
            deposits: funds.deposits,
            pledge: funds.pledge,
            locked: funds.locked(),
            debt: funds.debt(),
            wallet,
            escrow: ledger.balance(Account::Escrow(Party::Miner(id))),
            claim: self.chain.claims().claim(id),
            active: actor.holdings().active(),
        };
        miner.opening = closing;
        let book = self.chain.ledger_mut().close_book(id);
        self.miner_days.push(&MinerDay { book, ..row });
    }
}
