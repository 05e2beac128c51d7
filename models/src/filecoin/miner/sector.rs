//! One sector: what was promised about it, and where it stands.
//!
//! ```text
//!   pre-committed ── proven ──> unproven ── first Window PoSt ──> active ──> ended on time
//!        │                         │                              │  ^
//!        └─ deposit burnt          └──────── fault ─────────────> │  │ proven again
//!                                                              faulty ── declared ──> recovering
//!                                                                 └── 42 days ──> ended early
//! ```
//!
//! Sources: builtin-actors, actors/miner/src/{types,partition_state}.rs. The actors keep sets of sector numbers per
//! partition; here every sector says itself where it stands, so that it stands in one place by construction.

use super::super::monies::RewardAtActivation;
use super::super::piece::node::Node;
use super::super::power::PowerPair;
pub use super::super::proofs::identity::SectorNumber;
use crate::units::{AttoFil, Epoch};
use serde::{Deserialize, Serialize};

/// What is in a sector, in nominal bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Contents {
    /// Bytes of pieces under deals or direct onboarding without a verified claim: they add no power.
    pub plain: u64,
    /// Bytes of pieces under verified claims (FIP-0045): they count ten times.
    pub verified: u64,
}

impl Contents {
    /// Whether it is committed capacity: nothing but a promise of space.
    pub fn is_capacity(self) -> bool {
        self == Contents::default()
    }
}

/// Where a sector stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Standing {
    /// Committed; its first Window PoSt is still to come, until when it has no power.
    Unproven,
    /// It counts.
    Active,
    /// Not proven; it has no power and pays the fault fee.
    Faulty,
    /// Still faulty, but said to be provable at its next deadline.
    Recovering,
    /// Over.
    Ended(Ending),
}

/// How a sector ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Ending {
    /// Its commitment was over.
    Expired,
    /// Its miner terminated it.
    Terminated,
    /// It was faulty for too long.
    FaultyTooLong,
}

impl Standing {
    /// Whether the sector is not over.
    pub fn is_live(self) -> bool {
        !matches!(self, Standing::Ended(_))
    }

    /// Whether a Window PoSt is of it: it lives, and is not known to be faulty or said to be provable again.
    pub fn is_provable(self) -> bool {
        matches!(self, Standing::Unproven | Standing::Active | Standing::Recovering)
    }

    /// Whether it is known to be faulty.
    pub fn is_faulty(self) -> bool {
        matches!(self, Standing::Faulty | Standing::Recovering)
    }

    /// Its name in tables.
    pub fn name(self) -> &'static str {
        match self {
            Standing::Unproven => "unproven",
            Standing::Active => "active",
            Standing::Faulty => "faulty",
            Standing::Recovering => "recovering",
            Standing::Ended(Ending::Expired) => "expired",
            Standing::Ended(Ending::Terminated) => "terminated",
            Standing::Ended(Ending::FaultyTooLong) => "faulty-too-long",
        }
    }
}

/// A sector from its activation on. Power, pledge and fee are those of all the nominal sectors it stands for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Sector {
    /// Its number.
    pub number: SectorNumber,
    /// Where it stands.
    pub standing: Standing,
    /// What is in it.
    pub contents: Contents,
    /// CommR of its replica: a proof of any other does not hold.
    pub comm_r: Node,
    /// Number of the deadline it is proven in.
    pub deadline: u16,
    /// Number of its partition there.
    pub partition: u32,
    /// When it was proven; its age for the termination fee counts from here.
    pub activation: Epoch,
    /// When its present power was set: at activation, extension or update.
    pub power_base: Epoch,
    /// Until when it is committed; it ends at the end of its deadline at or after this.
    pub expiration: Epoch,
    /// Raw and quality-adjusted power when active.
    pub power: PowerPair,
    /// Initial pledge.
    pub pledge: AttoFil,
    /// Daily fee (FIP-0100), fixed when the sector's power is.
    pub daily_fee: AttoFil,
    /// When it ends as things stand: the last epoch of a deadline.
    pub ends: Epoch,
    /// Whether that is because it has been faulty too long.
    pub ends_early: bool,
    /// When it was first proven by a Window PoSt.
    pub first_proven: Option<Epoch>,
    /// When it last became faulty, while it is.
    pub faulty_since: Option<Epoch>,
    /// When it ended.
    pub ended: Option<Epoch>,
    /// Epochs that it was faulty, in faults that are over.
    pub faulty_epochs: i64,
    /// Expected rewards at activation of one nominal sector, for the termination fee of before nv25.
    pub at_activation: RewardAtActivation,
}
