//! How long does the network's own proofs library take to seal the same 2 KiB sector, and does it seal the same bytes?
//!
//! Seals the same payload with filecoin-proofs 19.1 and with `models::filecoin::proofs`, compares CommD and CommR, and
//! prints CPU seconds of both in turns. The library works through files; `TMPDIR` on a memory file system keeps disks out
//! of the figure. One worker thread, parents' cache in a folder of its own:
//!
//! ```text
//! cd benches/reference-proofs
//! export RAYON_NUM_THREADS=1 TMPDIR=/dev/shm FIL_PROOFS_PARENT_CACHE=/dev/shm/parents
//! cargo run --release --locked --target-dir ../../target/reference-proofs
//! ```

use anyhow::{Context, Result, ensure};
use filecoin_proofs::{
    PoRepConfig, SECTOR_SIZE_2_KIB, SectorShape2KiB, UnpaddedBytesAmount, add_piece, seal_pre_commit_phase1,
    seal_pre_commit_phase2,
};
use models::filecoin::piece::layout::assemble_payloads;
use models::filecoin::piece::size::SectorSize;
use models::filecoin::proofs::family::ProofFamily;
use models::filecoin::proofs::graph::Graphs;
use models::filecoin::proofs::identity::{PorepId, ProverId, SealIdentity, SectorNumber, Ticket};
use models::filecoin::proofs::seal::Sealer;
use std::fs::{self, File};
use std::hint::black_box;
use storage_proofs_core::api_version::ApiVersion;
use storage_proofs_core::sector::SectorId;

const ROUNDS: usize = 9;
const SEALS: u64 = 20;

/// CommD and CommR.
type Commitments = ([u8; 32], [u8; 32]);

fn payload(sector: u64) -> Vec<u8> {
    (0..2032u64).map(|i| (i.wrapping_mul(2_654_435_761) ^ sector.wrapping_mul(97)) as u8).collect()
}

fn identity(sector: u64) -> SealIdentity {
    SealIdentity {
        prover: ProverId::of_actor(1000),
        sector: SectorNumber(sector),
        ticket: Ticket([7; 32]),
        porep_id: PorepId::of_size(SectorSize::TwoKib),
    }
}

/// The library: payload into a staged file, then both phases.
fn by_library(sector: u64) -> Result<Commitments> {
    let identity = identity(sector);
    let config = PoRepConfig::new_groth16(SECTOR_SIZE_2_KIB, identity.porep_id.0, ApiVersion::V1_1_0);
    let folder = tempfile::tempdir()?;
    let path = |name: &str| folder.path().join(name);
    fs::create_dir(path("cache"))?;
    File::create(path("sealed"))?;
    let mut staged = File::create(path("staged"))?;
    let payload = payload(sector);
    let (piece, _) = add_piece(payload.as_slice(), &mut staged, UnpaddedBytesAmount(2032), &[])?;
    let phase1 = seal_pre_commit_phase1::<_, _, _, SectorShape2KiB>(
        &config,
        path("cache"),
        path("staged"),
        path("sealed"),
        *identity.prover.as_bytes(),
        SectorId::from(sector),
        identity.ticket.0,
        &[piece],
    )?;
    let output = seal_pre_commit_phase2(&config, phase1, path("cache"), path("sealed"))?;
    Ok((output.comm_d, output.comm_r))
}

fn by_us(sealer: &Sealer, sector: u64) -> Commitments {
    let (data, _) = assemble_payloads(SectorSize::TwoKib.height(), &[payload(sector)]).expect("it fits");
    let sealed = sealer.seal(identity(sector), data).expect("data of fr32");
    (sealed.comm_d().0, sealed.comm_r().0)
}

/// CPU time of this process with all its threads, in seconds: fields 14 and 15 of its account, in hundredths.
fn cpu_seconds() -> Result<f64> {
    let account = fs::read_to_string("/proc/self/stat")?;
    let (_, after_name) = account.rsplit_once(')').context("the name is in brackets")?;
    let ticks = after_name.split_whitespace().skip(11).take(2).map(str::parse::<u64>);
    Ok(ticks.sum::<Result<u64, _>>()? as f64 / 100.0)
}

fn main() -> Result<()> {
    let sealer = Sealer::new(ProofFamily::SdrPoseidon, SectorSize::TwoKib, &mut Graphs::default());
    for sector in 0..5 {
        ensure!(by_library(sector)? == by_us(&sealer, sector), "sector {sector} is sealed differently");
    }
    println!("5 sectors: the same CommD and CommR");
    let (mut library, mut ours) = (Vec::new(), Vec::new());
    for round in 0..ROUNDS as u64 {
        let before = cpu_seconds()?;
        (0..SEALS).try_for_each(|sector| by_library(round * SEALS + sector).map(drop))?;
        let between = cpu_seconds()?;
        // Ten times as many: the account counts in hundredths of a second.
        for sector in 0..10 * SEALS {
            black_box(by_us(&sealer, sector));
        }
        library.push((between - before) / SEALS as f64);
        ours.push((cpu_seconds()? - between) / (10 * SEALS) as f64);
    }
    let median = |times: &mut Vec<f64>| {
        times.sort_by(f64::total_cmp);
        1e3 * times[times.len() / 2]
    };
    let (library, ours) = (median(&mut library), median(&mut ours));
    println!("CPU time of a seal, median of {ROUNDS} rounds in turns");
    println!("filecoin-proofs {library:.2} ms, ours {ours:.2} ms, ratio {:.2}", library / ours);
    Ok(())
}
