//! Content identifiers from outside: text and binary forms, verification, and what is refused.

use data_encoding::BASE32_NOPAD;
use models::cid::{Cid, CidError, CidVersion, Codec, IDENTITY_MAX};

const EMPTY_FILE_V0: &str = "QmbFMke1KXqnYyBBWxB74N4c5SBnJMVAiMNRcGu6x1AwQH";
const EMPTY_RAW_V1: &str = "bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku";

#[test]
fn a_cid_is_as_compact_as_its_alignment_allows() {
    assert_eq!(size_of::<Cid>(), 40);
}

#[test]
fn text_and_bytes_round_trip_in_every_form() {
    let forms = [
        Cid::of_block(CidVersion::V0, Codec::DagPb, b"node"),
        Cid::of_block(CidVersion::V1, Codec::DagPb, b"node"),
        Cid::of_block(CidVersion::V1, Codec::Raw, b"leaf"),
        Cid::identity(Codec::Raw, b""),
        Cid::identity(Codec::DagPb, &[7; 127]),
        Cid::identity(Codec::Raw, &[7; IDENTITY_MAX]),
    ];
    for cid in forms {
        assert_eq!(cid.to_string().parse(), Ok(cid.clone()));
        assert_eq!(Cid::from_bytes(&cid.to_bytes()), Ok(cid.clone()));
        assert_eq!(cid.to_bytes().len(), cid.encoded_len());
    }
}

#[test]
fn the_empty_blocks_have_their_well_known_names() {
    assert_eq!(Cid::of_block(CidVersion::V1, Codec::Raw, b"").to_string(), EMPTY_RAW_V1);
    let node = [0x0a, 4, 8, 2, 0x18, 0];
    assert_eq!(Cid::of_block(CidVersion::V0, Codec::DagPb, &node).to_string(), EMPTY_FILE_V0);
}

#[test]
fn raw_blocks_are_never_named_by_version_zero() {
    assert_eq!(Cid::of_block(CidVersion::V0, Codec::Raw, b"x").version(), CidVersion::V1);
}

#[test]
fn versions_and_codecs_of_one_block_share_a_multihash() {
    let v0 = Cid::of_block(CidVersion::V0, Codec::DagPb, b"same");
    let v1 = Cid::of_block(CidVersion::V1, Codec::Raw, b"same");
    assert_ne!(v0, v1);
    assert_eq!(v0.multihash_bytes(), v1.multihash_bytes());
    assert_ne!(v0.multihash_bytes(), Cid::identity(Codec::Raw, b"same").multihash_bytes());
}

#[test]
fn verification_accepts_the_block_and_nothing_else() {
    let hashed = Cid::of_block(CidVersion::V1, Codec::Raw, b"block");
    let inline = Cid::identity(Codec::Raw, b"block");
    for cid in [hashed, inline] {
        assert!(cid.verify(b"block"));
        assert!(!cid.verify(b"blocK"));
        assert!(!cid.verify(b""));
    }
}

#[test]
fn what_is_not_supported_is_refused_by_name() {
    let check = |text: &str, expected: CidError| assert_eq!(text.parse::<Cid>(), Err(expected), "{text}");
    check("", CidError::Truncated);
    check("zdj7WhuEjrB52m1BisYCtmjH1hSKa7yZ3jEZ9JcXaFRD51wVz", CidError::Base('z'));
    check("QmbFMke1KXqnYyBBWxB74N4c5SBnJMVAiMNRcGu6x1AwQ", CidError::Base('Q'));
    check("Qm0FMke1KXqnYyBBWxB74N4c5SBnJMVAiMNRcGu6x1AwQH", CidError::Text);
    check(&EMPTY_RAW_V1.to_ascii_uppercase().replacen('B', "b", 1), CidError::Text);
    check("bé", CidError::Text);
    check("b", CidError::Truncated);
}

#[test]
fn malformed_bytes_are_refused_by_reason() {
    let check = |bytes: &[u8], expected: CidError| assert_eq!(Cid::from_bytes(bytes), Err(expected));
    check(&[2, 0x55], CidError::Version(2));
    check(&[1, 0x71, 0x12, 0], CidError::Codec(0x71));
    check(&[1, 0x55, 0x13, 0], CidError::HashFunction(0x13));
    check(&[1, 0x55, 0x12, 1, 9], CidError::DigestLength { expected: 32, found: 1 });
    check(&[0x12, 0x20, 9], CidError::DigestLength { expected: 32, found: 1 });
    check(&[1, 0x55, 0, 3, 9], CidError::DigestLength { expected: 3, found: 1 });
    check(&[1, 0xd5, 0x00, 0, 0], CidError::Varint);
    check(&[[1, 0x55, 0, 0x81, 1].as_slice(), &[0; 129]].concat(), CidError::IdentityLength(129));
    // Version 0 in a multibase is not a CID.
    let v0 = EMPTY_FILE_V0.parse::<Cid>().expect("a valid CID").to_bytes();
    let text = format!("b{}", BASE32_NOPAD.encode(&v0).to_ascii_lowercase());
    assert_eq!(text.parse::<Cid>(), Err(CidError::Version(0)));
}
