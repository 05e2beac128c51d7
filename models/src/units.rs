//! Units of the chain: money ([`AttoFil`], [`AttoUsd`]), heights ([`Epoch`], [`Epochs`]), storage power ([`Power`]) and space
//! held over time ([`SpaceTime`]), each a whole number of its smallest unit.
//!
//! | Quantity | Type | Unit inside | Written as |
//! |---|---|---|---|
//! | money | [`AttoFil`] | 10^-18 FIL | `1.5 FIL`, `100 nanoFIL`, `1 attoFIL` |
//! | dollars | [`AttoUsd`] | 10^-18 USD | `2.5 USD` |
//! | height of the chain | [`Epoch`] | epoch of 30 s | a number |
//! | number of epochs | [`Epochs`] | epoch of 30 s | `180 days`, `150 epochs` |
//! | storage power | [`Power`] | byte, raw or quality-adjusted | `32 GiB` |
//! | space over time | [`SpaceTime`] | byte-epoch | a number |
//!
//! - Money is integer and has no product with a float. What does not divide evenly is rounded by a method that
//!   names the direction; the chain's own rules round toward minus infinity, so [`AttoFil::floor_mul`] is the usual
//!   one. The remainder stays with whoever pays.
//! - All arithmetic is checked, in release too: a sum past the end is a bug in the model. FIL_BASE, two billion
//!   FIL, is 2 * 10^27 attoFIL; an `i128` holds 10^11 times that.
//! - An epoch may be negative: the reward actor starts at -1, and a proving period may begin before genesis.
//! - Text is read by the rules of [`sim_core::units`] and never rounded.

mod epoch;
mod money;
mod power;

pub use epoch::{EPOCH_SECONDS, EPOCHS_PER_DAY, Epoch, Epochs};
pub use money::{AttoFil, AttoUsd, parse_fil};
pub use power::{Power, SpaceTime};
