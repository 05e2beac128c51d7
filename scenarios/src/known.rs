//! Names that other crates know: metrics and kinds of figures.

use analysis::plots::PLOTS;
use models::metrics::METRICS;

/// Names of all metrics.
pub fn metrics() -> Vec<&'static str> {
    METRICS.iter().map(|metric| metric.name).collect()
}

/// Names of all kinds of figures.
pub fn plots() -> Vec<&'static str> {
    PLOTS.iter().map(|kind| kind.name).collect()
}

/// Names of the parameters of Filecoin's protocol.
pub fn parameters() -> Vec<&'static str> {
    models::filecoin::policy::PARAMETERS.iter().map(|parameter| parameter.name).collect()
}

/// Names of Filecoin's rule sets.
pub fn rule_sets() -> Vec<&'static str> {
    models::filecoin::rulesets::RULE_SETS.iter().map(|rules| rules.name).collect()
}

/// Names of the rules of negotiation.
pub fn negotiations() -> Vec<&'static str> {
    models::agents::negotiation::NEGOTIATIONS.iter().map(|rule| rule.name()).collect()
}
