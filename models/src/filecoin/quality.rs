//! Quality-adjusted power: how much a sector counts for, by the verified data in it.
//!
//! After built-in actors, actors/miner/src/policy.rs, and FIP-0045. Space without verified data counts once, verified
//! space ten times, weighed over the life of the sector. A claim weighs for the whole of it; a deal of before FIP-0045
//! (network version 17) only for as long as the deal lasts. Deals that are not verified add nothing, then as now.

use super::policy::{Policy, QualityRule};
use crate::units::{Epochs, Power, SpaceTime};

/// Fractional bits of a sector's quality.
pub const QUALITY_PRECISION: u32 = 20;

/// A sector as its power sees it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SectorSpace {
    /// Its size.
    pub size: Power,
    /// From its power base epoch (activation, extension or replica update) to its expiry.
    pub duration: Epochs,
    /// Verified space over time.
    pub verified: SpaceTime,
}

/// The weight of claimed space: it counts for the whole duration of the sector. Source: FIP-0045.
pub fn claim_weight(space: Power, sector_duration: Epochs) -> SpaceTime {
    space.during(sector_duration)
}

/// The weight of a verified deal in a sector from before FIP-0045: it counts while the deal lasts.
pub fn deal_weight(piece: Power, deal_duration: Epochs) -> SpaceTime {
    piece.during(deal_duration)
}

/// Quality in 2^-20ths: 2^20 for a sector without verified data, ten times that for one full of it.
///
/// # Panics
/// If size or duration is not positive, or the space-time is past 2^98 byte-epochs.
pub fn sector_quality(policy: &Policy, sector: &SectorSpace) -> i128 {
    let whole = sector.size.during(sector.duration).byte_epochs();
    assert!(whole > 0, "a sector without space or time: {sector:?}");
    let verified = match policy.quality_rule {
        QualityRule::VerifiedWeight => sector.verified.byte_epochs(),
        QualityRule::Full => whole,
    };
    let base = i128::from(policy.quality_base_multiplier);
    let weighed = (whole - verified) * base + verified * i128::from(policy.quality_verified_multiplier);
    let scaled = weighed.checked_mul(1 << QUALITY_PRECISION).expect("a sector's space-time past 2^98");
    scaled.div_euclid(whole).div_euclid(base)
}

/// Power of a sector of that quality.
pub fn power_of_quality(size: Power, quality: i128) -> Power {
    size.floor_mul(quality, 1 << QUALITY_PRECISION)
}

/// Quality-adjusted power of a sector.
pub fn qa_power(policy: &Policy, sector: &SectorSpace) -> Power {
    power_of_quality(sector.size, sector_quality(policy, sector))
}

/// Power of a sector full of verified data: what a pre-commitment deposits for.
pub fn full_qa_power(policy: &Policy, size: Power) -> Power {
    size.floor_mul(i128::from(policy.quality_verified_multiplier), i128::from(policy.quality_base_multiplier))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deal_of_half_the_time_weighs_half_a_claim() {
        let (size, duration) = (Power::new(32 << 30), Epochs::from_days(360));
        let old = deal_weight(size, Epochs::from_days(180));
        let new = claim_weight(size.floor_mul(1, 2), duration);
        assert_eq!(old, new);
        let sector = SectorSpace { size, duration, verified: old };
        assert_eq!(qa_power(&Policy::default(), &sector), size.floor_mul(11, 2));
    }

    #[test]
    fn under_the_draft_every_new_sector_is_full() {
        let policy = Policy { quality_rule: QualityRule::Full, ..Policy::default() };
        let size = Power::new(64 << 30);
        let sector = SectorSpace { size, duration: Epochs::from_days(180), verified: SpaceTime::ZERO };
        assert_eq!(qa_power(&policy, &sector), full_qa_power(&policy, size));
        assert_eq!(full_qa_power(&policy, size), size.floor_mul(10, 1));
    }
}
