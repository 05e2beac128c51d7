//! Durability alone: pieces that fail, repairs that come in time or do not, and when too few are left.
//!
//! ```text
//! formulas   what theory says, without subtraction       store   objects and pieces as events on the engine
//! path       one object as a path that can be split      rare    odds of loss by splitting, and the plain cost
//! ```
//!
//! The world of the simulator ([`crate::world`]) loses files for reasons: disks, regions, money, people. Here is the bare
//! skeleton on the same engine and the same draws: an object is `n` pieces of which any `k` rebuild it (`k = 1`: copies),
//! a piece's life and its repair follow laws, one repair at a time or all at once or by periodic check, and regions take
//! all that is in them. It is what closed forms exist for, so engine, laws and draws are held against them
//! (`models/tests/durability`), and it is light enough for losses that take a thousand million years.
//!
//! Left out, because the forms know nothing of it: bytes, links and who pays. A repair takes a time that is drawn; whether
//! it reads one copy or `k` pieces over which line is the business of the world. Regions here only lose what they hold; one
//! that goes dark and comes back is in the world too.

pub mod formulas;
pub mod path;
pub mod rare;
pub mod store;
