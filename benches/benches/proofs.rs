//! What does sealing cost, and is an honest proof as good as free?
//!
//! A simulated network proves every sector every day, so what an honest answer and its check cost decides how many sectors
//! a run can have; sealing comes once a sector, and hashing only where somebody altered something. Sectors of 2 KiB, the
//! three families, honest answers beside the same answers hashed in full and beside altered ones, and CommP over 8 MiB
//! (1 MiB with `--test`). A table of CPU time comes first, since wall time on a busy machine says little; the commitments
//! are printed, so that nobody speeds it up by changing what it does.
//!
//! To hold, in CPU time on one core: a seal 3.5 ms, an honest WindowPoSt answer and its check 2 µs, WinningPoSt 5 µs.
//!
//! ```text
//! cargo bench -p benches --bench proofs
//! ```

use benches::random_bytes;
use criterion::{Criterion, criterion_group, criterion_main};
use models::filecoin::piece::commp::Piece;
use models::filecoin::piece::layout::assemble_payloads;
use models::filecoin::piece::node::Node;
use models::filecoin::piece::size::SectorSize;
use models::filecoin::proofs::family::ProofFamily;
use models::filecoin::proofs::graph::Graphs;
use models::filecoin::proofs::identity::{
    PorepId, PorepSeed, PostRandomness, ProverId, SealIdentity, SectorNumber, Ticket,
};
use models::filecoin::proofs::pdp::{CHALLENGES, ChallengeSeed, DataSet, PdpAnswer, PdpStore, piece_tree};
use models::filecoin::proofs::porep::{PorepAnswer, PorepKind, PorepStatement, verify_porep};
use models::filecoin::proofs::post::{PostAnswer, PostChallenge, PostKind, PostStatement, verify_post};
use models::filecoin::proofs::replica::Replica;
use models::filecoin::proofs::seal::Sealer;
use rustix::time::{ClockId, clock_gettime};
use std::hint::black_box;
use std::sync::Arc;

const SIZE: SectorSize = SectorSize::TwoKib;

/// A measured piece of work: name, calls a measurement, and what a call does.
struct Work<'a> {
    name: String,
    calls: u32,
    run: Box<dyn FnMut() + 'a>,
}

impl<'a> Work<'a> {
    fn new(name: impl Into<String>, calls: u32, run: impl FnMut() + 'a) -> Self {
        Work { name: name.into(), calls, run: Box::new(run) }
    }

    /// Median CPU time of a call over that many rounds, in µs.
    fn cpu_micros(&mut self, rounds: usize) -> f64 {
        let mut round = || {
            let before = cpu_seconds();
            (0..self.calls).for_each(|_| (self.run)());
            (cpu_seconds() - before) * 1e6 / f64::from(self.calls)
        };
        let mut times: Vec<f64> = (0..rounds).map(|_| round()).collect();
        times.sort_by(f64::total_cmp);
        times[rounds / 2]
    }
}

/// CPU time of this thread.
fn cpu_seconds() -> f64 {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}

fn sector(family: ProofFamily) -> (Sealer, SealIdentity, Vec<Node>) {
    let sealer = Sealer::new(family, SIZE, &mut Graphs::default());
    let identity = SealIdentity {
        prover: ProverId::of_actor(1000),
        sector: SectorNumber(1),
        ticket: Ticket([1; 32]),
        porep_id: PorepId::of_size(SIZE),
    };
    let data = assemble_payloads(SIZE.height(), &[random_bytes(1, 2032)]).expect("it fits").0;
    (sealer, identity, data)
}

fn of_family<'a>(family: ProofFamily) -> Vec<Work<'a>> {
    let (sealer, identity, data) = sector(family);
    let sealed = Arc::new(sealer.seal(identity, data.clone()).expect("data of fr32"));
    println!("{family}: CommR {}", sealed.comm_r());
    let mut work = Vec::new();
    let again = sealer.clone();
    work.push(Work::new(format!("{family}: seal"), 20, move || {
        black_box(again.seal(identity, data.clone()).expect("data of fr32"));
    }));
    let statement = PorepStatement {
        identity,
        comm_d: *sealed.comm_d(),
        comm_r: *sealed.comm_r(),
        kind: PorepKind::Interactive(PorepSeed([2; 32])),
    };
    let hashed = PorepAnswer::Computed(Box::new(
        PorepAnswer::OfSealing(Arc::clone(&sealed)).to_proof(&sealer, &statement),
    ));
    let (honest, prover) = (sealer.clone(), Arc::clone(&sealed));
    work.push(Work::new(format!("{family}: PoRep, honest, answer and check"), 10_000, move || {
        let answer = PorepAnswer::OfSealing(Arc::clone(&prover));
        verify_porep(&honest, &statement, &answer).expect("it is honest");
    }));
    work.push(Work::new(format!("{family}: PoRep, check by hashing"), 20, move || {
        verify_porep(&sealer, &statement, &hashed).expect("it is honest");
    }));
    for kind in [PostKind::Window, PostKind::Winning] {
        work.extend(post(family, &sealed, kind));
    }
    work
}

fn post<'a>(
    family: ProofFamily,
    sealed: &Arc<models::filecoin::proofs::seal::Sealed>,
    kind: PostKind,
) -> Vec<Work<'a>> {
    let statement = PostStatement { family, size: SIZE, comm_r: *sealed.comm_r() };
    let asked = move |day: u64| {
        let mut randomness = [3; 32];
        randomness[..8].copy_from_slice(&day.to_le_bytes());
        PostChallenge { kind, randomness: PostRandomness::of_chain(randomness), sector: SectorNumber(1) }
    };
    let whole = Replica::new(Arc::clone(sealed));
    let hashed = PostAnswer::computed(whole.answer(&asked(0)).expect("nothing is lost").to_proof());
    let mut altered = whole.clone();
    let leaf = asked(0).leaves(family, SIZE).first().copied().unwrap_or(0);
    altered.disk_mut().alter(leaf, Node::ZERO);
    let mut day = 0;
    vec![
        Work::new(format!("{family}: {kind:?}PoSt, honest, answer and check"), 10_000, move || {
            day += 1;
            let asked = asked(day);
            let answer = whole.answer(&asked).expect("nothing is lost");
            verify_post(&statement, &asked, black_box(&answer)).expect("it is honest");
        }),
        Work::new(format!("{family}: {kind:?}PoSt, check by hashing"), 50, move || {
            verify_post(&statement, &asked(0), black_box(&hashed)).expect("it is honest");
        }),
        Work::new(format!("{family}: {kind:?}PoSt, altered, answer and check"), 50, move || {
            let answer = altered.answer(&asked(0)).expect("nothing is lost");
            let _ = black_box(verify_post(&statement, &asked(0), &answer));
        }),
    ]
}

fn pdp<'a>() -> Vec<Work<'a>> {
    let payload = random_bytes(2, 2032);
    let (mut set, mut store) = (DataSet::new(1), PdpStore::default());
    set.add(&Piece::of(&payload));
    store.add(Arc::new(piece_tree(&payload)));
    set.next_period();
    let hashed = set.clone();
    let openings =
        store.answer(&set.challenges(&ChallengeSeed([4; 32]), CHALLENGES)).expect("nothing is lost");
    let openings = PdpAnswer::computed(openings.to_openings());
    let seed = |day: u64| {
        let mut seed = [4; 32];
        seed[..8].copy_from_slice(&day.to_le_bytes());
        ChallengeSeed(seed)
    };
    let mut day = 0;
    vec![
        Work::new("data set: tree of 2 KiB", 200, move || drop(black_box(piece_tree(&payload)))),
        Work::new("data set: PDP, honest, answer and check", 1_000, move || {
            day += 1;
            let answer = store.answer(&set.challenges(&seed(day), CHALLENGES)).expect("nothing is lost");
            set.verify(&seed(day), CHALLENGES, &answer).expect("it is honest");
        }),
        Work::new("data set: PDP, check by hashing", 200, move || {
            hashed.verify(&ChallengeSeed([4; 32]), CHALLENGES, &openings).expect("it is honest");
        }),
    ]
}

fn proofs(criterion: &mut Criterion) {
    let testing = std::env::args().any(|argument| argument == "--test");
    let bytes = if testing { 1 << 20 } else { 8 << 20 };
    let payload = random_bytes(3, bytes);
    println!("CommP of {bytes} bytes: {}", Piece::of(&payload).root);
    let mut work: Vec<Work<'_>> = ProofFamily::ALL.into_iter().flat_map(of_family).collect();
    work.extend(pdp());
    work.push(Work::new(format!("CommP of {} MiB", bytes >> 20), 1, || {
        black_box(Piece::of(&payload));
    }));

    println!("\n{:<55} {:>12}", "median CPU time of a call", "µs");
    for one in &mut work {
        let micros = one.cpu_micros(if testing { 1 } else { 9 });
        println!("{:<55} {micros:>12.3}", one.name);
    }
    println!();

    let mut group = criterion.benchmark_group("proofs");
    group.sample_size(10);
    for one in &mut work {
        group.bench_function(&one.name, |bencher| bencher.iter(|| (one.run)()));
    }
    group.finish();
}

criterion_group!(benches, proofs);
criterion_main!(benches);
