//! The operator of a storage miner: seals sectors, sends messages, loses disks and repairs them, or not.
//!
//! ```text
//!   seal ── sealing time ──> pre-commit ── challenge delay ──> prove-commit ──> a proof at every deadline
//!   disk fails ──> its sectors are lost ── repair time ──> restored ──> recovery declared ──> proven again
//! ```
//!
//! The operator knows its own disks and what is on the chain. It keeps an agenda by epoch and is woken at the first
//! entry; nothing happens for a sector on a day on which nothing is due. What it does about a loss is its policy
//! ([`OnLoss`]); a recovery is always declared at the first chance after the repair.
//!
//! Left out: operators that leave because they lose money.

mod contracts;
mod disks;
mod sending;

pub use contracts::Contract;

use disks::Disk;

use super::conduct::Conduct;
use crate::filecoin::miner::holdings::PartitionProof;
use crate::filecoin::miner::sector::{Contents, SectorNumber, Standing};
use crate::filecoin::miner::{MinerActor, PreCommitInfo, Refusal};
use crate::filecoin::piece::node::Node;
use crate::filecoin::policy::Policy;
use crate::filecoin::proofs::family::ProofFamily;
use crate::units::{AttoFil, Epoch, Epochs, Power};
use serde::{Deserialize, Serialize};
use sim_core::dist::{self, Law};
use sim_core::draws::{Domain, Draws, Entity};
use sim_core::units::Prob;
use std::collections::BTreeMap;

const START: Domain = Domain::new("filecoin/operator/start");
const SUBMIT: Domain = Domain::new("filecoin/operator/submit");
const VERIFIED: Domain = Domain::new("filecoin/operator/verified");

/// Epochs before a cut-off at which a declaration is sent at the latest.
const MARGIN: Epochs = Epochs::new(2);

/// An operator that cannot pay for what it sealed looks again after this.
const SHORT_OF_MONEY: Epochs = Epochs::from_days(7);

/// What an operator does about sectors that it has lost.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum OnLoss {
    /// Declares them faulty before their deadline, or leaves them out of the proof if it is too late.
    Declare,
    /// Leaves them out of the next proof.
    Skip,
    /// Does not notice: the proof of their partition cannot be made.
    Ignore,
    /// Sends a proof with zeros in place of what is lost, which is believed until somebody disputes it.
    Lie,
}

/// An operator's plans.
#[derive(Clone, PartialEq, Debug)]
pub struct OperatorConfig {
    /// Sectors that it wants to commit in all.
    pub sectors: u64,
    /// Sectors that it seals at a time.
    pub batch: u64,
    /// Between two batches.
    pub interval: Epochs,
    /// The first batch begins at a drawn epoch within this.
    pub spread: Epochs,
    /// From the ticket to the pre-commit.
    pub sealing: Epochs,
    /// How long a sector is committed, counted from the last epoch at which it may be proven.
    pub commitment: Epochs,
    /// How far an expiring sector is extended, each time; never if none.
    pub extension: Option<Epochs>,
    /// Share of its sectors that are full of verified data.
    pub verified: Prob,
    /// How long after their commitment the other ones are filled with it (SnapDeals); never if none.
    pub fill_after: Option<Epochs>,
    /// Whether it commits by non-interactive proofs, where the rules have them.
    pub non_interactive: bool,
    /// Share of disks that fail in a year of 365 days.
    pub disk_failure_rate: f64,
    /// Sectors on one disk.
    pub sectors_per_disk: u64,
    /// What it does about losses.
    pub on_loss: OnLoss,
    /// How long it takes to restore a lost sector; never if none.
    pub repair: Option<Law>,
    /// What it starts with in its wallet.
    pub capital: AttoFil,
    /// What it keeps free in its actor, so that fees do not become debts: looked at when it proves.
    pub cushion: AttoFil,
    /// How it departs from what it promised, if it does.
    pub conduct: Conduct,
}

/// What an operator wants done.
#[derive(Clone, PartialEq, Debug)]
pub enum Wish {
    /// Create the miner's actor, with the deposit that the rules ask for (FIP-0077).
    Create,
    /// Seal sectors with the ticket of that epoch; the bytes are made now.
    Seal(Vec<SectorNumber>, Epoch),
    /// [`MinerActor::pre_commit`].
    PreCommit(Vec<PreCommitInfo>),
    /// [`MinerActor::prove_commit`].
    ProveCommit(Vec<SectorNumber>),
    /// [`MinerActor::prove_commit_ni`], in that deadline.
    ProveCommitNi(Vec<PreCommitInfo>, u16),
    /// [`MinerActor::submit_window_post`].
    WindowPost(u16, Vec<PartitionProof>),
    /// [`MinerActor::declare_faults`].
    DeclareFaults(u16, Vec<SectorNumber>),
    /// [`MinerActor::declare_recoveries`].
    DeclareRecoveries(u16, Vec<SectorNumber>),
    /// [`MinerActor::extend`].
    Extend(Vec<SectorNumber>, Epoch),
    /// [`MinerActor::update_replica`]: committed capacity gets contents.
    Fill(SectorNumber, Contents),
    /// Money from the wallet into the actor, as far as the wallet has it.
    TopUp(AttoFil),
    /// The bytes of sectors are gone.
    Lose(Vec<SectorNumber>),
    /// The bytes of sectors are there again.
    Restore(Vec<SectorNumber>),
    /// What it does not keep of sectors goes ([`Conduct`]).
    Discard(Vec<SectorNumber>),
}

/// What is on an agenda. Of one epoch, in this order.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
enum Task {
    /// A disk fails.
    DiskFails(u64),
    /// A disk's sectors are restored.
    Restore(u64),
    /// Declare what has to be declared for a deadline.
    Declare(u16),
    /// Prove a deadline.
    Prove(u16),
    /// Seal the next batch.
    Seal,
    /// Commit a sealed batch: its first sector.
    Commit(u64),
    /// Prove a committed batch: its first sector.
    Prove2(u64),
    /// Extend what expires in a deadline.
    Extend(u16),
    /// Fill a sector.
    Fill(u64),
    /// Throw away what it does not keep: of so many sectors from the first on.
    Discard(u64, u64),
}

/// A batch under way.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
struct Batch {
    count: u64,
    ticket: Epoch,
}

/// An operator.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Operator {
    entity: Entity,
    agenda: BTreeMap<Epoch, Vec<Task>>,
    next_number: u64,
    /// Whether its actor is on the chain.
    is_created: bool,
    batches: BTreeMap<u64, Batch>,
    disks: BTreeMap<u64, Disk>,
    /// Deadlines that are on the agenda.
    proving: BTreeMap<u16, Epoch>,
    /// Sectors of its own plan that are sealed so far.
    planned: u64,
    /// Sectors that are sealed for deals and not proven yet.
    contracts: BTreeMap<u64, Contract>,
}

/// What an operator sees when it is woken.
#[derive(Debug)]
pub struct View<'a> {
    /// The epoch.
    pub now: Epoch,
    /// Its own miner actor.
    pub miner: &'a MinerActor,
    /// Balance of its actor.
    pub balance: AttoFil,
    /// Protocol parameters.
    pub policy: &'a Policy,
    /// Nominal bytes of a sector.
    pub sector_size: u64,
    /// How sectors are proven.
    pub family: ProofFamily,
    /// Luck.
    pub draws: &'a Draws,
}

impl Operator {
    /// An operator whose first batch is on the agenda.
    pub fn new(config: &OperatorConfig, entity: Entity, first: Epoch, draws: &Draws) -> Self {
        let mut operator = Operator {
            entity,
            agenda: BTreeMap::new(),
            next_number: 0,
            is_created: false,
            batches: BTreeMap::new(),
            disks: BTreeMap::new(),
            proving: BTreeMap::new(),
            planned: 0,
            contracts: BTreeMap::new(),
        };
        let spread = config.spread.count().max(1) as u64;
        let start = dist::below(&mut draws.at(START, entity, 0), spread) as i64;
        if config.sectors > 0 {
            // The ticket is from before the first message.
            operator.plan(first + Epochs::new(start + 1), Task::Seal);
        }
        operator
    }

    /// When it wants to be woken next.
    pub fn next_wake(&self) -> Option<Epoch> {
        self.agenda.first_key_value().map(|(&epoch, _)| epoch)
    }

    fn plan(&mut self, at: Epoch, task: Task) {
        let tasks = self.agenda.entry(at).or_default();
        let place = tasks.partition_point(|other| *other < task);
        if tasks.get(place) != Some(&task) {
            tasks.insert(place, task);
        }
    }

    /// Does what is due.
    pub fn wake(&mut self, config: &OperatorConfig, view: &View<'_>, wishes: &mut Vec<Wish>) {
        while let Some(entry) = self.agenda.first_entry().filter(|entry| *entry.key() <= view.now) {
            for task in entry.remove() {
                self.perform(task, config, view, wishes);
            }
        }
    }

    fn perform(&mut self, task: Task, config: &OperatorConfig, view: &View<'_>, wishes: &mut Vec<Wish>) {
        match task {
            Task::DiskFails(disk) => self.disk_fails(disk, config, view, wishes),
            Task::Restore(disk) => self.restore(disk, config, view, wishes),
            Task::Declare(deadline) => self.declare(deadline, config, view, wishes),
            Task::Prove(deadline) => self.prove(deadline, config, view, wishes),
            Task::Seal => self.seal(config, view, wishes),
            Task::Commit(first) => self.commit(first, config, view, wishes),
            Task::Prove2(first) => {
                if let Some(batch) = self.batches.get(&first) {
                    wishes.push(Wish::ProveCommit(numbers(first, batch.count)));
                }
            }
            Task::Extend(deadline) => self.extend(deadline, config, view, wishes),
            Task::Fill(number) => self.fill(SectorNumber(number), view, wishes),
            Task::Discard(first, count) => wishes.push(Wish::Discard(numbers(first, count))),
        }
    }

    fn seal(&mut self, config: &OperatorConfig, view: &View<'_>, wishes: &mut Vec<Wish>) {
        if !self.is_created && view.policy.create_miner_deposit_power > Power::ZERO {
            // It seals once it has an actor to commit to.
            wishes.push(Wish::Create);
            return;
        }
        let count = config.batch.min(config.sectors.saturating_sub(self.planned));
        if count == 0 {
            // It came to create its actor, for deals.
            return;
        }
        self.planned += count;
        self.seal_next(count, config, view, wishes);
        if self.planned < config.sectors {
            self.plan(view.now + config.interval, Task::Seal);
        }
    }

    /// Seals so many sectors with the next numbers, on disks that it has or buys.
    fn seal_next(&mut self, count: u64, config: &OperatorConfig, view: &View<'_>, wishes: &mut Vec<Wish>) {
        let (first, ticket) = (self.next_number, view.now - Epochs::ONE);
        self.next_number += count;
        self.batches.insert(first, Batch { count, ticket });
        wishes.push(Wish::Seal(numbers(first, count), ticket));
        self.plan(view.now + config.sealing, Task::Commit(first));
        for disk in first / config.sectors_per_disk..=(first + count - 1) / config.sectors_per_disk {
            self.install(disk, config, view);
        }
    }

    fn commit(&mut self, first: u64, config: &OperatorConfig, view: &View<'_>, wishes: &mut Vec<Wish>) {
        let Some(&batch) = self.batches.get(&first) else { return };
        let contract = self.contracts.get(&first).copied();
        // Non-interactive proofs are for committed capacity only.
        let non_interactive =
            config.non_interactive && view.policy.non_interactive_porep && contract.is_none();
        let age_max = if non_interactive {
            view.policy.non_interactive_lookback
        } else {
            view.policy.seal_randomness_lookback
        };
        if view.now - batch.ticket > age_max {
            // Sealed too long ago: once more, with a new ticket.
            let ticket = view.now - Epochs::ONE;
            self.batches.insert(first, Batch { ticket, ..batch });
            wishes.push(Wish::Seal(numbers(first, batch.count), ticket));
            self.plan(view.now + config.sealing, Task::Commit(first));
            return;
        }
        let slack = if non_interactive { Epochs::ZERO } else { view.policy.max_prove_commit_duration };
        let expiration = match contract {
            Some(contract) => contract.expiration(view),
            None => view.now + slack + config.commitment,
        };
        let info = |number: SectorNumber| {
            let entity = self.entity.member(number.0);
            let is_verified =
                !non_interactive && dist::chance(&mut view.draws.at(VERIFIED, entity, 0), config.verified);
            let verified = if is_verified { view.sector_size } else { 0 };
            PreCommitInfo {
                number,
                ticket: batch.ticket,
                expiration,
                contents: contract.map_or(Contents { plain: 0, verified }, |contract| contract.contents),
                // Whoever has the bytes puts it in.
                comm_r: Node::ZERO,
            }
        };
        let infos = numbers(first, batch.count).into_iter().map(info).collect();
        if non_interactive {
            let loads = view.miner.holdings().loads(view.now);
            let open = (0u16..).zip(loads).filter_map(|(index, load)| Some((load?.live, index)));
            let (_, deadline) = open.min().expect("most deadlines can be changed at any time");
            wishes.push(Wish::ProveCommitNi(infos, deadline));
        } else {
            wishes.push(Wish::PreCommit(infos));
        }
    }

    /// What came of a wish that the chain decided on.
    pub fn heard(
        &mut self,
        wish: &Wish,
        answer: &Result<(), Refusal>,
        config: &OperatorConfig,
        view: &View<'_>,
    ) {
        let again = view.now + Epochs::from_days(1);
        match (wish, answer) {
            (Wish::Create, Ok(())) => {
                self.is_created = true;
                self.plan(view.now, Task::Seal);
            }
            (Wish::Create, Err(_)) => self.plan(view.now + SHORT_OF_MONEY, Task::Seal),
            (Wish::PreCommit(infos), Ok(())) => {
                let ready = view.now + view.policy.precommit_challenge_delay + Epochs::ONE;
                self.plan(ready, Task::Prove2(infos[0].number.0));
            }
            (Wish::PreCommit(infos), Err(Refusal::Funds { .. } | Refusal::Debt(_))) => {
                self.plan(view.now + SHORT_OF_MONEY, Task::Commit(infos[0].number.0));
            }
            (Wish::PreCommit(infos), Err(_)) => self.plan(again, Task::Commit(infos[0].number.0)),
            (Wish::ProveCommit(sectors), Ok(())) => {
                self.batches.remove(&sectors[0].0);
                self.contracts.remove(&sectors[0].0);
                self.watch(sectors, config, view);
            }
            (Wish::ProveCommitNi(infos, _), Ok(())) => {
                self.batches.remove(&infos[0].number.0);
                let sectors: Vec<SectorNumber> = infos.iter().map(|info| info.number).collect();
                self.watch(&sectors, config, view);
            }
            (Wish::ProveCommitNi(infos, _), Err(_)) => self.plan(again, Task::Commit(infos[0].number.0)),
            (Wish::ProveCommit(sectors), Err(Refusal::Funds { .. })) => {
                self.plan(again, Task::Prove2(sectors[0].0));
            }
            (Wish::ProveCommit(sectors), Err(_)) => {
                self.batches.remove(&sectors[0].0);
                self.contracts.remove(&sectors[0].0);
            }
            (Wish::Fill(number, _), Ok(())) if config.conduct.discards() => {
                self.plan(view.now + Epochs::ONE, Task::Discard(number.0, 1));
            }
            (Wish::Fill(number, _), Err(Refusal::Funds { .. } | Refusal::Debt(_))) => {
                self.plan(view.now + SHORT_OF_MONEY, Task::Fill(number.0));
            }
            (Wish::Fill(number, _), Err(_)) => self.plan(again, Task::Fill(number.0)),
            (Wish::DeclareRecoveries(deadline, _), Err(_)) => self.plan_declaration(*deadline, again, view),
            _ => {}
        }
    }

    /// Puts the deadlines of new sectors on the agenda.
    fn watch(&mut self, sectors: &[SectorNumber], config: &OperatorConfig, view: &View<'_>) {
        if config.conduct.discards() {
            self.plan(view.now + Epochs::ONE, Task::Discard(sectors[0].0, sectors.len() as u64));
        }
        for number in sectors {
            let Some(sector) = view.miner.holdings().sector(*number) else { continue };
            self.plan_proof(sector.deadline, view.now, config, view);
            if let Some(wait) = config.fill_after.filter(|_| sector.contents.is_capacity()) {
                self.plan(view.now + wait, Task::Fill(number.0));
            }
            if config.extension.is_some() {
                let before = view.miner.holdings().calendar().next(sector.deadline, sector.expiration).open;
                self.plan(before - Epochs::from_days(2), Task::Extend(sector.deadline));
            }
        }
    }

    /// The next instance of a deadline after `after` is to be proven, at an epoch of its own: when the answer is there,
    /// be it too late.
    fn plan_proof(&mut self, deadline: u16, after: Epoch, config: &OperatorConfig, view: &View<'_>) {
        let next = view.miner.holdings().calendar().next(deadline, after);
        if self.proving.get(&deadline) == Some(&next.open) {
            return;
        }
        self.proving.insert(deadline, next.open);
        let room = (next.close - next.open).count() as u64;
        let entity = self.entity.member(u64::from(deadline));
        // In the first half of the deadline, always at the same place.
        let delay = dist::below(&mut view.draws.at(SUBMIT, entity, 0), (room / 2).max(1)) as i64;
        let ready =
            next.challenge + Epochs::ONE + config.conduct.answer_epochs(view.family, view.sector_size);
        let at = (next.open + Epochs::new(delay)).max(ready);
        self.plan(at.max(view.now + Epochs::ONE), Task::Prove(deadline));
    }

    fn prove(&mut self, deadline: u16, config: &OperatorConfig, view: &View<'_>, wishes: &mut Vec<Wish>) {
        let holdings = view.miner.holdings();
        let Some(state) = holdings.deadline(deadline).filter(|state| state.live > 0) else {
            self.proving.remove(&deadline);
            return;
        };
        let open = holdings.calendar().current(view.now);
        self.plan_proof(deadline, open.close, config, view);
        let missing = config.cushion - view.miner.funds().available(view.balance);
        if missing > AttoFil::ZERO {
            wishes.push(Wish::TopUp(missing));
        }
        let mut proofs = Vec::new();
        for (place, partition) in state.partitions.iter().enumerate() {
            if partition.power.live.is_zero() {
                continue;
            }
            let is_in_proof = |number: &&SectorNumber| {
                holdings.sector(**number).is_some_and(|sector| sector.standing.is_provable())
            };
            let lost = |number: &&SectorNumber| self.is_lost(**number, config);
            let skipped: Vec<SectorNumber> = if self.has_losses() && config.on_loss != OnLoss::Lie {
                partition.sectors.iter().filter(is_in_proof).filter(lost).copied().collect()
            } else {
                Vec::new()
            };
            if !skipped.is_empty() && config.on_loss == OnLoss::Ignore {
                // No proof can be made, and it only finds out now.
                continue;
            }
            proofs.push(PartitionProof { partition: place as u32, skipped });
        }
        if !proofs.is_empty() {
            wishes.push(Wish::WindowPost(deadline, proofs));
        }
        // A missed partition has good sectors in it, which are to be recovered.
        if config.on_loss == OnLoss::Ignore && self.has_losses() {
            self.plan_declaration(deadline, open.close, view);
        }
    }

    /// Declarations for all deadlines that the sectors of a disk are in.
    fn plan_declarations(&mut self, disk: u64, config: &OperatorConfig, view: &View<'_>) {
        for number in self.on_disk(disk, config) {
            if let Ok(sector) = view.miner.holdings().live(number) {
                self.plan_declaration(sector.deadline, view.now, view);
            }
        }
    }

    /// A declaration for the next instance of a deadline whose cut-off is not over at `after`.
    fn plan_declaration(&mut self, deadline: u16, after: Epoch, view: &View<'_>) {
        let calendar = view.miner.holdings().calendar();
        let next = calendar.next(deadline, after);
        let next = if after + MARGIN < next.cutoff { next } else { calendar.next(deadline, next.close) };
        self.plan((next.cutoff - MARGIN).max(view.now + Epochs::ONE), Task::Declare(deadline));
    }

    fn declare(&mut self, deadline: u16, config: &OperatorConfig, view: &View<'_>, wishes: &mut Vec<Wish>) {
        let holdings = view.miner.holdings();
        let Some(state) = holdings.deadline(deadline) else { return };
        let (mut faults, mut recoveries) = (Vec::new(), Vec::new());
        for number in state.partitions.iter().flat_map(|partition| &partition.sectors) {
            let Some(standing) = holdings.sector(*number).map(|sector| sector.standing) else { continue };
            match self.is_lost(*number, config) {
                true if standing.is_provable() && config.on_loss == OnLoss::Declare => faults.push(*number),
                false if standing == Standing::Faulty => recoveries.push(*number),
                _ => {}
            }
        }
        if !faults.is_empty() {
            wishes.push(Wish::DeclareFaults(deadline, faults));
        }
        if !recoveries.is_empty() {
            wishes.push(Wish::DeclareRecoveries(deadline, recoveries));
        }
    }

    fn extend(&mut self, deadline: u16, config: &OperatorConfig, view: &View<'_>, wishes: &mut Vec<Wish>) {
        let (Some(extension), holdings) = (config.extension, view.miner.holdings()) else { return };
        let soon = view.now + Epochs::from_days(3);
        let mut by_expiration: BTreeMap<Epoch, Vec<SectorNumber>> = BTreeMap::new();
        for sector in holdings.sectors().filter(|sector| sector.deadline == deadline) {
            let limit = sector.activation + view.policy.max_sector_lifetime;
            let furthest = limit.min(view.now + view.policy.max_sector_extension);
            let until = (sector.expiration + extension).min(furthest);
            let is_good = sector.standing.is_live() && !sector.standing.is_faulty();
            if is_good && sector.expiration <= soon && until > sector.expiration {
                by_expiration.entry(until).or_default().push(sector.number);
            }
        }
        for (until, sectors) in by_expiration {
            wishes.push(Wish::Extend(sectors, until));
            let before = holdings.calendar().next(deadline, until).open;
            self.plan(before - Epochs::from_days(2), Task::Extend(deadline));
        }
    }
}

fn numbers(first: u64, count: u64) -> Vec<SectorNumber> {
    (first..first + count).map(SectorNumber).collect()
}
