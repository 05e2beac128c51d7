//! Scenario files, sweeps over them, and run folders: everything between a person and the models.
//!
//! ```text
//! file      text, or a plain refusal            keys      every key, declared once
//! layer     TOML -> flat layers with places     merge     layers on top of each other
//! check     values of all keys                  rules     what keys allow together
//! scenario  arms x grid points, checked         resolve   the scenario as it was run
//! ```
//!
//! Nothing here knows a protocol: a scenario becomes a [`models::config::Config`], and that is all the
//! models see. Nothing after the check reads a file or an environment variable.

pub mod batch;
pub mod build;
pub mod calc;
pub mod catalog;
pub mod check;
pub mod claims;
pub mod content;
pub mod deals;
pub mod diff;
pub mod events;
pub mod explain;
pub mod failure;
pub mod file;
pub mod filecoin;
pub mod folder;
pub mod forecast;
pub mod host;
pub mod inputs;
pub mod keys;
pub mod known;
pub mod layer;
pub mod merge;
pub mod path;
pub mod predict;
pub mod presets;
pub mod problem;
pub mod protocol;
pub mod rare;
pub mod raw;
pub mod regions;
pub mod replay;
pub mod resolve;
pub mod resume;
pub mod rules;
pub mod run;
pub mod saving;
pub mod scenario;
pub mod schema;
pub mod source;
pub mod suggest;
pub mod sweep;
pub mod trace;
pub mod unknown;
pub mod values;
