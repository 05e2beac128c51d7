//! The market side of a storage miner: its ask, what it accepts, how deals come into sectors, and when it asks for its
//! money.
//!
//! ```text
//!   accepted ── data comes ──> waits for a message ── published ──> waits for a sector ── full or due ──> sealing queue
//!                              8 deals or 1 h                       packed in order                      so many at a time
//! ```
//!
//! The filter is Boost's: size, kind, space, a start that leaves time to seal, an end that a sector can reach. Sectors are
//! packed in the order of publication, each piece at the next multiple of its size; a sector is closed when the next
//! piece does not fit, when its first piece has waited long enough, or when its first deal could miss its start
//! otherwise. What is closed is sealed by the operator, whose sealers work on one sector each.
//!
//! Sources: filecoin-project/boost, node/config/def.go (publishing, start buffer, expected seal time),
//! storagemarket/deal_acceptance.go; go-fil-markets, storagemarket/impl/storedask; filecoin-project/lotus,
//! storage/pipeline (WaitDeals). Left out: deals into committed capacity (SnapDeals) and data over other protocols.

use super::negotiation::{Reason, Seller};
use super::storage_miner::Contract;
use crate::filecoin::miner::sector::{Contents, SectorNumber};
use crate::filecoin::piece::layout::place;
use crate::filecoin::piece::size::PieceHeight;
use crate::filecoin::policy::Policy;
use crate::ids::{AgreementId, MinerId};
use crate::units::{AttoFil, Epoch, Epochs, Power};
use serde::{Deserialize, Serialize};
use sim_core::dist;
use sim_core::draws::{Domain, Draws, Entity};
use sim_core::math;
use sim_core::time::SimSpan;
use sim_core::units::{BitRate, Bytes, Prob};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

const COST: Domain = Domain::new("filecoin/provider/cost");
const LEAVES: Domain = Domain::new("filecoin/provider/leaves");

/// From when on a miner has the bytes of a deal.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Staging {
    /// From their arrival: they lie on a disk of its own until they are in a sector, as with Boost.
    #[default]
    Kept,
    /// From the end of sealing, when they are encoded into the replica: until then it reads them from their client.
    Streamed,
}

/// Which deals a miner takes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Takes {
    /// None at all.
    #[default]
    Nothing,
    /// All.
    All,
    /// Verified ones.
    Verified,
    /// Those that are not verified.
    Plain,
}

/// A miner's ask and what stands behind it. Prices and costs are for a GiB and an epoch.
#[derive(Clone, PartialEq, Debug)]
pub struct AskConfig {
    /// Which deals it takes.
    pub takes: Takes,
    /// The price that it posts.
    pub price: AttoFil,
    /// The same for verified deals.
    pub verified_price: AttoFil,
    /// What a price falls by in a year, continuously: its logarithm.
    pub decline: f64,
    /// What storing costs it, in the middle.
    pub cost: AttoFil,
    /// How far up and down costs of single miners are drawn from there, uniformly.
    pub cost_spread: Prob,
    /// What the network pays it for storing a GiB for an epoch.
    pub subsidy: AttoFil,
    /// The smallest piece, in padded bytes.
    pub min_piece: u64,
    /// The largest.
    pub max_piece: u64,
    /// Padded bytes of deals that it has room for.
    pub space: u64,
    /// How fast data comes in; at once if none.
    pub intake: Option<BitRate>,
    /// Deals in one message at most.
    pub publish_batch: u32,
    /// How long the first of them waits at most.
    pub publish_wait: Epochs,
    /// How long the first piece of a sector waits for others at most.
    pub pack_wait: Epochs,
    /// Sectors that are sealed at a time.
    pub sealers: u32,
    /// What it expects from a closed sector to its proof.
    pub seal_ahead: Epochs,
    /// What it wants to have left before a deal starts.
    pub start_buffer: Epochs,
    /// Between two messages that settle all its deals.
    pub settle_every: Epochs,
    /// When it ends all its sectors and takes no more deals, from the start of the run on.
    pub leaves_after: Option<Epochs>,
    /// Mean time until it does, exponential.
    pub leaves_mean: Option<Epochs>,
    /// Where it is, for clients that ask.
    pub region: Option<u16>,
    /// From when on it has the bytes of a deal.
    pub staging: Staging,
}

impl Default for AskConfig {
    /// No deals. With `takes` alone it is what go-fil-markets, Boost and lotus come with.
    fn default() -> Self {
        AskConfig {
            takes: Takes::Nothing,
            price: AttoFil::new(500_000_000),
            verified_price: AttoFil::new(50_000_000),
            decline: 0.0,
            cost: AttoFil::ZERO,
            cost_spread: Prob::ZERO,
            subsidy: AttoFil::ZERO,
            min_piece: 256,
            max_piece: u64::MAX,
            space: u64::MAX,
            intake: None,
            publish_batch: 8,
            publish_wait: Epochs::from_hours(1),
            pack_wait: Epochs::from_hours(6),
            sealers: 1,
            seal_ahead: Epochs::from_hours(24),
            start_buffer: Epochs::new(480),
            settle_every: Epochs::from_days(30),
            leaves_after: None,
            leaves_mean: None,
            region: None,
            staging: Staging::Kept,
        }
    }
}

impl AskConfig {
    /// Whether it takes deals at all.
    pub fn takes_any(&self) -> bool {
        self.takes != Takes::Nothing
    }
}

/// What a client asks a miner to store.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Request {
    /// Padded bytes.
    pub size: u64,
    /// Whether data cap is spent on it.
    pub verified: bool,
    /// When the deal starts.
    pub start: Epoch,
    /// When it ends.
    pub end: Epoch,
}

/// A deal as whoever packs it sees it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Load {
    /// The agreement.
    pub id: AgreementId,
    /// Slots of its piece.
    pub height: PieceHeight,
    /// Padded bytes.
    pub size: u64,
    /// Whether it is verified.
    pub verified: bool,
    /// When it has to be in a sector.
    pub start: Epoch,
    /// When it ends.
    pub end: Epoch,
}

/// A sector that is being filled, or waits to be sealed.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Packing {
    loads: Vec<Load>,
    close_by: Epoch,
}

impl Packing {
    /// Deals in it, in their order in the sector.
    pub fn loads(&self) -> &[Load] {
        &self.loads
    }

    /// What the operator has to seal.
    pub fn contract(&self) -> Contract {
        let sum = |verified: bool| -> u64 {
            self.loads.iter().filter(|load| load.verified == verified).map(|load| load.size).sum()
        };
        let until = self.loads.iter().map(|load| load.end).max().expect("an empty sector is not sealed");
        Contract { until, contents: Contents { plain: sum(false), verified: sum(true) } }
    }

    /// Whether one more fits: its slots, its nominal size, and a sector's life that suits every claim in it.
    fn has_room(&self, load: &Load, room: &Room, policy: &Policy) -> bool {
        let loads = || self.loads.iter().chain([load]);
        let size: u64 = loads().map(|load| load.size).sum();
        let until = loads().map(|load| load.end).max().expect("there is one at least");
        // A claim lets its sector live a buffer longer than the deal.
        let suits = |load: &Load| !load.verified || until - load.end < policy.verified_term_buffer;
        size <= room.sector_size
            && loads().all(suits)
            && place(room.slots, loads().map(|load| load.height)).is_ok()
    }
}

/// What a sector can take.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Room {
    /// Nominal bytes.
    pub sector_size: u64,
    /// Slots.
    pub slots: PieceHeight,
}

/// What is on a provider's agenda.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
enum Task {
    /// The data of a deal has come.
    Arrives(AgreementId),
    /// A deal ends.
    Ends(AgreementId),
    /// A deal has to have started.
    Starts(AgreementId),
    /// Publish what waits.
    Publish,
    /// Close the open sector if it is due.
    Close,
    /// A sealer is free.
    SealerFree,
    /// Seal what is closed, if a sealer is free.
    Seal,
    /// Settle all deals.
    Settle,
    /// End all sectors.
    Leave,
}

/// What a provider wants done.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Step {
    /// The data of a deal has come.
    Received(AgreementId),
    /// Publish these.
    Publish(Vec<AgreementId>),
    /// Seal a sector with these.
    Seal(Packing),
    /// Settle these.
    Settle(Vec<AgreementId>),
    /// A deal has to have started by now.
    Started(AgreementId),
    /// A deal ends now.
    Ended(AgreementId),
    /// End all sectors.
    Leave,
}

/// A miner's market side.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Provider {
    /// What storing costs it.
    cost: AttoFil,
    agenda: BTreeMap<Epoch, Vec<Task>>,
    /// Deals whose data is there and that are not published.
    unpublished: Vec<AgreementId>,
    open: Option<Packing>,
    ready: VecDeque<Packing>,
    busy: u32,
    /// Active deals.
    active: BTreeSet<AgreementId>,
    /// Deals by the sector that they were sealed in.
    sectors: BTreeMap<SectorNumber, Vec<AgreementId>>,
    /// Deals whose bytes will not come any more.
    gone: BTreeSet<AgreementId>,
    used: u64,
    line_free: Epoch,
    has_left: bool,
}

impl Provider {
    /// A provider without deals.
    pub fn new(config: &AskConfig, entity: Entity, first: Epoch, draws: &Draws) -> Self {
        let word = dist::below(&mut draws.at(COST, entity, 0), 2_000_001);
        // From -1 to 1 in millionths, times the spread.
        let spread = (config.cost_spread.as_f64_lossy() * 1e6) as i128;
        let share = 1_000_000_000_000 + spread * (i128::from(word) - 1_000_000);
        let mut provider = Provider {
            cost: config.cost.floor_mul(share, 1_000_000_000_000),
            agenda: BTreeMap::new(),
            unpublished: Vec::new(),
            open: None,
            ready: VecDeque::new(),
            busy: 0,
            active: BTreeSet::new(),
            sectors: BTreeMap::new(),
            gone: BTreeSet::new(),
            used: 0,
            line_free: first,
            has_left: false,
        };
        let drawn = |mean: Epochs| dist::exponential(&mut draws.at(LEAVES, entity, 0), mean.count() as f64);
        let hazard = config.leaves_mean.map(drawn).filter(|drawn| *drawn < 1e12);
        let leaves = config.leaves_after.into_iter().chain(hazard.map(|drawn| Epochs::new(drawn as i64 + 1)));
        if let Some(after) = leaves.min() {
            provider.plan(first + after, Task::Leave);
        }
        provider
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

    /// Its terms for a piece, if it would store it.
    ///
    /// # Errors
    /// The first reason why not.
    pub fn quote(
        &self,
        id: MinerId,
        config: &AskConfig,
        request: &Request,
        (policy, sector_size): (&Policy, u64),
        (now, elapsed): (Epoch, Epochs),
    ) -> Result<Seller, Reason> {
        let takes = match config.takes {
            Takes::Nothing => return Err(Reason::NoMiner),
            Takes::All => true,
            Takes::Verified => request.verified,
            Takes::Plain => !request.verified,
        };
        let least = if request.verified { policy.verified_min_piece } else { Power::ZERO };
        match () {
            () if self.has_left => return Err(Reason::Closed),
            () if !takes => return Err(Reason::OtherKind),
            () if request.size < config.min_piece => return Err(Reason::TooSmall),
            () if Power::new(i128::from(request.size)) < least => return Err(Reason::TooSmall),
            () if request.size > config.max_piece.min(sector_size) => return Err(Reason::TooLarge),
            () if request.size > config.space.saturating_sub(self.used) => return Err(Reason::NoSpace),
            () if request.start - now < config.seal_ahead => return Err(Reason::StartsTooSoon),
            () if request.end - now > policy.max_sector_extension => return Err(Reason::EndsTooLate),
            () => {}
        }
        let posted = if request.verified { config.verified_price } else { config.price };
        let share = config.cost_spread.as_f64_lossy() * 1e6;
        let highest = config.cost.floor_mul(1_000_000 + share as i128, 1_000_000);
        Ok(Seller {
            miner: id,
            ask: declined(posted, config.decline, elapsed),
            floor: (self.cost_at(config, elapsed) - config.subsidy).at_least_zero(),
            highest: (declined(highest, config.decline, elapsed) - config.subsidy).at_least_zero(),
        })
    }

    /// What storing a GiB for an epoch costs it, so long after the start of the run.
    pub fn cost_at(&self, config: &AskConfig, elapsed: Epochs) -> AttoFil {
        declined(self.cost, config.decline, elapsed)
    }

    /// Takes a deal in: its data begins to come when both lines are free, and is there after as long as the slower of
    /// them needs. When the client's line is free again.
    pub fn accept(
        &mut self,
        load: &Load,
        payload: u64,
        config: &AskConfig,
        (now, line_free, uplink): (Epoch, Epoch, Option<BitRate>),
    ) -> Epoch {
        self.used += load.size;
        let rate = match (config.intake, uplink) {
            (Some(intake), Some(uplink)) => Some(intake.min(uplink)),
            (intake, uplink) => intake.or(uplink),
        };
        let arrives = match rate {
            None => now,
            Some(rate) => {
                now.max(line_free).max(self.line_free) + whole_epochs(rate.transfer_time(Bytes::new(payload)))
            }
        };
        if rate.is_some() {
            self.line_free = arrives;
        }
        self.plan(arrives.max(now + Epochs::ONE), Task::Arrives(load.id));
        self.plan(load.start + Epochs::ONE, Task::Starts(load.id));
        arrives
    }

    /// Does what is due.
    pub fn wake(&mut self, now: Epoch, config: &AskConfig, may_seal: bool, steps: &mut Vec<Step>) {
        while let Some(entry) = self.agenda.first_entry().filter(|entry| *entry.key() <= now) {
            for task in entry.remove() {
                self.perform(task, now, config, may_seal, steps);
            }
        }
    }

    fn perform(&mut self, task: Task, now: Epoch, config: &AskConfig, may_seal: bool, steps: &mut Vec<Step>) {
        match task {
            Task::Arrives(id) if self.has_left || self.gone.remove(&id) => {}
            Task::Arrives(id) => {
                if self.unpublished.is_empty() {
                    self.plan(now + config.publish_wait, Task::Publish);
                }
                self.unpublished.push(id);
                steps.push(Step::Received(id));
                if self.unpublished.len() >= config.publish_batch as usize {
                    steps.push(Step::Publish(std::mem::take(&mut self.unpublished)));
                }
            }
            Task::Publish => {
                let due = std::mem::take(&mut self.unpublished);
                if !due.is_empty() {
                    steps.push(Step::Publish(due));
                }
            }
            Task::Close => {
                if self.open.as_ref().is_some_and(|open| open.close_by <= now) {
                    self.close(now);
                }
            }
            Task::SealerFree => {
                self.busy -= 1;
                self.plan(now, Task::Seal);
            }
            Task::Seal if !may_seal => self.plan(now + Epochs::from_days(1), Task::Seal),
            Task::Seal => {
                while self.busy < config.sealers {
                    let Some(packing) = self.ready.pop_front() else { break };
                    self.busy += 1;
                    steps.push(Step::Seal(packing));
                }
            }
            Task::Settle => {
                if !self.active.is_empty() {
                    steps.push(Step::Settle(self.active.iter().copied().collect()));
                    self.plan(now + config.settle_every, Task::Settle);
                }
            }
            Task::Starts(id) => steps.push(Step::Started(id)),
            Task::Ends(id) => steps.push(Step::Ended(id)),
            Task::Leave => {
                self.has_left = true;
                self.unpublished.clear();
                self.ready.clear();
                self.open = None;
                steps.push(Step::Leave);
            }
        }
    }

    /// A deal will not be: its bytes are gone before it had them. `has_arrived` if they came, or were said to.
    pub fn forget(&mut self, id: AgreementId, has_arrived: bool) {
        if !has_arrived {
            self.gone.insert(id);
        }
        self.unpublished.retain(|other| *other != id);
        for packing in self.open.iter_mut().chain(&mut self.ready) {
            packing.loads.retain(|load| load.id != id);
        }
        if self.open.as_ref().is_some_and(|open| open.loads.is_empty()) {
            self.open = None;
        }
        self.ready.retain(|packing| !packing.loads.is_empty());
    }

    /// Whether it takes no deals any more.
    pub fn has_left(&self) -> bool {
        self.has_left
    }

    /// Not everything could be ended now: it tries once more.
    pub fn leave_again(&mut self, at: Epoch) {
        self.plan(at, Task::Leave);
    }

    /// A deal was published: its piece goes into a sector.
    pub fn published(&mut self, load: Load, now: Epoch, config: &AskConfig, room: &Room, policy: &Policy) {
        if self.open.as_ref().is_some_and(|open| !open.has_room(&load, room, policy)) {
            self.close(now);
        }
        let latest = (load.start - config.seal_ahead - config.start_buffer).max(now);
        let open = self.open.get_or_insert(Packing { loads: Vec::new(), close_by: now + config.pack_wait });
        open.loads.push(load);
        open.close_by = open.close_by.min(latest);
        let (close_by, full) = (open.close_by, open.loads.iter().map(|load| load.size).sum::<u64>());
        if full == room.sector_size {
            self.close(now);
        } else {
            self.plan(close_by, Task::Close);
        }
    }

    fn close(&mut self, now: Epoch) {
        self.ready.extend(self.open.take());
        self.plan(now, Task::Seal);
    }

    /// A sector is being sealed with these deals.
    pub fn sealing(&mut self, sector: SectorNumber, packing: &Packing, free_at: Epoch) {
        self.sectors.insert(sector, packing.loads.iter().map(|load| load.id).collect());
        self.plan(free_at, Task::SealerFree);
    }

    /// Deals that a sector was sealed with.
    pub fn in_sector(&self, sector: SectorNumber) -> &[AgreementId] {
        self.sectors.get(&sector).map_or(&[], Vec::as_slice)
    }

    /// A sector is over.
    pub fn sector_ended(&mut self, sector: SectorNumber) {
        self.sectors.remove(&sector);
    }

    /// A deal came into a sector.
    pub fn activated(&mut self, id: AgreementId, start: Epoch, end: Epoch, now: Epoch, config: &AskConfig) {
        if self.active.is_empty() {
            self.plan(now.max(start) + config.settle_every, Task::Settle);
        }
        self.active.insert(id);
        self.plan(end, Task::Ends(id));
    }

    /// A deal is over, or will not be.
    pub fn released(&mut self, id: AgreementId, size: u64) {
        self.active.remove(&id);
        self.used -= size;
    }
}

/// Whole epochs of a span, rounded up.
pub fn whole_epochs(span: SimSpan) -> Epochs {
    Epochs::new(span.as_nanos().div_ceil(Epochs::ONE.span().as_nanos()) as i64)
}

/// A price that has fallen for so long, rounded down.
fn declined(price: AttoFil, decline: f64, elapsed: Epochs) -> AttoFil {
    const SCALE: i128 = 1_000_000_000;
    if decline <= 0.0 {
        return price;
    }
    let years = elapsed.count() as f64 / Epochs::from_days(365).count() as f64;
    price.floor_mul((math::exp(-decline * years) * SCALE as f64) as i128, SCALE)
}
