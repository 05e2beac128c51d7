//! The tables of a Filecoin run: miners, their days, their sectors, the network.

use super::World;
use super::deals::{Agreement, Piece};
use super::filecoin::FilecoinWorld;
use super::filecoin_days::MinerDay;
use crate::config::FilecoinConfig;
use crate::filecoin::ledger::Reason;
use crate::filecoin::miner::sector::{Ending, Sector, Standing};
use crate::ids::MinerId;
use crate::tables;
use crate::units::{AttoFil, Epoch, Epochs};
use sim_core::record::Recorder;
use sim_core::time::SimTime;

impl World {
    /// Writes the tables of the chain, if there is one.
    pub(crate) fn write_filecoin(&self, out: &mut impl Recorder) {
        let (Some(config), Some(filecoin)) = (&self.config.filecoin, &self.filecoin) else { return };
        filecoin.write_miners(config, out);
        filecoin.write_days(out);
        filecoin.write_sectors(config, out);
        filecoin.write_network(out);
        filecoin.write_deals(config, out);
        filecoin.write_files(config, out);
        filecoin.write_clients(out);
    }
}

/// Gains and losses over a run.
#[derive(Clone, Copy, Default)]
struct Totals {
    capital: AttoFil,
    reward: AttoFil,
    gas: AttoFil,
    daily: AttoFil,
    fault: AttoFil,
    termination: AttoFil,
    other: AttoFil,
}

impl Totals {
    fn add(&mut self, day: &MinerDay) {
        let of = |reason| day.book.of(reason);
        self.capital += of(Reason::Capital);
        self.reward += of(Reason::BlockReward);
        self.gas += -(of(Reason::GasBurn) + of(Reason::Tip));
        self.daily += -of(Reason::DailyFee);
        self.fault += -of(Reason::FaultFee);
        self.termination += -of(Reason::TerminationFee);
        self.other += -(of(Reason::MissedPreCommit) + invalid_post(day) + consensus_fault(day));
    }
}

/// What wrong proofs cost, burnt and to whoever reported them.
fn invalid_post(day: &MinerDay) -> AttoFil {
    day.book.of(Reason::InvalidPost) + day.book.of(Reason::ReporterReward)
}

/// What consensus faults cost, burnt and to whoever reported them.
fn consensus_fault(day: &MinerDay) -> AttoFil {
    day.book.of(Reason::ConsensusFault) + day.book.of(Reason::FaultReporter)
}

/// Provider collateral that was burnt.
fn deal_penalty(day: &MinerDay) -> AttoFil {
    day.book.of(Reason::DealSlash) + day.book.of(Reason::MissedActivation)
}

/// Sectors of a miner by where they stand.
#[derive(Clone, Copy, Default)]
struct Standings {
    all: u64,
    active: u64,
    faulty: u64,
    expired: u64,
    ended_early: u64,
}

impl Standings {
    fn add(mut self, sector: &Sector) -> Self {
        self.all += 1;
        match sector.standing {
            Standing::Unproven => {}
            Standing::Active => self.active += 1,
            Standing::Faulty | Standing::Recovering => self.faulty += 1,
            Standing::Ended(Ending::Expired) => self.expired += 1,
            Standing::Ended(Ending::Terminated | Ending::FaultyTooLong) => self.ended_early += 1,
        }
        self
    }
}

impl FilecoinWorld {
    fn write_miners(&self, config: &FilecoinConfig, out: &mut impl Recorder) {
        let mut totals = vec![Totals::default(); self.miners.len()];
        let mut closing = vec![AttoFil::ZERO; self.miners.len()];
        for day in self.miner_days.iter() {
            totals[day.miner.index()].add(&day);
            closing[day.miner.index()] = day.closing;
        }
        for (index, miner) in self.miners.iter().enumerate() {
            let id = MinerId(index as u32);
            let actor = self.chain.miner(id);
            let standings = actor.holdings().sectors().fold(Standings::default(), Standings::add);
            let (claim, totals) = (self.chain.claims().claim(id), &totals[index]);
            let attempts = self.vault.attempts(id);
            out.row(
                &tables::MINERS,
                &[
                    (&miner.name).into(),
                    (&config.groups[miner.group].name).into(),
                    standings.all.into(),
                    standings.active.into(),
                    standings.faulty.into(),
                    standings.expired.into(),
                    standings.ended_early.into(),
                    claim.raw.bytes().into(),
                    claim.qa.bytes().into(),
                    closing[index].atto().into(),
                    totals.capital.atto().into(),
                    totals.reward.atto().into(),
                    totals.gas.atto().into(),
                    totals.daily.atto().into(),
                    totals.fault.atto().into(),
                    totals.termination.atto().into(),
                    totals.other.atto().into(),
                    actor.funds().pledge.atto().into(),
                    actor.funds().locked().atto().into(),
                    actor.funds().debt().atto().into(),
                    attempts.asked.into(),
                    attempts.lost.into(),
                    attempts.wrong.into(),
                    attempts.late.into(),
                ],
            );
        }
    }

    fn write_days(&self, out: &mut impl Recorder) {
        for day in self.miner_days.iter() {
            let of = |reason| day.book.of(reason).atto().into();
            let residual = day.closing - day.opening - day.book.sum();
            out.row(
                &tables::MINER_DAYS,
                &[
                    day.day.into(),
                    (&self.miners[day.miner.index()].name).into(),
                    day.opening.atto().into(),
                    of(Reason::Capital),
                    of(Reason::BlockReward),
                    of(Reason::GasBurn),
                    of(Reason::Tip),
                    of(Reason::DailyFee),
                    of(Reason::FaultFee),
                    of(Reason::TerminationFee),
                    of(Reason::MissedPreCommit),
                    invalid_post(&day).atto().into(),
                    consensus_fault(&day).atto().into(),
                    day.closing.atto().into(),
                    residual.atto().into(),
                    day.book.between.atto().into(),
                    day.wallet.atto().into(),
                    day.deposits.atto().into(),
                    day.pledge.atto().into(),
                    day.locked.atto().into(),
                    day.debt.atto().into(),
                    of(Reason::DealPayment),
                    deal_penalty(&day).atto().into(),
                    day.escrow.atto().into(),
                    day.claim.raw.bytes().into(),
                    day.claim.qa.bytes().into(),
                    day.active.into(),
                ],
            );
        }
    }

    fn write_sectors(&self, config: &FilecoinConfig, out: &mut impl Recorder) {
        let (first, now) = (config.chain.start.epoch, self.chain.now());
        let at = |epoch: Epoch| -> SimTime { epoch.begins(first) };
        for (actor, miner) in self.actors().iter().zip(&self.miners) {
            for sector in actor.holdings().sectors() {
                let lasting = sector.faulty_since.map_or(0, |since| (now - since).count());
                out.row(
                    &tables::SECTORS,
                    &[
                        (&miner.name).into(),
                        sector.number.0.into(),
                        u32::from(sector.deadline).into(),
                        sector.partition.into(),
                        sector.standing.name().into(),
                        at(sector.activation).into(),
                        sector.first_proven.map(at).into(),
                        i128::from(sector.expiration.height()).into(),
                        sector.ended.map(at).into(),
                        Epochs::new(sector.faulty_epochs + lasting).span().into(),
                        sector.power.raw.bytes().into(),
                        sector.power.qa.bytes().into(),
                        sector.pledge.atto().into(),
                        sector.daily_fee.atto().into(),
                    ],
                );
            }
        }
    }

    fn write_network(&self, out: &mut impl Recorder) {
        for day in &self.network_days {
            out.row(
                &tables::NETWORK,
                &[
                    day.at.into(),
                    i128::from(day.epoch.height()).into(),
                    day.power.raw.bytes().into(),
                    day.power.qa.bytes().into(),
                    day.simulated.raw.bytes().into(),
                    day.simulated.qa.bytes().into(),
                    day.baseline.bytes().into(),
                    day.smoothed_power.into(),
                    day.reward.atto().into(),
                    day.smoothed_reward.into(),
                    day.mined.atto().into(),
                    day.burnt.atto().into(),
                    day.pledge.atto().into(),
                    day.circulating.atto().into(),
                    day.new_sector.pledge.atto().into(),
                    day.new_sector.deposit.atto().into(),
                    day.new_sector.day_reward.atto().into(),
                    day.new_sector.day_fee.atto().into(),
                    day.base_fee.atto().into(),
                    day.to_services.atto().into(),
                    day.null_rounds.into(),
                    day.wins.into(),
                    day.rest_wins.into(),
                    day.lost_wins.into(),
                ],
            );
        }
    }

    fn write_deals(&self, config: &FilecoinConfig, out: &mut impl Recorder) {
        let at = |epoch: Epoch| -> SimTime { epoch.begins(config.chain.start.epoch) };
        let deals = &self.deals;
        for agreement in &deals.agreements {
            let piece = &deals.pieces[agreement.piece.index()];
            let proposal = agreement.proposal.as_ref();
            out.row(
                &tables::DEALS,
                &[
                    (&deals.clients[piece.client.index()].name).into(),
                    agreement.piece.0.into(),
                    agreement.purpose.name().into(),
                    agreement.miner.map(|id| &self.miners[id.index()].name).into(),
                    agreement.sector.map(|sector| sector.0).into(),
                    piece.size.into(),
                    piece.verified.into(),
                    agreement.stage.name().into(),
                    agreement.stage.reason().map(|reason| reason.name()).into(),
                    agreement.rate.map(AttoFil::atto).into(),
                    proposal.map(|proposal| proposal.price.atto()).into(),
                    at(agreement.agreed).into(),
                    agreement.received.map(at).into(),
                    agreement.published.map(at).into(),
                    agreement.active.map(at).into(),
                    proposal.map(|proposal| at(proposal.start)).into(),
                    proposal.map(|proposal| at(proposal.end)).into(),
                    agreement.ended.map(at).into(),
                    self.paid_so_far(agreement).atto().into(),
                    agreement.returned.atto().into(),
                    agreement.burnt.atto().into(),
                ],
            );
        }
    }

    /// What a deal's client has paid for it, settled or over.
    pub(crate) fn paid_so_far(&self, agreement: &Agreement) -> AttoFil {
        let running = agreement.deal.and_then(|deal| self.chain.market().deal(deal));
        running.map_or(agreement.paid, |deal| deal.paid)
    }

    fn write_files(&self, config: &FilecoinConfig, out: &mut impl Recorder) {
        let at = |epoch: Epoch| -> SimTime { epoch.begins(config.chain.start.epoch) };
        for file in &self.deals.files {
            let piece = file.piece.map(|piece| &self.deals.pieces[piece.index()]);
            let of = |instant: fn(&Piece) -> Option<Epoch>| piece.and_then(instant).map(at);
            out.row(
                &tables::FILES,
                &[
                    (&self.deals.clients[file.client.index()].name).into(),
                    file.number.into(),
                    file.size.into(),
                    file.piece.map(|piece| piece.0).into(),
                    at(file.arrived).into(),
                    of(|piece| piece.held).into(),
                    of(|piece| piece.protected).into(),
                    file.lost.map(at).or(of(|piece| piece.lost)).into(),
                    piece.map_or(file.lost.is_none(), |piece| piece.own).into(),
                    piece.map_or(0, |piece| piece.copies.len()).into(),
                ],
            );
        }
    }

    fn write_clients(&self, out: &mut impl Recorder) {
        for day in self.deals.client_days.iter() {
            let of = |reason| day.book.of(reason).atto().into();
            let residual = day.closing - day.opening - day.book.sum();
            out.row(
                &tables::CLIENTS,
                &[
                    day.day.into(),
                    (&self.deals.clients[day.client.index()].name).into(),
                    day.opening.atto().into(),
                    of(Reason::Capital),
                    of(Reason::DealPayment),
                    of(Reason::Yield),
                    day.closing.atto().into(),
                    residual.atto().into(),
                    day.wallet.atto().into(),
                    day.escrow.atto().into(),
                    day.locked.atto().into(),
                ],
            );
        }
    }
}
