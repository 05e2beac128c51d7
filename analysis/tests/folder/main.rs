//! Tests over whole run folders.
#![allow(unreachable_pub, reason = "the modules of a test program are seen by nobody")]
#![allow(clippy::float_cmp, reason = "tests compare with values that must come out exactly")]

mod figures;
mod fixture;
mod load;
mod summary;
mod world;
