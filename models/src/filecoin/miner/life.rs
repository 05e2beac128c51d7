//! How long a sector may live.
//!
//! Source: builtin-actors, actors/miner/src/lib.rs (validate_expiration). A sector that is pre-committed may still be
//! proven at the end of its time for that, so its life is counted from there.

use crate::filecoin::policy::Policy;
use crate::units::{Epoch, Epochs};

/// Why an expiration is refused.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum BadExpiration {
    /// The sector would live too short.
    #[error("a sector must live at least {0}")]
    TooSoon(Epochs),
    /// It is too far from now.
    #[error("an expiration may be at most {0} from now")]
    TooFar(Epochs),
    /// The sector would live too long.
    #[error("a sector may live at most {0}")]
    TooLong(Epochs),
}

/// Whether a sector that is active from `activation` on may expire at `expiration`, said at `now`.
///
/// # Errors
/// If it would live too short or too long, or is committed too far ahead.
pub fn check_expiration(
    policy: &Policy,
    now: Epoch,
    activation: Epoch,
    expiration: Epoch,
) -> Result<(), BadExpiration> {
    if expiration - activation < policy.min_sector_lifetime {
        Err(BadExpiration::TooSoon(policy.min_sector_lifetime))
    } else if expiration - now > policy.max_sector_extension {
        Err(BadExpiration::TooFar(policy.max_sector_extension))
    } else if expiration - activation > policy.max_sector_lifetime {
        Err(BadExpiration::TooLong(policy.max_sector_lifetime))
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_life_is_bounded_from_both_sides_and_a_commitment_from_now() {
        // Shared reference, section 2.2: 518,400, 3,680,640 and 5,259,485 epochs.
        let policy = Policy::default();
        let check = |now, activation, expiration| {
            check_expiration(&policy, Epoch::new(now), Epoch::new(activation), Epoch::new(expiration))
        };
        assert_eq!(check(0, 100, 518_500), Ok(()));
        assert_eq!(check(0, 100, 518_499), Err(BadExpiration::TooSoon(Epochs::new(518_400))));
        assert_eq!(check(0, 0, 3_680_640), Ok(()));
        assert_eq!(check(0, 0, 3_680_641), Err(BadExpiration::TooFar(Epochs::new(3_680_640))));
        assert_eq!(check(3_000_000, 0, 5_259_485), Ok(()));
        assert_eq!(check(3_000_000, 0, 5_259_486), Err(BadExpiration::TooLong(Epochs::new(5_259_485))));
    }
}
