//! The InterPlanetary File System.

pub mod unixfs;
