//! Proofs of storage: what a miner computes to seal bytes and to show, again and again, that it still has them.
//!
//! ```text
//! data nodes --labels, encoding--> replica --tree R--> CommRLast --+
//!            +-labels, columns---> tree C ----------> CommC -------+--> CommR, on chain
//!            +-sha254 tree-------> CommD, on chain
//! PoRep       opens D, C and R at challenged nodes and recomputes their labels       once, before activation
//! WindowPoSt  opens 10 leaves of R                                                  every proving period
//! WinningPoSt opens 66 leaves of R of one sector                                    with every block
//! update      opens old R, new D and new R at 10 or 40 nodes                        when capacity is filled
//! ```
//!
//! Byte for byte the values of rust-fil-proofs (`filecoin-proofs` 19.1) for sectors of 2 KiB and 8 MiB:
//! `models/tests/proof_vectors.rs`.
//!
//! - [`family`]: which proof a scenario uses, and what each can and cannot show. [`identity`]: who seals what, and when.
//! - [`seal`]: the [`Sealer`](seal::Sealer) and the [`Sealed`](seal::Sealed) sector. [`graph`], [`labels`], [`poseidon`],
//!   [`tree`]: its parts. [`cost`]: how long sealing takes in virtual time.
//! - [`disk`], [`deletion`], [`replica`]: what a miner still has of a sector, and what it can answer from that. [`read`]: what it can serve.
//! - [`porep`], [`post`], [`pdp`], [`update`]: challenges, proofs and their verification.
//!
//! **Verify once.** A [`Sealed`](seal::Sealed) value can only come from sealing (or a checkpoint of this program), so
//! that its trees, commitments and replica fit each other by construction. An answer from an unaltered disk therefore
//! carries the sealed sector itself, and verification compares: same CommR, same challenge. Anything else (an altered
//! byte, another miner's replica, an answer to another challenge, a forged statement) is opened, hashed and checked as a
//! verifier of the network would have to, and fails for the reason it finds. Both ways give the same verdict on every
//! answer; `models/tests/proof_verdicts.rs` compares them.
//!
//! **Left out: the SNARK.** On the network these "vanilla" proofs are not sent; a Groth16 proof of 192 bytes per partition
//! says that a valid one exists. A simulator verifies the vanilla proof itself: the statement is the same, and the
//! wrapper would cost a minute of proving and gigabytes of parameters a sector to learn nothing about storage. What it costs
//! the network (proof bytes, gas, proving time) belongs to the chain's parameters. With it go partitions of a PoSt filled
//! up by repeating the last sector, which is a matter of fixed-size circuits.
//!
//! Also left out: synthetic PoRep's challenge set (it changes when layers may be deleted, not what is proved), and PoSt of
//! API versions before 1.2.

pub mod cost;
pub mod deletion;
pub mod disk;
pub mod family;
pub mod graph;
pub mod identity;
pub mod labels;
pub mod pdp;
pub mod porep;
pub mod poseidon;
pub mod post;
pub mod read;
pub mod replica;
pub mod seal;
mod shared;
pub mod tree;
pub mod update;
