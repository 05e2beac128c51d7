//! What does a year of a thousand storage miners cost, and how much of it are seals, proofs and epochs?
//!
//! `cargo run --release -p benches --bin miners [MINERS] [DAYS]` runs [`benches::miners`] once, event by event, and prints
//! what [`benches::split`] measures. 1,000 miners of ten sectors and 365 days by default. Every sector is sealed and
//! proven every day, every election is of simulated miners.

/// As in the program itself.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() {
    let mut arguments = std::env::args().skip(1);
    let miners = arguments.next().map_or(Ok(1_000), |text| text.parse());
    let days = arguments.next().map_or(Ok(365), |text| text.parse());
    let (Ok(miners), Ok(days), None) = (miners, days, arguments.next()) else {
        eprintln!("usage: miners [MINERS] [DAYS], whole numbers");
        std::process::exit(2);
    };
    benches::split::measure(benches::miners(miners, days));
}
