//! The Filecoin side of a world: ends epochs, wakes operators, carries out what they wish, keeps the books by day (`filecoin_days`).
//!
//! ```text
//!   EpochEnds      at the last nanosecond of an epoch: elections, blocks, deadlines, the next epoch begins
//!   OperatorWakes  at the first nanosecond of an epoch: an operator's agenda is due; its messages are of that epoch
//!   ClientWakes    the same of a client of storage (`deals`)
//! ```
//!
//! Miners are no nodes: they have entities of their own behind the nodes and the observer, so that a world may have
//! either kind alone. Messages between an operator and the chain take no time on the network and are executed in the
//! epoch in which they are sent.
//!
//! A message that is refused for want of money is sent once more after the operator has put in what is missing, if its
//! wallet has it. Tips go to the rest of the network, also in epochs in which a simulated miner wins: left out, as they
//! are some thousandths of a reward. Proofs that do not hold are disputed by whoever watches the chain when their deadline has closed.

use super::World;
use super::deals::DealsWorld;
use super::filecoin_days::{MinerDay, NetworkDay};
use super::filecoin_forecast::Ahead;
use crate::agents::conduct::Keeps;
use crate::agents::storage_miner::{Operator, OperatorConfig, View, Wish};
use crate::config::FilecoinConfig;
use crate::filecoin::base_fee::BaseFee;
use crate::filecoin::chain::Chain;
use crate::filecoin::consensus_fault::Blocks;
use crate::filecoin::forecast::outset::Outset;
use crate::filecoin::gas::{MessageGas, settle_gas};
use crate::filecoin::ledger::{Account, Reason};
use crate::filecoin::miner::{Checked, DeadlineEnd, MinerActor, Refusal};
use crate::filecoin::vault::{Claimed, Kept, Vault};
use crate::ids::{ClientId, MinerId};
use crate::packed::Packed;
use crate::provenance::{Archive, Came};
use crate::registry::Event;
use crate::units::{AttoFil, EPOCHS_PER_DAY, Epoch, Epochs};
use serde::{Deserialize, Serialize};
use sim_core::draws::{Draws, Entity};
use sim_core::engine::Cx;
use sim_core::queue::Handle;
use sim_core::time::{SimSpan, SimTime};
use std::sync::Arc;

/// A simulated miner.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Miner {
    /// `group/number`.
    pub(crate) name: String,
    /// Number of its group.
    pub(crate) group: usize,
    pub(super) operator: Operator,
    /// The operator's next wake-up.
    wake: Option<(Epoch, Handle)>,
    /// Wallet and actor together when the books were last closed.
    pub(super) opening: AttoFil,
    /// Whether anything ever happened to it.
    pub(super) is_known: bool,
}

/// Chain, miners and their bytes.
#[derive(Debug)]
pub(crate) struct FilecoinWorld {
    pub(crate) chain: Chain,
    pub(crate) miners: Vec<Miner>,
    pub(crate) vault: Vault,
    /// Blocks, where somebody commits consensus faults.
    blocks: Blocks,
    pub(crate) base_fee: BaseFee,
    pub(crate) miner_days: Packed<MinerDay>,
    pub(crate) network_days: Vec<NetworkDay>,
    /// Clients and the market side of miners.
    pub(crate) deals: DealsWorld,
    /// The macro model from a day on, once that has come.
    pub(crate) ahead: Option<Ahead>,
    /// Data in sectors.
    pub(crate) archive: Archive,
    /// Buffers that are used again and again.
    ends: Vec<(MinerId, DeadlineEnd)>,
    wishes: Vec<Wish>,
}

/// What of it is saved.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct FilecoinState {
    chain: Chain,
    miners: Vec<Miner>,
    kept: Kept,
    blocks: Blocks,
    base_fee: BaseFee,
    miner_days: Packed<MinerDay>,
    network_days: Vec<NetworkDay>,
    outset: Option<Outset>,
    archive: Archive,
    deals: DealsWorld,
}

impl FilecoinWorld {
    pub(crate) fn new(config: &FilecoinConfig, draws: &Draws) -> Self {
        let (mut miners, mut entities, mut seats) = (Vec::new(), Vec::new(), Vec::new());
        for (group, settings) in config.groups.iter().enumerate() {
            for member in 0..settings.count {
                let entity = Entity::named(&settings.name).member(u64::from(member));
                let first = config.chain.start.epoch;
                entities.push(entity);
                seats.push((group, entity));
                miners.push(Miner {
                    name: format!("{}/{member}", settings.name),
                    group,
                    operator: Operator::new(&settings.operator, entity, first, draws),
                    wake: None,
                    opening: AttoFil::ZERO,
                    is_known: false,
                });
            }
        }
        let deals = DealsWorld::new(&config.deals, &seats, config.chain.start.epoch, draws);
        let clients = deals.clients.len();
        FilecoinWorld {
            chain: Chain::new(&config.chain, &entities, draws).with_clients(clients),
            vault: Vault::new(&config.proofs, &entities),
            blocks: Blocks::default(),
            base_fee: BaseFee::new(config.gas.base_fee),
            miners,
            miner_days: Packed::default(),
            network_days: Vec::new(),
            deals,
            ahead: None,
            archive: Archive::default(),
            ends: Vec::new(),
            wishes: Vec::new(),
        }
    }

    /// Everything that the scenario does not say.
    pub(crate) fn state(&self) -> impl Serialize + '_ {
        #[derive(Serialize)]
        struct Borrowed<'a> {
            chain: &'a Chain,
            miners: &'a [Miner],
            kept: &'a Kept,
            blocks: &'a Blocks,
            base_fee: &'a BaseFee,
            miner_days: &'a Packed<MinerDay>,
            network_days: &'a [NetworkDay],
            outset: Option<Outset>,
            archive: &'a Archive,
            deals: &'a DealsWorld,
        }
        // Buffers are empty between events.
        let FilecoinWorld {
            chain,
            miners,
            vault,
            blocks,
            base_fee,
            miner_days,
            network_days,
            deals,
            ahead,
            archive,
            ends: _,
            wishes: _,
        } = self;
        // A forecast follows from where it begins.
        let outset = ahead.as_ref().map(|ahead| ahead.outset);
        Borrowed {
            chain,
            miners,
            kept: vault.kept(),
            blocks,
            base_fee,
            miner_days,
            network_days,
            outset,
            archive,
            deals,
        }
    }

    pub(crate) fn restore(config: &FilecoinConfig, state: FilecoinState) -> Self {
        FilecoinWorld {
            chain: state.chain,
            miners: state.miners,
            vault: Vault::with(&config.proofs, state.kept),
            blocks: state.blocks,
            base_fee: state.base_fee,
            miner_days: state.miner_days,
            network_days: state.network_days,
            deals: state.deals,
            ahead: state.outset.map(|outset| Ahead::new(config, outset)),
            archive: state.archive,
            ends: Vec::new(),
            wishes: Vec::new(),
        }
    }

    pub(super) fn operator_config<'a>(&self, config: &'a FilecoinConfig, id: MinerId) -> &'a OperatorConfig {
        &config.groups[self.miners[id.index()].group].operator
    }

    /// Starts every miner with the money that its operator has.
    fn give_capital(&mut self, config: &FilecoinConfig) {
        for id in (0..self.miners.len() as u32).map(MinerId) {
            let capital = self.operator_config(config, id).capital;
            self.chain.transfer(Account::Holders, Account::Wallet(id), capital, Reason::Capital);
        }
    }

    /// An operator's agenda is due.
    fn wake(&mut self, config: &FilecoinConfig, id: MinerId, draws: &Draws) {
        let mut wishes = std::mem::take(&mut self.wishes);
        let plans = self.operator_config(config, id);
        self.miners[id.index()].is_known = true;
        self.serve_deals(config, id, draws, &mut wishes);
        let view = view(&self.chain, config, id, draws);
        self.miners[id.index()].operator.wake(plans, &view, &mut wishes);
        for wish in wishes.drain(..) {
            let (wish, answer) = match wish {
                Wish::WindowPost(deadline, proofs) => self.prove(config, id, deadline, proofs, draws),
                wish => {
                    let answer = self.carry_out(config, id, &wish, draws);
                    (wish, answer)
                }
            };
            let view = self::view(&self.chain, config, id, draws);
            self.miners[id.index()].operator.heard(&wish, &answer, plans, &view);
            self.deals_heard(config, id, &wish, &answer);
        }
        self.wishes = wishes;
        self.deals_over(config);
        self.deals.stirred_miners.insert(id);
    }

    fn carry_out(
        &mut self,
        config: &FilecoinConfig,
        id: MinerId,
        wish: &Wish,
        draws: &Draws,
    ) -> Result<(), Refusal> {
        match wish {
            Wish::Seal(sectors, ticket) => {
                if self.conduct(config, id).keeps != Keeps::Borrowed {
                    self.vault.seal(id, sectors, *ticket, draws);
                }
            }
            Wish::TopUp(amount) => {
                let (wallet, actor) = (Account::Wallet(id), Account::Miner(id));
                let amount = (*amount).min(self.chain.ledger().balance(wallet));
                self.chain.transfer(wallet, actor, amount, Reason::TopUp);
            }
            Wish::Create => return self.chain.create_miner(&config.chain, id),
            Wish::Lose(sectors) => {
                self.vault.lose(id, sectors);
                self.data_lost(config, id, sectors);
            }
            Wish::Restore(sectors) => {
                self.vault.restore(id, sectors);
                self.data_restored(id, sectors);
            }
            Wish::Discard(sectors) => self.discard(config, id, sectors),
            Wish::PreCommit(infos) => {
                let infos: Vec<_> =
                    infos.iter().map(|info| self.with_comm_r(config, id, *info, draws)).collect();
                self.pay_gas(config, id, config.gas.pre_commit, infos.len());
                return self.with_funds(id, |chain| chain.pre_commit(&config.chain, id, &infos));
            }
            Wish::ProveCommit(sectors) => {
                let proofs: Vec<_> =
                    sectors.iter().map(|sector| (*sector, self.porep(config, id, *sector, draws))).collect();
                self.pay_gas(config, id, config.gas.prove_commit, sectors.len());
                let manifests = self.manifests(id, sectors);
                self.with_funds(id, |chain| match manifests.is_empty() {
                    true => chain.prove_commit(&config.chain, id, &proofs),
                    false => chain.prove_commit_with(&config.chain, id, &proofs, &manifests),
                })?;
                self.data_came(config, id, sectors, |until| Came::Onboarded { until });
            }
            Wish::ProveCommitNi(infos, deadline) => {
                let prover = self.prover(config, id);
                let mut proofs = Vec::with_capacity(infos.len());
                for info in infos {
                    let info = self.with_comm_r(config, id, *info, draws);
                    let claimed = Claimed { sector: info.number, comm_r: info.comm_r };
                    let holds = self.vault.porep(prover, claimed, info.ticket, None, draws);
                    proofs.push((info, Checked(holds)));
                }
                self.pay_gas(config, id, config.gas.prove_commit, infos.len());
                return self
                    .with_funds(id, |chain| chain.prove_commit_ni(&config.chain, id, &proofs, *deadline));
            }
            Wish::WindowPost(..) => unreachable!("proven before it is sent"),
            Wish::DeclareFaults(deadline, sectors) => {
                self.pay_gas(config, id, config.gas.declaration, 1);
                return self.chain.declare_faults(&config.chain, id, *deadline, sectors);
            }
            Wish::DeclareRecoveries(deadline, sectors) => {
                self.pay_gas(config, id, config.gas.declaration, 1);
                return self
                    .with_funds(id, |chain| chain.declare_recoveries(&config.chain, id, *deadline, sectors));
            }
            Wish::Fill(sector, contents) => return self.fill(config, id, *sector, *contents),
            Wish::Extend(sectors, until) => {
                self.pay_gas(config, id, config.gas.declaration, 1);
                return self.chain.extend(&config.chain, id, sectors, *until);
            }
        }
        Ok(())
    }

    /// What became of sectors with deals in them.
    fn deals_heard(
        &mut self,
        config: &FilecoinConfig,
        id: MinerId,
        wish: &Wish,
        answer: &Result<(), Refusal>,
    ) {
        match (wish, answer) {
            (Wish::Lose(sectors), _) => self.sectors_lost(config, id, sectors),
            (Wish::PreCommit(infos), Ok(())) => {
                infos.iter().for_each(|info| self.deals_sealed(id, info.number));
            }
            (Wish::ProveCommit(_), Err(Refusal::Funds { .. })) => {}
            (Wish::ProveCommit(sectors), answer) => self.deals_proven(config, id, sectors, answer.is_ok()),
            _ => {}
        }
    }

    /// Sends a message; if money is short, puts in what is missing and sends it once more.
    pub(super) fn with_funds(
        &mut self,
        id: MinerId,
        send: impl Fn(&mut Chain) -> Result<(), Refusal>,
    ) -> Result<(), Refusal> {
        let missing = match send(&mut self.chain) {
            Err(Refusal::Funds { needed, available }) => needed - available,
            Err(Refusal::Debt(debt)) => debt,
            answer => return answer,
        };
        let (wallet, actor) = (Account::Wallet(id), Account::Miner(id));
        if self.chain.ledger().balance(wallet) < missing {
            return Err(Refusal::Funds { needed: missing, available: self.chain.ledger().balance(wallet) });
        }
        self.chain.transfer(wallet, actor, missing, Reason::TopUp);
        send(&mut self.chain)
    }

    /// Gas of one message for so many sectors or partitions, times the weight: each stands for so many messages.
    pub(super) fn pay_gas(
        &mut self,
        config: &FilecoinConfig,
        id: MinerId,
        cost: crate::config::GasCost,
        items: usize,
    ) {
        let used = cost.message + cost.item * items as i64;
        let (base_fee, premium) = (self.base_fee.fee(), config.gas.premium);
        let gas = MessageGas { used, limit: used, fee_cap: base_fee + premium, premium };
        let outputs = settle_gas(&gas, base_fee);
        let weight = i64::from(config.chain.weight);
        if self.chain.pay_gas(id, outputs.burnt * weight, outputs.tip * weight) && config.gas.moves {
            self.base_fee.record(used * weight, premium);
        }
    }

    /// Elections and blocks of the present epoch, then its end.
    fn end_epoch(&mut self, config: &FilecoinConfig, draws: &Draws) {
        let now = self.chain.now();
        let wins = self.chain.elections(&config.chain, draws);
        let mut winners = Vec::with_capacity(wins.miners.len());
        // Whoever wins makes one block, however often it won; the rest is many miners, each of whom wins once.
        let mut blocks = i64::from(wins.rest);
        for (id, count) in wins.miners {
            if !self.can_prove_win(config, id, now, draws) {
                self.chain.miss(count);
            } else if self.chain.award(&config.chain, id, count) {
                winners.push((id, self.conduct(config, id).fault));
                blocks += 1;
            }
        }
        self.chain.award_rest(&config.chain, wins.rest);
        if config.groups.iter().any(|group| group.operator.conduct.fault.is_some()) {
            self.blocks.produce(now, &winners, wins.rest > 0);
            for fault in self.blocks.reports(now) {
                // Refused if the miner is excluded for another one already.
                let _ = self.chain.report_consensus_fault(&config.chain, &fault);
            }
        }
        if config.gas.moves {
            self.base_fee.end_epoch(&config.chain.policy, &config.gas.others, blocks);
        }
        let mut ends = std::mem::take(&mut self.ends);
        self.chain.end_epoch(&config.chain, &mut ends);
        for (id, end) in ends.drain(..) {
            self.data_ended(config, id, &end, now);
            for sectors in [&end.expired, &end.too_long, &end.given_up] {
                self.sectors_gone(config, id, sectors);
            }
            if let Some(deadline) = end.deadline {
                self.dispute(config, id, deadline);
            }
        }
        self.ends = ends;
        self.deals_over(config);
    }

    /// Whoever watches the chain disputes what does not hold.
    fn dispute(&mut self, config: &FilecoinConfig, id: MinerId, deadline: u16) {
        let proofs = self.chain.miner(id).holdings().disputable(deadline);
        if let Some(place) = proofs.iter().position(|proof| !proof.holds) {
            // Refused only if nothing is left to dispute.
            let _ = self.chain.dispute(&config.chain, id, deadline, place);
        }
    }

    /// Actors of all miners.
    pub(crate) fn actors(&self) -> &[MinerActor] {
        self.chain.miners()
    }
}

pub(super) fn view<'a>(
    chain: &'a Chain,
    config: &'a FilecoinConfig,
    id: MinerId,
    draws: &'a Draws,
) -> View<'a> {
    View {
        now: chain.now(),
        miner: chain.miner(id),
        balance: chain.ledger().balance(Account::Miner(id)),
        policy: &config.chain.policy,
        sector_size: config.chain.sector_size,
        family: config.proofs.family,
        draws,
    }
}

impl World {
    /// The entity whose events are the chain's: behind the nodes and the observer.
    pub(crate) fn chain_entity(&self) -> u32 {
        self.observer() + 1
    }

    /// The entity of a miner.
    fn miner_entity(&self, id: MinerId) -> u32 {
        self.chain_entity() + 1 + id.0
    }

    pub(crate) fn start_filecoin(&mut self, cx: &mut Cx<Event>) {
        let Some((config, mut filecoin)) = self.take_filecoin() else { return };
        filecoin.give_capital(&config);
        filecoin.open_clients(&config);
        filecoin.deals.stirred_miners.extend((0..filecoin.miners.len() as u32).map(MinerId));
        self.plan_stirred(&config, &mut filecoin, cx);
        self.filecoin = Some(filecoin);
        cx.schedule(epoch_end(SimTime::ZERO), self.chain_entity(), self.chain_entity(), Event::EpochEnds);
    }

    fn take_filecoin(&mut self) -> Option<(Arc<FilecoinConfig>, Box<FilecoinWorld>)> {
        Some((Arc::clone(self.config.filecoin.as_ref()?), self.filecoin.take()?))
    }

    /// Wakes of everybody whose agenda may have changed.
    fn plan_stirred(&self, config: &FilecoinConfig, filecoin: &mut FilecoinWorld, cx: &mut Cx<Event>) {
        for id in std::mem::take(&mut filecoin.deals.stirred_miners) {
            self.plan_wake(config, filecoin, id, cx);
        }
        for id in std::mem::take(&mut filecoin.deals.stirred_clients) {
            self.plan_client(config, filecoin, id, cx);
        }
    }

    /// The entity of a client of storage: behind the miners.
    fn client_entity(&self, filecoin: &FilecoinWorld, id: ClientId) -> u32 {
        self.chain_entity() + 1 + filecoin.miners.len() as u32 + id.0
    }

    fn plan_client(
        &self,
        config: &FilecoinConfig,
        filecoin: &mut FilecoinWorld,
        id: ClientId,
        cx: &mut Cx<Event>,
    ) {
        let entity = self.client_entity(filecoin, id);
        let next = filecoin.deals.next_client_wake(id);
        let wake = &mut filecoin.deals.clients[id.index()].wake;
        plan_at(wake, next, (config, entity, Event::ClientWakes), cx);
    }

    /// A client's agenda is due.
    pub(crate) fn client_wakes(&mut self, entity: u32, cx: &mut Cx<Event>) {
        let (config, mut filecoin) = self.take_filecoin().expect("only clients are woken");
        let id = ClientId(entity - self.client_entity(&filecoin, ClientId(0)));
        filecoin.deals.clients[id.index()].wake = None;
        filecoin.wake_client(&config, id, &self.draws);
        self.plan_stirred(&config, &mut filecoin, cx);
        self.filecoin = Some(filecoin);
    }

    fn plan_wake(
        &self,
        config: &FilecoinConfig,
        filecoin: &mut FilecoinWorld,
        id: MinerId,
        cx: &mut Cx<Event>,
    ) {
        let market = filecoin.deals.next_provider_wake(id);
        let miner = &mut filecoin.miners[id.index()];
        let next = miner.operator.next_wake().into_iter().chain(market).min();
        plan_at(&mut miner.wake, next, (config, self.miner_entity(id), Event::OperatorWakes), cx);
    }

    /// An operator's agenda is due.
    pub(crate) fn operator_wakes(&mut self, entity: u32, cx: &mut Cx<Event>) {
        let id = MinerId(entity - self.chain_entity() - 1);
        let (config, mut filecoin) = self.take_filecoin().expect("only miners are woken");
        filecoin.miners[id.index()].wake = None;
        filecoin.wake(&config, id, &self.draws);
        self.plan_stirred(&config, &mut filecoin, cx);
        self.filecoin = Some(filecoin);
    }

    /// An epoch ends, and the next one begins.
    pub(crate) fn epoch_ends(&mut self, cx: &mut Cx<Event>) {
        let (config, mut filecoin) = self.take_filecoin().expect("only a chain has epochs");
        filecoin.end_epoch(&config, &self.draws);
        self.plan_stirred(&config, &mut filecoin, cx);
        let elapsed = (filecoin.chain.now() - config.chain.start.epoch).count();
        if elapsed % EPOCHS_PER_DAY == 0 {
            let at = cx.now() + SimSpan::from_nanos(1);
            filecoin.close_day(&config, at, (elapsed / EPOCHS_PER_DAY) as u32);
        }
        self.filecoin = Some(filecoin);
        let entity = self.chain_entity();
        cx.schedule(epoch_end(cx.now() + SimSpan::from_nanos(1)), entity, entity, Event::EpochEnds);
    }

    /// Closes the books of a day that the end of the run cuts short.
    pub(crate) fn finish_filecoin(&mut self, end: SimTime) {
        let Some((config, mut filecoin)) = self.take_filecoin() else { return };
        let elapsed = (filecoin.chain.now() - config.chain.start.epoch).count();
        if elapsed % EPOCHS_PER_DAY != 0 {
            filecoin.close_day(&config, end, (elapsed / EPOCHS_PER_DAY + 1) as u32);
        }
        self.filecoin = Some(filecoin);
    }
}

/// Wakes somebody at another epoch than before, if it is another.
fn plan_at(
    wake: &mut Option<(Epoch, Handle)>,
    next: Option<Epoch>,
    (config, entity, event): (&FilecoinConfig, u32, Event),
    cx: &mut Cx<Event>,
) {
    if wake.map(|(epoch, _)| epoch) == next {
        return;
    }
    if let Some((_, handle)) = wake.take() {
        cx.cancel(handle);
    }
    *wake = next.map(|epoch| {
        let at = epoch.begins(config.chain.start.epoch).max(cx.now());
        (epoch, cx.schedule_cancellable(at, entity, entity, event))
    });
}

/// The last nanosecond of the epoch that begins at `start`.
pub(super) fn epoch_end(start: SimTime) -> SimTime {
    start + (Epochs::ONE.span() - SimSpan::from_nanos(1))
}
