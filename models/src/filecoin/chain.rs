//! The chain: one epoch after another, the actors on it, and the money between them.
//!
//! ```text
//!   epoch e:  messages, in the order in which they come            pre-commit, proofs, declarations, ...
//!             wins of e are drawn; each block is paid               elections, award
//!             end of epoch (cron), in the actors' order:            end_epoch
//!               (a) the smoothed reward is read
//!               (b) miners whose deadline ends are called
//!               (c) the market looks after deals that are due
//!               (d) power and pledge are frozen, smoothed power follows
//!               (e) the reward of e+1 is computed from raw power
//! ```
//!
//! Messages of an epoch see what was frozen at the end of the epoch before; the calls of (b) see the reward as it was
//! smoothed before this end. An epoch that nobody wins is a null round: nobody is paid, the end of the epoch happens
//! all the same (lotus runs the cron of skipped epochs, chain/consensus/compute_state.go).
//!
//! Randomness: every epoch's beacon and ticket is a keyed draw of the run's seed. What matters of them here is when
//! they are known, and that is kept: the challenge of a proof is drawn at its own epoch.
//!
//! Sources: builtin-actors, actors/{power,reward,cron}/src; lotus, chain/stmgr and chain/consensus.
//! Left out: forks and reorganisations (there is one chain; finality is a parameter of elections), F3, messages that
//! do not fit a block. Deals are in `chain/dealing.rs`.

mod dealing;

use super::background::Background;
use super::conditions::Conditions;
use super::consensus_fault::ConsensusFault;
use super::ledger::{Account, Ledger, Reason, Transfer};
use super::lottery::{Lottery, Wins};
use super::miner::holdings::PartitionProof;
use super::miner::sector::{Contents, SectorNumber};
use super::miner::{Checked, DeadlineEnd, Effects, MinerActor, PreCommitInfo, Refusal};
use super::network::{Network, Start, opening};
use super::new_sector::NewSector;
use super::piece::node::Node;
use super::policy::Policy;
use super::power::Claims;
use super::split::{RewardParts, split_reward};
use crate::ids::MinerId;
use crate::units::{AttoFil, Epoch, Epochs, Power};
use serde::{Deserialize, Serialize};
use sim_core::draws::{Domain, Draws, Entity};
use std::collections::BTreeSet;

const OFFSET: Domain = Domain::new("filecoin/proving-period");
const BEACON: Domain = Domain::new("filecoin/beacon");
const TICKET: Domain = Domain::new("filecoin/ticket");
/// The chain draws as one.
const CHAIN: Entity = Entity::named("chain");

/// What a chain is made of.
#[derive(Clone, PartialEq, Debug)]
pub struct ChainConfig {
    /// Protocol parameters.
    pub policy: Policy,
    /// Nominal bytes of a sector.
    pub sector_size: u64,
    /// Sectors that are proven together: 2,349 of 32 GiB (rust-fil-proofs, constants.rs).
    pub partition_sectors: u64,
    /// Nominal sectors that one simulated sector stands for.
    pub weight: u32,
    /// State of the network in the first epoch.
    pub start: Start,
    /// The rest of the network.
    pub background: Background,
}

/// Counts of a chain; they only grow.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Tally {
    /// Epochs that ended.
    pub epochs: u64,
    /// Of these, without a block.
    pub null_rounds: u64,
    /// Wins of simulated miners that were paid.
    pub wins: u64,
    /// Wins of the rest.
    pub rest_wins: u64,
    /// Wins that came to nothing: debts, consensus faults, or no proof.
    pub lost_wins: u64,
    /// Calls of miners at the end of deadlines.
    pub calls: u64,
    /// Messages that were carried out.
    pub messages: u64,
    /// Messages that were refused.
    pub refused: u64,
}

/// The state of the chain.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Chain {
    /// The epoch whose messages come now.
    now: Epoch,
    ledger: Ledger,
    claims: Claims,
    lottery: Lottery,
    miners: Vec<MinerActor>,
    network: Network,
    /// Miners by the epoch at whose end they are called next.
    calls: BTreeSet<(Epoch, MinerId)>,
    next_call: Vec<Option<Epoch>>,
    /// Whether any win of the present epoch was paid.
    has_block: bool,
    tally: Tally,
    dealings: dealing::Dealings,
}

impl Chain {
    /// A chain whose first epoch begins. `entities` are the stable names of the miners' draws.
    pub fn new(config: &ChainConfig, entities: &[Entity], draws: &Draws) -> Self {
        let count = entities.len();
        let (rest, _) = config.background.at(config.start.epoch);
        let mut claims =
            Claims::new(count, config.policy.consensus_min_power, config.policy.consensus_min_miners);
        claims.set_rest(rest);
        let network = Network::new(config, &claims);
        let opening = opening(&config.policy, &config.start, claims.total().raw);
        let calendar = |&entity: &Entity| {
            super::miner::period::Calendar::of_draw(&config.policy, draws.word(OFFSET, entity, 0))
        };
        let miner = |(id, entity)| MinerActor::new(MinerId(id as u32), config.weight, calendar(entity));
        Chain {
            now: config.start.epoch,
            ledger: Ledger::new(opening, count),
            claims,
            lottery: Lottery::new(count, super::lottery::odds(&config.policy), config.policy.finality),
            miners: entities.iter().enumerate().map(miner).collect(),
            network,
            calls: BTreeSet::new(),
            next_call: vec![None; count],
            has_block: false,
            tally: Tally::default(),
            dealings: dealing::Dealings::default(),
        }
    }

    /// The epoch whose messages come now.
    pub fn now(&self) -> Epoch {
        self.now
    }

    /// A miner's actor.
    pub fn miner(&self, id: MinerId) -> &MinerActor {
        &self.miners[id.index()]
    }

    /// All miners' actors.
    pub fn miners(&self) -> &[MinerActor] {
        &self.miners
    }

    /// All accounts.
    pub fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// All accounts, to close books.
    pub fn ledger_mut(&mut self) -> &mut Ledger {
        &mut self.ledger
    }

    /// Claims and totals of power and pledge.
    pub fn claims(&self) -> &Claims {
        &self.claims
    }

    /// Reward, filters, supply.
    pub fn network(&self) -> &Network {
        &self.network
    }

    /// Counts so far.
    pub fn tally(&self) -> &Tally {
        &self.tally
    }

    /// What a message of this epoch sees.
    pub fn conditions<'a>(&self, config: &'a ChainConfig) -> Conditions<'a> {
        self.network.conditions(config, self.now)
    }

    /// What a new sector would lock, earn and pay now.
    pub fn new_sector(&self, config: &ChainConfig) -> NewSector {
        NewSector::of(&self.conditions(config), self.now - config.start.epoch)
    }

    /// The randomness of the beacon at an epoch.
    pub fn beacon(epoch: Epoch, draws: &Draws) -> [u8; 32] {
        randomness(BEACON, epoch, draws)
    }

    /// The ticket of an epoch.
    pub fn ticket(epoch: Epoch, draws: &Draws) -> [u8; 32] {
        randomness(TICKET, epoch, draws)
    }

    /// Creates a miner's actor with the deposit that the rules ask for out of its operator's wallet; it is locked and
    /// vests as a reward does (FIP-0077).
    ///
    /// # Errors
    /// If the wallet has less; then nothing has changed.
    pub fn create_miner(&mut self, config: &ChainConfig, id: MinerId) -> Result<(), Refusal> {
        let deposit = self.conditions(config).create_miner_deposit();
        let available = self.ledger.balance(Account::Wallet(id));
        if available < deposit {
            self.tally.refused += 1;
            return Err(Refusal::Funds { needed: deposit, available });
        }
        self.transfer(Account::Wallet(id), Account::Miner(id), deposit, Reason::TopUp);
        self.message(config, id, |miner, terms, _| Ok(miner.create(deposit, terms)))
    }

    /// Moves money between accounts outside of any message: capital, top-ups.
    pub fn transfer(&mut self, from: Account, to: Account, amount: AttoFil, reason: Reason) {
        self.ledger.post(Transfer { from, to, amount, reason });
    }

    /// Carries out a message of a miner.
    fn message(
        &mut self,
        config: &ChainConfig,
        id: MinerId,
        act: impl FnOnce(&mut MinerActor, &Conditions<'_>, AttoFil) -> Result<Effects, Refusal>,
    ) -> Result<(), Refusal> {
        let terms = self.conditions(config);
        let balance = self.ledger.balance(Account::Miner(id));
        match act(&mut self.miners[id.index()], &terms, balance) {
            Ok(effects) => {
                self.tally.messages += 1;
                self.apply(id, effects, false);
                Ok(())
            }
            Err(refusal) => {
                self.tally.refused += 1;
                Err(refusal)
            }
        }
    }

    /// Power, pledge and money after a miner did something. `called` if this epoch's call of it is behind it.
    fn apply(&mut self, id: MinerId, effects: Effects, called: bool) {
        if !effects.power.is_zero() {
            let bound = self.claims.minimum_binds();
            self.claims.change(id, effects.power);
            self.record_power(id, bound);
        }
        self.claims.change_pledge(effects.pledge);
        for &(reason, amount) in &effects.burns {
            self.ledger.post(Transfer { from: Account::Miner(id), to: Account::Burnt, amount, reason });
        }
        // Whoever watches the chain is one of the others.
        if let Some((reason, amount)) = effects.to_reporter {
            self.ledger.post(Transfer { from: Account::Miner(id), to: Account::Holders, amount, reason });
        }
        self.plan_call(id, called);
    }

    /// A miner's claim changed, and with it perhaps whose claims count at all.
    fn record_power(&mut self, id: MinerId, bound: bool) {
        if bound == self.claims.minimum_binds() {
            self.lottery.record(id, self.claims.counted(id).qa, self.now);
        } else {
            for miner in self.miners.iter().map(MinerActor::id) {
                self.lottery.record(miner, self.claims.counted(miner).qa, self.now);
            }
        }
    }

    /// When a miner is called next may have changed.
    fn plan_call(&mut self, id: MinerId, called: bool) {
        let after = if called { self.now } else { self.now - Epochs::ONE };
        let next = self.miners[id.index()].next_call(after);
        let planned = &mut self.next_call[id.index()];
        if *planned != next {
            if let Some(epoch) = *planned {
                self.calls.remove(&(epoch, id));
            }
            if let Some(epoch) = next {
                self.calls.insert((epoch, id));
            }
            *planned = next;
        }
    }

    /// [`MinerActor::pre_commit`].
    ///
    /// # Errors
    /// As there.
    pub fn pre_commit(
        &mut self,
        config: &ChainConfig,
        id: MinerId,
        infos: &[PreCommitInfo],
    ) -> Result<(), Refusal> {
        self.message(config, id, |miner, terms, balance| miner.pre_commit(infos, terms, balance))
    }

    /// [`MinerActor::prove_commit`].
    ///
    /// # Errors
    /// As there.
    pub fn prove_commit(
        &mut self,
        config: &ChainConfig,
        id: MinerId,
        proofs: &[(SectorNumber, Checked)],
    ) -> Result<(), Refusal> {
        self.message(config, id, |miner, terms, balance| miner.prove_commit(proofs, terms, balance))
    }

    /// [`MinerActor::prove_commit_ni`].
    ///
    /// # Errors
    /// As there.
    pub fn prove_commit_ni(
        &mut self,
        config: &ChainConfig,
        id: MinerId,
        infos: &[(PreCommitInfo, Checked)],
        deadline: u16,
    ) -> Result<(), Refusal> {
        self.message(config, id, |miner, terms, balance| {
            miner.prove_commit_ni(infos, deadline, terms, balance)
        })
    }

    /// [`MinerActor::submit_window_post`].
    ///
    /// # Errors
    /// As there.
    pub fn submit_window_post(
        &mut self,
        config: &ChainConfig,
        id: MinerId,
        deadline: u16,
        proofs: &[PartitionProof],
        holds: Checked,
    ) -> Result<(), Refusal> {
        self.message(config, id, |miner, terms, _| miner.submit_window_post(deadline, proofs, holds, terms))
    }

    /// [`MinerActor::declare_faults`].
    ///
    /// # Errors
    /// As there.
    pub fn declare_faults(
        &mut self,
        config: &ChainConfig,
        id: MinerId,
        deadline: u16,
        sectors: &[SectorNumber],
    ) -> Result<(), Refusal> {
        self.message(config, id, |miner, terms, _| miner.declare_faults(deadline, sectors, terms))
    }

    /// [`MinerActor::declare_recoveries`].
    ///
    /// # Errors
    /// As there.
    pub fn declare_recoveries(
        &mut self,
        config: &ChainConfig,
        id: MinerId,
        deadline: u16,
        sectors: &[SectorNumber],
    ) -> Result<(), Refusal> {
        self.message(config, id, |miner, terms, balance| {
            miner.declare_recoveries(deadline, sectors, terms, balance)
        })
    }

    /// [`MinerActor::dispute`].
    ///
    /// # Errors
    /// As there.
    pub fn dispute(
        &mut self,
        config: &ChainConfig,
        id: MinerId,
        deadline: u16,
        place: usize,
    ) -> Result<(), Refusal> {
        self.message(config, id, |miner, terms, balance| miner.dispute(deadline, place, terms, balance))
    }

    /// [`MinerActor::report_consensus_fault`].
    ///
    /// # Errors
    /// As there.
    pub fn report_consensus_fault(
        &mut self,
        config: &ChainConfig,
        fault: &ConsensusFault,
    ) -> Result<(), Refusal> {
        self.message(config, fault.miner, |miner, terms, balance| {
            miner.report_consensus_fault(fault, terms, balance)
        })
    }

    /// [`MinerActor::compact_partitions`].
    ///
    /// # Errors
    /// As there.
    pub fn compact_partitions(
        &mut self,
        config: &ChainConfig,
        id: MinerId,
        deadline: u16,
        partitions: &BTreeSet<u32>,
    ) -> Result<(), Refusal> {
        self.message(config, id, |miner, terms, _| miner.compact_partitions(deadline, partitions, terms))
    }

    /// [`MinerActor::extend`].
    ///
    /// # Errors
    /// As there.
    pub fn extend(
        &mut self,
        config: &ChainConfig,
        id: MinerId,
        sectors: &[SectorNumber],
        expiration: Epoch,
    ) -> Result<(), Refusal> {
        self.check_claims_last(config, id, sectors, expiration)?;
        self.message(config, id, |miner, terms, _| miner.extend(sectors, expiration, terms))
    }

    /// [`MinerActor::update_replica`].
    ///
    /// # Errors
    /// As there.
    pub fn update_replica(
        &mut self,
        config: &ChainConfig,
        id: MinerId,
        sector: SectorNumber,
        contents: Contents,
        comm_r: Node,
        holds: Checked,
    ) -> Result<(), Refusal> {
        self.message(config, id, |miner, terms, balance| {
            miner.update_replica(sector, contents, comm_r, holds, terms, balance)
        })
    }

    /// [`MinerActor::terminate`].
    ///
    /// # Errors
    /// As there.
    pub fn terminate(
        &mut self,
        config: &ChainConfig,
        id: MinerId,
        sectors: &[SectorNumber],
    ) -> Result<(), Refusal> {
        self.message(config, id, |miner, terms, balance| miner.terminate(sectors, terms, balance))?;
        self.deals_end_with(id, sectors);
        Ok(())
    }

    /// Takes money out of a miner's actor into its operator's wallet.
    ///
    /// # Errors
    /// As [`MinerActor::withdraw`].
    pub fn withdraw(&mut self, config: &ChainConfig, id: MinerId, amount: AttoFil) -> Result<(), Refusal> {
        self.message(config, id, |miner, terms, balance| miner.withdraw(amount, terms, balance))?;
        self.transfer(Account::Miner(id), Account::Wallet(id), amount, Reason::Withdrawal);
        Ok(())
    }

    /// Gas of a message: burnt at the base fee, the premium to whoever produces the block. Pays as much as the wallet
    /// has: a message that cannot pay would never have been sent.
    pub fn pay_gas(&mut self, id: MinerId, burn: AttoFil, tip: AttoFil) -> bool {
        let wallet = Account::Wallet(id);
        if self.ledger.balance(wallet) < burn + tip {
            return false;
        }
        self.transfer(wallet, Account::Burnt, burn, Reason::GasBurn);
        self.transfer(wallet, Account::Background, tip, Reason::Tip);
        true
    }

    /// The wins of this epoch.
    pub fn elections(&mut self, config: &ChainConfig, draws: &Draws) -> Wins {
        let (rest, _) = config.background.at(self.now - config.policy.finality);
        self.lottery.draw(self.now, rest.power.qa, draws)
    }

    /// A miner won and can prove it: it makes a block and is paid, if it may mine. Whether it may.
    pub fn award(&mut self, config: &ChainConfig, id: MinerId, wins: u32) -> bool {
        if !self.miners[id.index()].may_mine(self.now) {
            self.tally.lost_wins += u64::from(wins);
            return false;
        }
        let counted = i64::from(wins).min(config.policy.max_wins);
        let left = self.ledger.balance(Account::RewardPot);
        let minted = self.network.pay_block(&config.policy, counted, left, true);
        let RewardParts { consensus: reward, .. } = self.pay_out(config, minted, Account::Miner(id));
        let terms = self.conditions(config);
        let balance = self.ledger.balance(Account::Miner(id));
        let effects = self.miners[id.index()].apply_reward(reward, &terms, balance);
        self.apply(id, effects, false);
        self.tally.wins += counted as u64;
        self.has_block = true;
        true
    }

    /// Pays what a block minted to its producer, to services and to nobody (FIP-0118; all to the producer before).
    fn pay_out(&mut self, config: &ChainConfig, minted: AttoFil, producer: Account) -> RewardParts {
        let elapsed = self.now - config.start.epoch;
        let parts = split_reward(&config.policy, minted, elapsed);
        self.transfer(Account::RewardPot, producer, parts.consensus, Reason::BlockReward);
        self.transfer(Account::RewardPot, Account::Services, parts.service, Reason::ServiceReward);
        self.transfer(Account::RewardPot, Account::Burnt, parts.burnt, Reason::RewardBurn);
        parts
    }

    /// A miner won and cannot prove it.
    pub fn miss(&mut self, wins: u32) {
        self.tally.lost_wins += u64::from(wins);
    }

    /// The wins of the rest are paid.
    pub fn award_rest(&mut self, config: &ChainConfig, wins: u32) {
        if wins == 0 {
            return;
        }
        let left = self.ledger.balance(Account::RewardPot);
        let minted = self.network.pay_block(&config.policy, i64::from(wins), left, false);
        let parts = self.pay_out(config, minted, Account::Background);
        self.network.rest_burns(parts.burnt);
        self.tally.rest_wins += u64::from(wins);
        self.has_block = true;
    }

    /// The end of the epoch; the next one begins. What happened to miners' deadlines is appended to `ends`.
    pub fn end_epoch(&mut self, config: &ChainConfig, ends: &mut Vec<(MinerId, DeadlineEnd)>) {
        self.call_miners(config, ends);
        self.market_cron(config);
        self.tally.epochs += 1;
        self.tally.null_rounds += u64::from(!self.has_block);
        self.has_block = false;
        let burnt = self.ledger.balance(Account::Burnt);
        let next = self.now + Epochs::ONE;
        let (rest, circulating) = config.background.at(next);
        self.network.end_epoch(&config.policy, self.now, &self.claims);
        self.claims.set_rest(rest);
        self.network.begin_epoch(config, next, &self.claims, circulating, burnt);
        self.now = next;
    }

    fn call_miners(&mut self, config: &ChainConfig, ends: &mut Vec<(MinerId, DeadlineEnd)>) {
        let terms = self.conditions(config);
        while let Some(&(epoch, id)) = self.calls.first().filter(|(epoch, _)| *epoch <= self.now) {
            self.calls.remove(&(epoch, id));
            self.next_call[id.index()] = None;
            self.tally.calls += 1;
            let balance = self.ledger.balance(Account::Miner(id));
            let (effects, end) = self.miners[id.index()].end_of_epoch(&terms, balance);
            self.apply(id, effects, true);
            self.deals_end_with(id, &end.too_long);
            ends.push((id, end));
        }
    }

    /// Everything that is wrong, each with a path to it.
    pub fn check(&self, part: impl Iterator<Item = usize>, broken: &mut Vec<String>) {
        let residual = self.ledger.residual();
        if !residual.is_zero() {
            broken.push(format!("ledger: {residual:?} too much"));
        }
        broken.extend(self.ledger.overdrawn().map(|(account, balance)| format!("{account:?}: {balance:?}")));
        self.claims.check(broken);
        let pledge: AttoFil = self.miners.iter().map(MinerActor::pledged).sum();
        if pledge != self.claims.simulated_pledge() {
            broken.push(format!("pledge total {:?}, of miners {pledge:?}", self.claims.simulated_pledge()));
        }
        self.network.check(broken);
        self.dealings.check(&self.ledger, broken);
        for place in part {
            let id = MinerId(place as u32);
            let miner = &self.miners[place];
            miner.check(self.ledger.balance(Account::Miner(id)), self.claims.claim(id), broken);
        }
    }

    /// Quality-adjusted power of a miner as elections see it now.
    pub fn election_power(&self, id: MinerId) -> Power {
        self.lottery.power(id)
    }
}

fn randomness(domain: Domain, epoch: Epoch, draws: &Draws) -> [u8; 32] {
    let mut draw = draws.at(domain, CHAIN, epoch.height() as u64);
    let mut bytes = [0; 32];
    for word in bytes.chunks_exact_mut(8) {
        word.copy_from_slice(&draw.next_u64().to_le_bytes());
    }
    bytes
}
