//! A client of storage: what it wants stored, for how much, and what it does when a copy is about to go or gone.
//!
//! | who renews | what happens before a deal ends |
//! | --- | --- |
//! | none | nothing: the copy is over with the deal |
//! | client | a new deal is sought, with the client's reliability: else it was forgotten |
//! | bot | a contract on the chain seeks one as long as its balance lasts |
//! | endowment | the same, out of a balance that earns a yield |
//!
//! Whoever watches looks at fixed intervals and seeks deals for copies that are missing, from the client's own copy or
//! from one that is left. A client's money for a deal is in escrow from the agreement on.
//!
//! Files come one by one. They are offered as they are, or wait until they fill a batch, which then is one piece (as
//! web3.storage and Estuary did with 31 GiB). A client's own copy may fail: that of a waiting file by itself, that of a
//! piece as a whole, each with a time of its own that is drawn anew. Left out: what a client's messages cost in gas, what
//! a miner asks for the bytes that a repair is made from, and the time that unsealing them takes.

use super::negotiation::NegotiationId;
use crate::ids::{AgreementId, FileId, PieceId};
use crate::units::{AttoFil, Epoch, Epochs};
use serde::{Deserialize, Serialize};
use sim_core::dist;
use sim_core::draws::{Domain, Draws, Entity};
use sim_core::math;
use sim_core::units::{BitRate, Prob};
use std::collections::BTreeMap;

const SIZE: Domain = Domain::new("filecoin/client/size");
const ARRIVAL: Domain = Domain::new("filecoin/client/arrival");
const VERIFIED: Domain = Domain::new("filecoin/client/verified");
const RENEWS: Domain = Domain::new("filecoin/client/renews");
const CONTENT: Domain = Domain::new("filecoin/client/content");
const CHOICE: Domain = Domain::new("filecoin/client/choice");
const FILE_FAILS: Domain = Domain::new("filecoin/client/file-fails");
const PIECE_FAILS: Domain = Domain::new("filecoin/client/piece-fails");

/// Which miners a client chooses among those that would store its piece at a price that it pays.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Placement {
    /// The cheapest; of equal ones a drawn one.
    #[default]
    Cheapest,
    /// A drawn one.
    Random,
    /// The cheapest in a region that has no copy yet, as long as there is one; miners that do not say where they are
    /// count as a region together.
    Spread,
}

/// Who renews deals.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Renewal {
    /// Nobody.
    #[default]
    None,
    /// The client, if it does not forget.
    Client,
    /// A program, as long as there is money.
    Bot,
    /// The same, and what is not spent earns a yield.
    Endowment,
}

/// A client's plans. Prices are for a GiB and an epoch.
#[derive(Clone, PartialEq, Debug)]
pub struct ClientConfig {
    /// What it starts with.
    pub capital: AttoFil,
    /// Files that it wants stored.
    pub files: u64,
    /// Payload bytes of a file, in the mean.
    pub size: u64,
    /// How far sizes spread: the deviation of their logarithm.
    pub size_sigma: f64,
    /// When the first file comes.
    pub first: Epochs,
    /// Between two files, in the mean.
    pub every: Epochs,
    /// Whether that is drawn (a Poisson stream) or always the same.
    pub is_poisson: bool,
    /// Payload bytes of a batch; files are offered one by one if none.
    pub batch: Option<u64>,
    /// How long the first file of a batch waits at most.
    pub batch_wait: Option<Epochs>,
    /// Copies that it buys of each.
    pub replicas: u32,
    /// How long a deal runs.
    pub duration: Epochs,
    /// From a proposal to the start of its deal.
    pub start_delay: Epochs,
    /// Whom it chooses.
    pub placement: Placement,
    /// How prices come about.
    pub negotiation: NegotiationId,
    /// The most that it pays.
    pub limit: AttoFil,
    /// Share of its pieces that data cap is spent on.
    pub verified: Prob,
    /// Data cap that it is given at the start, in bytes.
    pub data_cap: u64,
    /// How fast it sends; at once if none.
    pub uplink: Option<BitRate>,
    /// Whether it keeps its own copy for good, or until all copies that it bought are in sectors.
    pub keeps_copy: bool,
    /// Mean time until its own copy is gone, exponential; it lasts if none.
    pub own_mtbf: Option<Epochs>,
    /// Who renews.
    pub renewal: Renewal,
    /// How long before the end.
    pub renew_before: Epochs,
    /// Share of renewals that a client does not forget.
    pub reliability: Prob,
    /// Yield of an endowment in a year, continuously: its logarithm.
    pub yearly_yield: f64,
    /// How often somebody looks whether copies are missing; never if none.
    pub watch: Option<Epochs>,
}

impl Default for ClientConfig {
    fn default() -> Self {
        ClientConfig {
            capital: AttoFil::from_fil(100),
            files: 1,
            size: 1 << 30,
            size_sigma: 0.0,
            first: Epochs::ZERO,
            every: Epochs::from_days(1),
            is_poisson: false,
            batch: None,
            batch_wait: None,
            replicas: 1,
            duration: Epochs::from_days(180),
            start_delay: Epochs::from_days(3),
            placement: Placement::default(),
            negotiation: NegotiationId::default(),
            limit: AttoFil::new(1_000_000_000),
            verified: Prob::ZERO,
            data_cap: 0,
            uplink: None,
            keeps_copy: false,
            own_mtbf: None,
            renewal: Renewal::None,
            renew_before: Epochs::from_days(10),
            reliability: Prob::ONE,
            yearly_yield: 0.0,
            watch: None,
        }
    }
}

/// What is on a client's agenda.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
enum Task {
    /// Its copy of a file that waits for its batch is gone.
    FileFails(FileId),
    /// Its copy of a piece is gone.
    PieceFails(PieceId),
    /// A file is there to be stored.
    File(u64),
    /// A batch has waited long enough: the first of its files.
    Close(FileId),
    /// A deal is about to end.
    Renew(AgreementId),
    /// Somebody looks after a piece.
    Look(PieceId),
    /// A day of yield.
    Yield,
}

/// What a client wants, or what befalls it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Want {
    /// Store its file of that number.
    Store(u64),
    /// Offer the batch that begins with that file, if it still waits.
    Close(FileId),
    /// A deal in the place of one that is about to end.
    Renew(AgreementId),
    /// Deals for copies of a piece that are missing.
    Repair(PieceId),
    /// A day's yield on what it has.
    Yield,
    /// Its copy of a file that waits for its batch is gone.
    LoseFile(FileId),
    /// Its copy of a piece is gone.
    LosePiece(PieceId),
}

/// A client.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Client {
    entity: Entity,
    agenda: BTreeMap<Epoch, Vec<Task>>,
    first: Epoch,
    /// When its uplink is free.
    pub line_free: Epoch,
}

impl Client {
    /// A client whose first file is on its agenda.
    pub fn new(config: &ClientConfig, entity: Entity, first: Epoch) -> Self {
        let mut client = Client { entity, agenda: BTreeMap::new(), first, line_free: first };
        if config.files > 0 {
            client.plan(first + config.first + Epochs::ONE, Task::File(0));
        }
        if config.renewal == Renewal::Endowment && config.yearly_yield > 0.0 {
            client.plan(first + Epochs::from_days(1), Task::Yield);
        }
        client
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

    /// What it wants now.
    pub fn wake(&mut self, now: Epoch, config: &ClientConfig, draws: &Draws, wants: &mut Vec<Want>) {
        while let Some(entry) = self.agenda.first_entry().filter(|entry| *entry.key() <= now) {
            for task in entry.remove() {
                self.perform(task, now, config, draws, wants);
            }
        }
    }

    fn perform(
        &mut self,
        task: Task,
        now: Epoch,
        config: &ClientConfig,
        draws: &Draws,
        wants: &mut Vec<Want>,
    ) {
        match task {
            Task::FileFails(file) => wants.push(Want::LoseFile(file)),
            Task::PieceFails(piece) => wants.push(Want::LosePiece(piece)),
            Task::File(number) => {
                wants.push(Want::Store(number));
                if number + 1 < config.files {
                    let wait = self.interval(number, config, draws);
                    self.plan(now + wait, Task::File(number + 1));
                }
            }
            Task::Close(file) => wants.push(Want::Close(file)),
            Task::Renew(id) => {
                if self.remembers(id, config, draws) {
                    wants.push(Want::Renew(id));
                }
            }
            Task::Look(piece) => wants.push(Want::Repair(piece)),
            Task::Yield => {
                wants.push(Want::Yield);
                self.plan(now + Epochs::from_days(1), Task::Yield);
            }
        }
    }

    /// A file waits in a batch, as the first of it or not.
    pub fn file_waits(
        &mut self,
        file: FileId,
        number: u64,
        is_first: bool,
        now: Epoch,
        config: &ClientConfig,
        draws: &Draws,
    ) {
        if let Some(wait) = config.batch_wait.filter(|_| is_first) {
            self.plan(now + wait, Task::Close(file));
        }
        if let Some(after) = self.lifetime(FILE_FAILS, number, config, draws) {
            self.plan(now + after, Task::FileFails(file));
        }
    }

    /// A piece is made, and lies on a disk of its own; `number` is that of its first file.
    pub fn piece_made(
        &mut self,
        piece: PieceId,
        number: u64,
        now: Epoch,
        config: &ClientConfig,
        draws: &Draws,
    ) {
        if let Some(after) = self.lifetime(PIECE_FAILS, number, config, draws) {
            self.plan(now + after, Task::PieceFails(piece));
        }
    }

    fn lifetime(&self, domain: Domain, number: u64, config: &ClientConfig, draws: &Draws) -> Option<Epochs> {
        let mean = config.own_mtbf?.count() as f64;
        let drawn = dist::exponential(&mut draws.at(domain, self.entity, number), mean);
        (drawn < 1e12).then(|| Epochs::new(drawn as i64 + 1))
    }

    fn interval(&self, number: u64, config: &ClientConfig, draws: &Draws) -> Epochs {
        if !config.is_poisson {
            return config.every;
        }
        let mean = config.every.count() as f64;
        let drawn = dist::exponential(&mut draws.at(ARRIVAL, self.entity, number), mean);
        Epochs::new(drawn.min(1e12) as i64)
    }

    /// Which of so many equal choices it makes for a copy of the piece that begins with its file of that number.
    pub fn choice(&self, number: u64, copy: u64, among: usize, draws: &Draws) -> usize {
        dist::below(&mut draws.at(CHOICE, self.entity.member(number), copy), among as u64) as usize
    }

    /// A renewal came to nothing: it tries once more, as long as there is time.
    pub fn renew_again(&mut self, id: AgreementId, end: Epoch, now: Epoch) {
        let next = now + Epochs::from_days(1);
        if next < end {
            self.plan(next, Task::Renew(id));
        }
    }

    fn remembers(&self, id: AgreementId, config: &ClientConfig, draws: &Draws) -> bool {
        match config.renewal {
            Renewal::None => false,
            Renewal::Bot | Renewal::Endowment => true,
            Renewal::Client => {
                dist::chance(&mut draws.at(RENEWS, self.entity, u64::from(id.0)), config.reliability)
            }
        }
    }

    /// Payload bytes of its file of that number.
    pub fn size(&self, number: u64, config: &ClientConfig, draws: &Draws) -> u64 {
        if config.size_sigma <= 0.0 {
            return config.size;
        }
        let mut draw = draws.at(SIZE, self.entity, number);
        let size = dist::lognormal(&mut draw, config.size_sigma, config.size as f64);
        (size.min(1e15) as u64).max(1)
    }

    /// Whether data cap is to be spent on the piece that begins with a file.
    pub fn is_verified(&self, number: u64, config: &ClientConfig, draws: &Draws) -> bool {
        dist::chance(&mut draws.at(VERIFIED, self.entity, number), config.verified)
    }

    /// Real bytes of a file: what every copy of it is made from.
    pub fn content(&self, number: u64, draws: &Draws) -> [u8; 32] {
        let mut bytes = [0; 32];
        let mut draw = draws.at(CONTENT, self.entity, number);
        for word in bytes.chunks_exact_mut(8) {
            word.copy_from_slice(&draw.next_u64().to_le_bytes());
        }
        bytes
    }

    /// Stable name of its draws.
    pub fn entity(&self) -> Entity {
        self.entity
    }

    /// A deal of it is in a sector: somebody thinks of its end.
    pub fn deal_active(&mut self, id: AgreementId, end: Epoch, now: Epoch, config: &ClientConfig) {
        if config.renewal != Renewal::None {
            self.plan((end - config.renew_before).max(now + Epochs::ONE), Task::Renew(id));
        }
    }

    /// A copy is missing, or could not be bought: whoever watches sees it when it looks next.
    pub fn copy_missing(&mut self, piece: PieceId, now: Epoch, config: &ClientConfig) {
        if let Some(interval) = config.watch {
            let looks = (now - self.first).count() / interval.count() + 1;
            self.plan(self.first + Epochs::new(looks * interval.count()), Task::Look(piece));
        }
    }
}

/// A day's yield on a balance, rounded down.
pub fn day_yield(balance: AttoFil, config: &ClientConfig) -> AttoFil {
    // Two billion FIL times this are less than an i128 holds.
    const SCALE: i128 = 10_000_000_000;
    let share = math::exp_m1(config.yearly_yield / 365.0) * SCALE as f64;
    balance.floor_mul(share as i128, SCALE)
}
