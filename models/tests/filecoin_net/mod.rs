//! A chain without a world: epochs are ended by hand, messages are sent by the test.

#![allow(dead_code, unreachable_pub, reason = "every test file uses its own part of it")]

use models::agents::conduct::Conduct;
use models::agents::storage_miner::{OnLoss, Operator, OperatorConfig, View, Wish};
use models::filecoin::background::{Background, Point};
use models::filecoin::chain::{Chain, ChainConfig};
use models::filecoin::ledger::{Account, Reason};
use models::filecoin::miner::holdings::PartitionProof;
use models::filecoin::miner::period::Deadline;
use models::filecoin::miner::sector::{Contents, Sector, SectorNumber, Standing};
use models::filecoin::miner::{Checked, DeadlineEnd, PreCommitInfo, Refusal};
use models::filecoin::network::Start;
use models::filecoin::piece::node::Node;
use models::filecoin::power::PowerPair;
use models::filecoin::proofs::family::ProofFamily;
use models::filecoin::rulesets::RuleSet;
use models::ids::MinerId;
use models::units::{AttoFil, Epoch, Epochs, Power};
use sim_core::draws::{Draws, Entity};
use sim_core::units::Prob;

/// 32 GiB.
pub const SECTOR: u64 = 32 << 30;
const EIB: i128 = 1 << 60;

/// A network of 10 EiB of raw power that stays as it is, at an epoch of 2026, by the rules of nv28.
pub fn config() -> ChainConfig {
    ChainConfig {
        policy: RuleSet::named("nv28").expect("a rule set").policy(),
        sector_size: SECTOR,
        partition_sectors: 2_349,
        weight: 1,
        start: Start {
            epoch: Epoch::new(6_100_000),
            network_time: Epochs::new(3_300_000),
            burnt: AttoFil::from_fil(41_000_000),
            reserve_disbursed: AttoFil::from_fil(17_000_000),
        },
        background: Background {
            points: vec![Point {
                at: Epoch::new(6_100_000),
                power: PowerPair { raw: Power::new(10 * EIB), qa: Power::new(60 * EIB) },
                pledge: AttoFil::from_fil(140_000_000),
                circulating: AttoFil::from_fil(700_000_000),
            }],
            miners: 600,
        },
    }
}

/// A chain, its draws, and what happened.
pub struct Net {
    pub config: ChainConfig,
    pub chain: Chain,
    pub draws: Draws,
    pub ends: Vec<(MinerId, DeadlineEnd)>,
    /// Whether everything is checked after every epoch.
    pub check: bool,
    /// Whether elections are held.
    pub elections: bool,
}

/// The first miner.
pub const MINER: MinerId = MinerId(0);

impl Net {
    /// A chain with so many miners, each with a thousand FIL in its actor.
    pub fn new(config: ChainConfig, miners: u64, seed: u64) -> Self {
        let draws = Draws::new(seed, 0);
        let entities: Vec<Entity> = (0..miners).map(|miner| Entity::named("miners").member(miner)).collect();
        let mut chain = Chain::new(&config, &entities, &draws);
        for miner in (0..miners as u32).map(MinerId) {
            let capital = AttoFil::from_fil(1_000);
            chain.transfer(Account::Holders, Account::Miner(miner), capital, Reason::Capital);
        }
        Net { config, chain, draws, ends: Vec::new(), check: true, elections: false }
    }

    /// The present epoch.
    pub fn now(&self) -> Epoch {
        self.chain.now()
    }

    /// Ends the present epoch.
    pub fn end_epoch(&mut self) {
        if self.elections {
            let wins = self.chain.elections(&self.config, &self.draws);
            for (miner, count) in wins.miners {
                self.chain.award(&self.config, miner, count);
            }
            self.chain.award_rest(&self.config, wins.rest);
        }
        self.chain.end_epoch(&self.config, &mut self.ends);
        if self.check {
            self.assert_sound();
        }
    }

    /// Everything that must hold at the end of any epoch.
    pub fn assert_sound(&self) {
        let mut broken = Vec::new();
        self.chain.check(0..self.chain.miners().len(), &mut broken);
        assert!(broken.is_empty(), "at {}: {broken:?}", self.now());
    }

    /// Ends epochs until `until` begins.
    pub fn run_to(&mut self, until: Epoch) {
        while self.now() < until {
            self.end_epoch();
        }
    }

    /// A sector of the first miner.
    pub fn sector(&self, number: u64) -> &Sector {
        self.chain.miner(MINER).holdings().sector(SectorNumber(number)).expect("the sector was committed")
    }

    /// Where a sector of the first miner stands.
    pub fn standing(&self, number: u64) -> Standing {
        self.sector(number).standing
    }

    /// Balance of the first miner's actor.
    pub fn balance(&self) -> AttoFil {
        self.chain.ledger().balance(Account::Miner(MINER))
    }

    /// All that the first miner ever burnt for a reason, its books never having been closed.
    pub fn burnt(&self, reason: Reason) -> AttoFil {
        -self.chain.ledger().open_book(MINER).of(reason)
    }

    /// What a sector is pre-committed with, by default the shortest life.
    pub fn info(&self, number: u64) -> PreCommitInfo {
        let policy = &self.config.policy;
        PreCommitInfo {
            number: SectorNumber(number),
            ticket: self.now() - Epochs::ONE,
            expiration: self.now() + policy.max_prove_commit_duration + policy.min_sector_lifetime,
            contents: Contents::default(),
            comm_r: Node::ZERO,
        }
    }

    /// Pre-commits and proves sectors of the first miner; they are unproven then.
    pub fn commit(&mut self, numbers: std::ops::Range<u64>) {
        let infos: Vec<PreCommitInfo> = numbers.clone().map(|number| self.info(number)).collect();
        self.chain.pre_commit(&self.config, MINER, &infos).expect("a good pre-commit");
        self.run_to(self.now() + Epochs::new(151));
        let proofs: Vec<_> = numbers.map(|number| (SectorNumber(number), Checked(true))).collect();
        self.chain.prove_commit(&self.config, MINER, &proofs).expect("a good proof");
    }

    /// The deadline of a sector, next to open or open.
    pub fn deadline_of(&self, number: u64) -> Deadline {
        self.chain.miner(MINER).holdings().calendar().next(self.sector(number).deadline, self.now())
    }

    /// Runs into the next instance of a sector's deadline and proves its partition, leaving sectors out.
    pub fn prove(&mut self, number: u64, skipped: &[u64]) -> Result<(), Refusal> {
        self.prove_with(number, skipped, Checked(true))
    }

    /// The same with a proof of which somebody found out whether it holds.
    pub fn prove_with(&mut self, number: u64, skipped: &[u64], holds: Checked) -> Result<(), Refusal> {
        let deadline = self.deadline_of(number);
        self.run_to(deadline.open.max(self.now()));
        let proof = PartitionProof {
            partition: self.sector(number).partition,
            skipped: skipped.iter().map(|&number| SectorNumber(number)).collect(),
        };
        self.chain.submit_window_post(&self.config, MINER, deadline.index, &[proof], holds)
    }

    /// Runs past the end of the open deadline of a sector, or of the next one.
    pub fn end_deadline(&mut self, number: u64) {
        let close = self.deadline_of(number).close;
        self.run_to(close);
    }

    /// Proves a sector's partition and ends the deadline, so many times.
    pub fn prove_days(&mut self, number: u64, days: usize) {
        for _ in 0..days {
            self.prove(number, &[]).expect("a good proof");
            self.end_deadline(number);
        }
    }
}

/// An operator that does everything right.
pub fn honest(sectors: u64) -> OperatorConfig {
    OperatorConfig {
        sectors,
        batch: sectors,
        interval: Epochs::from_days(1),
        spread: Epochs::from_days(1),
        sealing: Epochs::from_hours(4),
        commitment: Epochs::from_days(200),
        extension: None,
        verified: Prob::new(0, 1),
        fill_after: None,
        non_interactive: false,
        disk_failure_rate: 0.0,
        sectors_per_disk: 1,
        on_loss: OnLoss::Declare,
        repair: None,
        capital: AttoFil::from_fil(100),
        cushion: AttoFil::ZERO,
        conduct: Conduct::default(),
    }
}

/// Chain and operators, wired without a world.
pub struct Crowd {
    pub net: Net,
    pub operators: Vec<(OperatorConfig, Operator)>,
}

impl Crowd {
    /// Operators of these plans.
    pub fn new(config: ChainConfig, plans: &[OperatorConfig], seed: u64) -> Self {
        let net = Net::new(config, plans.len() as u64, seed);
        let operator = |(number, plan): (usize, &OperatorConfig)| {
            let entity = Entity::named("miners").member(number as u64);
            (plan.clone(), Operator::new(plan, entity, net.now(), &net.draws))
        };
        let operators = plans.iter().enumerate().map(operator).collect();
        Crowd { net, operators }
    }

    /// Runs to an epoch, everybody doing what they do.
    pub fn run_to(&mut self, until: Epoch) {
        while self.net.now() < until {
            for place in 0..self.operators.len() {
                if self.operators[place].1.next_wake().is_some_and(|at| at <= self.net.now()) {
                    self.wake(MinerId(place as u32));
                }
            }
            self.net.end_epoch();
        }
    }

    fn wake(&mut self, id: MinerId) {
        let (plan, operator) = &mut self.operators[id.index()];
        let Net { config, chain, draws, .. } = &mut self.net;
        let mut wishes = Vec::new();
        let own = chain.miner(id).clone();
        let balance = chain.ledger().balance(Account::Miner(id));
        let seen = View {
            now: chain.now(),
            miner: &own,
            balance,
            policy: &config.policy,
            sector_size: config.sector_size,
            family: ProofFamily::SdrPoseidon,
            draws,
        };
        operator.wake(plan, &seen, &mut wishes);
        for wish in wishes {
            let has = |number: &SectorNumber| operator.has(*number, plan);
            let answer = match &wish {
                Wish::Seal(..) | Wish::TopUp(_) | Wish::Lose(_) | Wish::Restore(_) | Wish::Discard(_) => {
                    Ok(())
                }
                Wish::Create => {
                    // The crowd keeps its money in its actors.
                    let wallet = Account::Wallet(id);
                    chain.transfer(Account::Holders, wallet, AttoFil::from_fil(100), Reason::Capital);
                    chain.create_miner(config, id)
                }
                Wish::PreCommit(infos) => chain.pre_commit(config, id, infos),
                Wish::ProveCommit(numbers) => {
                    let proofs: Vec<_> =
                        numbers.iter().map(|number| (*number, Checked(has(number)))).collect();
                    chain.prove_commit(config, id, &proofs)
                }
                Wish::ProveCommitNi(infos, deadline) => {
                    let proofs: Vec<_> =
                        infos.iter().map(|info| (*info, Checked(has(&info.number)))).collect();
                    chain.prove_commit_ni(config, id, &proofs, *deadline)
                }
                Wish::WindowPost(deadline, proofs) => {
                    chain.submit_window_post(config, id, *deadline, proofs, Checked(true))
                }
                Wish::DeclareFaults(deadline, sectors) => {
                    chain.declare_faults(config, id, *deadline, sectors)
                }
                Wish::DeclareRecoveries(deadline, sectors) => {
                    chain.declare_recoveries(config, id, *deadline, sectors)
                }
                Wish::Fill(number, contents) => {
                    let holds = Checked(has(number));
                    chain.update_replica(config, id, *number, *contents, Node([1; 32]), holds)
                }
                Wish::Extend(sectors, until) => chain.extend(config, id, sectors, *until),
            };
            let own = chain.miner(id).clone();
            let balance = chain.ledger().balance(Account::Miner(id));
            let heard = View {
                now: chain.now(),
                miner: &own,
                balance,
                policy: &config.policy,
                sector_size: config.sector_size,
                family: ProofFamily::SdrPoseidon,
                draws,
            };
            operator.heard(&wish, &answer, plan, &heard);
        }
    }
}
