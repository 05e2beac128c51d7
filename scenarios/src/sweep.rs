//! Arms x grid points x replicates, as an ordered list of independent runs.

use crate::build::{self, RunOptions};
use crate::content::Library;
use crate::inputs::Inputs;
use crate::scenario::Scenario;
use models::config::Config;
use models::content::Content;
use sim_core::draws::Draws;
use std::sync::{Arc, OnceLock};

/// One run: a cell of the sweep.
#[derive(Clone, Debug)]
pub struct RunSpec {
    /// `<arm>-<point>-<replicate>`, its folder under `cells/`.
    pub name: String,
    /// Arm.
    pub arm: String,
    /// Number of the grid point.
    pub point: u32,
    /// Its keys and values in words.
    pub grid: Vec<(String, String)>,
    /// Number of the replicate.
    pub replicate: u32,
    /// All its luck.
    pub draws: Draws,
    /// What it runs, shared with the other replicates.
    pub case: Arc<Case>,
}

/// What the replicates of one arm at one grid point share.
#[derive(Debug)]
pub struct Case {
    /// The configuration.
    pub config: Arc<Config>,
    content: OnceLock<Arc<Content>>,
}

impl Case {
    fn new(config: Config) -> Self {
        Case { config: Arc::new(config), content: OnceLock::new() }
    }

    /// The run's content, gathered by the first replicate that asks.
    pub fn content(&self) -> Arc<Content> {
        self.content.get_or_init(|| Arc::new(Content::new(&self.config))).clone()
    }
}

/// All runs of a scenario: arms, then grid points, then replicates.
pub fn specs(scenario: &Scenario, library: &Library, inputs: &Inputs, options: RunOptions) -> Vec<RunSpec> {
    let (seed, replicates) = (scenario.seed(), scenario.replicates());
    let mut specs = Vec::with_capacity(scenario.variants.len() * replicates as usize);
    for variant in &scenario.variants {
        let case = Arc::new(Case::new(build::config(variant, library, inputs, options)));
        let grid: Vec<_> =
            variant.grid.iter().map(|(path, value)| (path.to_string(), value.words())).collect();
        specs.extend((0..replicates).map(|replicate| RunSpec {
            name: format!("{}-{}-{replicate}", variant.arm, variant.point),
            arm: variant.arm.clone(),
            point: variant.point,
            grid: grid.clone(),
            replicate,
            draws: Draws::new(seed, replicate),
            case: case.clone(),
        }));
    }
    specs
}
