//! Content identifiers: the names both networks give to data.
//!
//! A CID says how to read a block (codec) and how to check it (multihash). This module knows the part of the
//! multiformats tables that UnixFS trees made by Kubo use:
//!
//! ```text
//! CIDv0   0x12 0x20 digest                    base58btc, "Qm…"      dag-pb, SHA2-256
//! CIDv1   0x01 codec 0x12 0x20 digest         base32 lower, "b…"    raw 0x55 or dag-pb 0x70, SHA2-256
//! CIDv1   0x01 codec 0x00 length bytes        base32 lower, "b…"    the block itself ("inline", identity hash)
//! ```
//!
//! Sources: multiformats/cid (README), multiformats/multihash, multiformats/unsigned-varint; the limit on identity
//! digests is boxo's (`verifcid/cid.go`). Left out: other codecs, other hash functions, other multibases. Text or
//! bytes that use them are refused with an error that says so.

use std::fmt;
use std::str::FromStr;

use data_encoding::BASE32_NOPAD;
use sha2::{Digest, Sha256};
use thiserror::Error;

/// Longest block an identity CID may carry, in bytes (boxo: `verifcid.DefaultMaxIdentityDigestSize`).
pub const IDENTITY_MAX: usize = 128;

const SHA2_256: u64 = 0x12;
const IDENTITY: u64 = 0x00;
const DIGEST_LEN: usize = 32;

/// How the bytes of a block are to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Codec {
    /// Plain bytes, multicodec 0x55.
    Raw,
    /// A MerkleDAG protobuf node, multicodec 0x70.
    DagPb,
}

impl Codec {
    /// The multicodec number.
    pub fn code(self) -> u64 {
        match self {
            Codec::Raw => 0x55,
            Codec::DagPb => 0x70,
        }
    }

    fn from_code(code: u64) -> Result<Self, CidError> {
        match code {
            0x55 => Ok(Codec::Raw),
            0x70 => Ok(Codec::DagPb),
            other => Err(CidError::Codec(other)),
        }
    }
}

/// The two CID versions in use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CidVersion {
    /// A bare SHA2-256 multihash of a dag-pb block.
    V0,
    /// Version, codec and multihash.
    V1,
}

/// A content identifier, held by value.
///
/// 40 bytes; only identity CIDs own heap memory, so a clone of the usual kind is a copy. The order is total and
/// arbitrary but fixed: version 0 first, then version 1 by codec and digest, then identity CIDs.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cid(Form);

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Form {
    Sha256V0([u8; DIGEST_LEN]),
    Sha256V1(Codec, [u8; DIGEST_LEN]),
    Identity(Codec, Box<[u8]>),
}

impl Cid {
    /// CIDv0 of a dag-pb block with this SHA2-256 digest.
    pub fn v0(digest: [u8; 32]) -> Self {
        Cid(Form::Sha256V0(digest))
    }

    /// CIDv1 of a block with this SHA2-256 digest.
    pub fn v1(codec: Codec, digest: [u8; 32]) -> Self {
        Cid(Form::Sha256V1(codec, digest))
    }

    /// CIDv1 that carries the block in place of a hash.
    ///
    /// # Panics
    /// If the block is longer than [`IDENTITY_MAX`].
    pub fn identity(codec: Codec, block: &[u8]) -> Self {
        assert!(block.len() <= IDENTITY_MAX, "identity CID of {} bytes, at most {IDENTITY_MAX}", block.len());
        Cid(Form::Identity(codec, block.into()))
    }

    /// Hashes a block with SHA2-256 and names it as [`Cid::of_digest`] does.
    pub fn of_block(version: CidVersion, codec: Codec, block: &[u8]) -> Self {
        Cid::of_digest(version, codec, Sha256::digest(block).into())
    }

    /// Names the block with this SHA2-256 digest. Raw blocks get CIDv1 whatever the version asked for, because CIDv0
    /// cannot say "raw".
    pub fn of_digest(version: CidVersion, codec: Codec, digest: [u8; 32]) -> Self {
        match (version, codec) {
            (CidVersion::V0, Codec::DagPb) => Cid::v0(digest),
            _ => Cid::v1(codec, digest),
        }
    }

    /// The version.
    pub fn version(&self) -> CidVersion {
        match self.0 {
            Form::Sha256V0(_) => CidVersion::V0,
            _ => CidVersion::V1,
        }
    }

    /// The codec of the block.
    pub fn codec(&self) -> Codec {
        match self.0 {
            Form::Sha256V0(_) => Codec::DagPb,
            Form::Sha256V1(codec, _) | Form::Identity(codec, _) => codec,
        }
    }

    /// The multihash digest: 32 bytes of SHA2-256, or the whole block of an identity CID.
    pub fn digest(&self) -> &[u8] {
        match &self.0 {
            Form::Sha256V0(digest) | Form::Sha256V1(_, digest) => digest,
            Form::Identity(_, block) => block,
        }
    }

    /// The block itself, if this is an identity CID. Such blocks are never stored, announced or fetched.
    pub fn inline_block(&self) -> Option<&[u8]> {
        match &self.0 {
            Form::Identity(_, block) => Some(block),
            _ => None,
        }
    }

    /// Whether `block` is what this CID names.
    pub fn verify(&self, block: &[u8]) -> bool {
        match &self.0 {
            Form::Sha256V0(digest) | Form::Sha256V1(_, digest) => Sha256::digest(block)[..] == digest[..],
            Form::Identity(_, inline) => inline[..] == *block,
        }
    }

    /// The multihash: function, length, digest. Block stores and the DHT compare CIDs by it alone, so versions and
    /// codecs of one block are one key there.
    pub fn multihash_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.encoded_len());
        self.put_multihash(&mut bytes);
        bytes
    }

    /// The binary form, as it stands in a dag-pb link.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.encoded_len());
        self.put(&mut bytes);
        bytes
    }

    /// Length of the binary form in bytes: 34 for CIDv0, 36 for CIDv1 with SHA2-256.
    pub fn encoded_len(&self) -> usize {
        match &self.0 {
            Form::Sha256V0(_) => 2 + DIGEST_LEN,
            Form::Sha256V1(..) => 4 + DIGEST_LEN,
            Form::Identity(_, block) => 3 + uvarint_len(block.len() as u64) + block.len(),
        }
    }

    /// Appends the binary form to `out`.
    pub(crate) fn put(&self, out: &mut Vec<u8>) {
        if self.version() == CidVersion::V1 {
            put_uvarint(out, 1);
            put_uvarint(out, self.codec().code());
        }
        self.put_multihash(out);
    }

    fn put_multihash(&self, out: &mut Vec<u8>) {
        let function = if self.inline_block().is_some() { IDENTITY } else { SHA2_256 };
        let digest = self.digest();
        put_uvarint(out, function);
        put_uvarint(out, digest.len() as u64);
        out.extend_from_slice(digest);
    }

    /// Reads the binary form; the slice must hold one CID and nothing else.
    ///
    /// # Errors
    /// [`CidError`] for anything but the three forms of the module page.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, CidError> {
        let mut rest = bytes;
        if let [0x12, 0x20, digest @ ..] = bytes {
            return Ok(Cid::v0(sha256_digest(digest)?));
        }
        match read_uvarint(&mut rest)? {
            1 => {}
            other => return Err(CidError::Version(other)),
        }
        let codec = Codec::from_code(read_uvarint(&mut rest)?)?;
        let function = read_uvarint(&mut rest)?;
        let length = read_uvarint(&mut rest)?;
        if length != rest.len() as u64 {
            return Err(CidError::DigestLength { expected: length, found: rest.len() as u64 });
        }
        match function {
            SHA2_256 => Ok(Cid::v1(codec, sha256_digest(rest)?)),
            IDENTITY if rest.len() > IDENTITY_MAX => Err(CidError::IdentityLength(rest.len())),
            IDENTITY => Ok(Cid::identity(codec, rest)),
            other => Err(CidError::HashFunction(other)),
        }
    }
}

fn sha256_digest(bytes: &[u8]) -> Result<[u8; DIGEST_LEN], CidError> {
    let expected = DIGEST_LEN as u64;
    bytes.try_into().map_err(|_| CidError::DigestLength { expected, found: bytes.len() as u64 })
}

impl fmt::Display for Cid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = self.to_bytes();
        match self.version() {
            CidVersion::V0 => f.pad(&bs58::encode(bytes).into_string()),
            CidVersion::V1 => f.pad(&format!("b{}", BASE32_NOPAD.encode(&bytes).to_ascii_lowercase())),
        }
    }
}

impl fmt::Debug for Cid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Cid {
    type Err = CidError;

    /// Reads `Qm…` (base58btc, version 0) or `b…` (base32 lower case, version 1).
    fn from_str(text: &str) -> Result<Self, CidError> {
        let (bytes, version) = if text.len() == 46 && text.starts_with("Qm") {
            (bs58::decode(text).into_vec().map_err(|_| CidError::Text)?, CidVersion::V0)
        } else {
            (decode_multibase(text)?, CidVersion::V1)
        };
        let cid = Cid::from_bytes(&bytes)?;
        // A multibase prefix in front of a version 0 CID is forbidden by the CID specification.
        if cid.version() == version { Ok(cid) } else { Err(CidError::Version(0)) }
    }
}

fn decode_multibase(text: &str) -> Result<Vec<u8>, CidError> {
    match text.chars().next() {
        Some('b') => {}
        Some(prefix) => return Err(CidError::Base(prefix)),
        None => return Err(CidError::Truncated),
    }
    let digits = &text[1..];
    if digits.bytes().any(|b| b.is_ascii_uppercase()) {
        return Err(CidError::Text);
    }
    BASE32_NOPAD.decode(digits.to_ascii_uppercase().as_bytes()).map_err(|_| CidError::Text)
}

/// Why text or bytes are not a CID this project reads.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum CidError {
    /// The text is not in a supported multibase.
    #[error(
        "base {0:?} is not supported: a CID here is `Qm…` (base58btc, version 0) or `b…` (base32, version 1)"
    )]
    Base(char),
    /// A character or the padding does not belong to the base.
    #[error("the text is not valid base58btc or lower-case base32")]
    Text,
    /// The bytes end too early.
    #[error("the CID is cut short")]
    Truncated,
    /// A number is longer than needed or than nine bytes.
    #[error("a number in the CID is not a minimal unsigned varint")]
    Varint,
    /// A version other than 0 and 1, or version 0 where it cannot stand.
    #[error("CID version {0} is not supported here: 0 has no multibase prefix, 1 has one")]
    Version(u64),
    /// A codec other than raw and dag-pb.
    #[error("codec 0x{0:x} is not supported: only raw (0x55) and dag-pb (0x70) are")]
    Codec(u64),
    /// A hash function other than SHA2-256 and identity.
    #[error("hash function 0x{0:x} is not supported: only SHA2-256 (0x12) and identity (0x00) are")]
    HashFunction(u64),
    /// A digest that is longer or shorter than its header or its function says.
    #[error("the digest should have {expected} bytes and has {found}")]
    DigestLength {
        /// Bytes announced, or given by the hash function.
        expected: u64,
        /// Bytes present.
        found: u64,
    },
    /// An identity digest beyond [`IDENTITY_MAX`].
    #[error("an identity CID of {0} bytes is too long: at most {IDENTITY_MAX}")]
    IdentityLength(usize),
}

/// Appends an unsigned varint, seven bits a byte, lowest first (multiformats/unsigned-varint, protobuf).
pub(crate) fn put_uvarint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// Bytes [`put_uvarint`] writes.
pub(crate) fn uvarint_len(value: u64) -> usize {
    (64 - (value | 1).leading_zeros() as usize).div_ceil(7)
}

/// Takes an unsigned varint off the front of `bytes`. Only the shortest form of up to nine bytes is accepted, so
/// that every number has one spelling.
pub(crate) fn read_uvarint(bytes: &mut &[u8]) -> Result<u64, CidError> {
    let mut value = 0;
    for i in 0..9 {
        let (&byte, rest) = bytes.split_first().ok_or(CidError::Truncated)?;
        *bytes = rest;
        value |= u64::from(byte & 0x7f) << (7 * i);
        if byte < 0x80 {
            return if byte == 0 && i > 0 { Err(CidError::Varint) } else { Ok(value) };
        }
    }
    Err(CidError::Varint)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn varints_use_the_shortest_form() {
        for value in [0, 1, 127, 128, 300, 16_383, 16_384, u64::MAX >> 1] {
            let mut bytes = Vec::new();
            put_uvarint(&mut bytes, value);
            assert_eq!(bytes.len(), uvarint_len(value));
            assert_eq!(read_uvarint(&mut bytes.as_slice()), Ok(value));
        }
    }
}
