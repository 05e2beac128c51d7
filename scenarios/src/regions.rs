//! Regions and the measured delays between them, embedded in the program (`data/README.md` has the origin).

use models::net::topology::LOCAL_ROUND_TRIP;
use models::net::{Region, Topology};
use sim_core::time::SimSpan;
use std::sync::{Arc, LazyLock};

const COORDINATES: &str = include_str!("../data/region_coordinates.csv");
const ROUND_TRIPS: &str = include_str!("../data/region_rtt_ms.csv");

static WORLD: LazyLock<Arc<Topology>> = LazyLock::new(|| Arc::new(read(COORDINATES, ROUND_TRIPS)));

/// The embedded topology, made once.
pub fn world() -> Arc<Topology> {
    WORLD.clone()
}

/// Names of all regions, in order.
pub fn names() -> Vec<&'static str> {
    WORLD.regions().iter().map(|region| region.name.as_str()).collect()
}

/// Regions in alphabetical order of either file; a region without coordinates or without measured
/// partners is left out of what it lacks.
fn read(coordinates: &'static str, round_trips: &'static str) -> Topology {
    let trips: Vec<(&str, &str, u64)> = rows(round_trips)
        .map(|row| (row[0], row[1], row[2].parse().expect("a round trip in whole milliseconds")))
        .collect();
    let mut names: Vec<&str> = trips.iter().flat_map(|(from, to, _)| [*from, *to]).collect();
    names.sort_unstable();
    names.dedup();
    let connected = |name: &str| {
        trips.iter().any(|(from, ..)| *from == name) && trips.iter().any(|(_, to, _)| *to == name)
    };
    names.retain(|name| connected(name));
    let index = |name: &str| names.binary_search(&name).ok().map(|i| i as u16);
    let measured: Vec<(u16, u16, SimSpan)> = trips
        .iter()
        .filter_map(|(from, to, millis)| Some((index(from)?, index(to)?, SimSpan::from_millis(*millis))))
        .collect();
    let regions = names.iter().map(|name| region(name, coordinates)).collect();
    Topology::new(regions, &measured, LOCAL_ROUND_TRIP).expect("the embedded regions are connected")
}

fn region(name: &str, coordinates: &str) -> Region {
    let row = coordinates.lines().map(|line| line.split(',').collect::<Vec<_>>()).find(|row| row[0] == name);
    let degree = |i: usize| row.as_ref().and_then(|row| row.get(i)?.parse().ok());
    Region { name: name.into(), latitude: degree(1), longitude: degree(2) }
}

fn rows(csv: &'static str) -> impl Iterator<Item = Vec<&'static str>> {
    csv.lines().skip(1).filter(|line| !line.is_empty()).map(|line| line.split(',').collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_embedded_regions_are_connected_and_named() {
        let world = world();
        assert!(world.regions().len() >= 48, "{}", world.regions().len());
        let (frankfurt, tokyo) = (world.find("Germany West Central"), world.find("Japan East"));
        let delay = world.delay(frankfurt.expect("a region"), tokyo.expect("a region"));
        assert!(delay > SimSpan::from_millis(50) && delay < SimSpan::from_millis(200), "{delay}");
    }
}
