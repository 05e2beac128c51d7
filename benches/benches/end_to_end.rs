//! What does a day of a thousand peers cost, message by message, everything included?
//!
//! `cargo bench -p benches --bench end_to_end`. The whole month with its figures is
//! `cargo run --release -p benches --bin thousand`.

use criterion::{Criterion, criterion_group, criterion_main};
use models::content::Content;
use models::run::{Verdict, run};
use sim_core::draws::Draws;
use sim_core::record::csv::CsvTables;
use std::sync::Arc;

fn a_day(c: &mut Criterion) {
    let mut config = benches::thousand_peers(1, None);
    config.max_events = Some(200_000);
    let config = Arc::new(config);
    let content = Arc::new(Content::new(&config));
    let one = || {
        let mut tables = CsvTables::new();
        run(&config, &content, Draws::new(7, 0), &mut tables, &mut |_| Verdict::GoOn)
            .expect("no broken invariant")
    };
    eprintln!("thousand_peers(1, None), 200,000 events: digest {}", one().digest);
    c.bench_function("thousand peers, first 200,000 events", |bencher| bencher.iter(one));
}

criterion_group!(name = end_to_end; config = Criterion::default().sample_size(10); targets = a_day);
criterion_main!(end_to_end);
