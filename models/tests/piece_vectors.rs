//! Differential tests of pieces: every case of `vectors/proofs.json` that the proofs library made, the examples of
//! FRC-0069, and laws of padding and layout.

mod proof_common;

use models::filecoin::piece::cid::{PieceCid, PieceCidError, SealedCid};
use models::filecoin::piece::commp::{CommP, Piece};
use models::filecoin::piece::fr32::{pad, unpad};
use models::filecoin::piece::layout::{assemble_payloads, comm_d, index_entries, place};
use models::filecoin::piece::node::{Node, sha254_pair, zero_commitment};
use models::filecoin::piece::size::PieceHeight;
use proof_common::{cases, node, number, payload_of, text, vectors};
use proptest::collection::vec;
use proptest::prelude::*;

#[test]
fn fr32_padding_is_the_library_s() {
    let vectors = vectors();
    for case in cases(&vectors, "fr32") {
        let bytes: String = pad(&payload_of(case)).iter().map(Node::to_string).collect();
        assert_eq!(bytes, text(&case["padded_hex"]), "{}", case["name"]);
    }
}

#[test]
fn piece_commitments_and_names_are_the_library_s() {
    let vectors = vectors();
    for case in cases(&vectors, "pieces") {
        let piece = Piece::of(&payload_of(case));
        let name = &case["name"];
        assert_eq!(piece.root, node(&case["commp"]), "{name}");
        assert_eq!(piece.height.padded_bytes(), number(&case["padded_piece_size"]), "{name}");
        assert_eq!(piece.height.payload_bytes(), number(&case["unpadded_piece_size"]), "{name}");
        assert_eq!(piece.cid_v1().to_string(), text(&case["piece_cid_v1"]), "{name}");
        assert_eq!(piece.cid_v2().to_string(), text(&case["piece_cid_v2"]), "{name}");
    }
}

#[test]
fn sector_commitments_with_gaps_and_tails_are_the_library_s() {
    let vectors = vectors();
    for case in cases(&vectors, "aggregates") {
        let sector = PieceHeight::of_padded(number(&case["sector_size"])).expect("a power of two");
        let listed = case["pieces"].as_array().expect("pieces");
        let pieces: Vec<Piece> = listed.iter().map(|piece| Piece::of(&payload_of(piece))).collect();
        let sized: Vec<_> = pieces.iter().map(|piece| (piece.height, piece.root)).collect();
        let places = place(sector, sized.iter().map(|piece| piece.0)).expect("they fit");
        for ((piece, place), expected) in pieces.iter().zip(places).zip(listed) {
            assert_eq!(piece.root, node(&expected["commp"]), "{}", case["name"]);
            assert_eq!(place.padded_offset(), number(&expected["padded_offset"]), "{}", case["name"]);
        }
        let root = comm_d(sector, &sized).expect("they fit");
        assert_eq!(root, node(&case["comm_d"]), "{}", case["name"]);
        assert_eq!(PieceCid::V1 { root }.to_string(), text(&case["comm_d_cid"]));
    }
}

/// Four groups of 127 equal bytes: the payload of the first example of FRC-0069.
fn four_groups() -> Vec<u8> {
    (0..4u8).flat_map(|byte| [byte; 127]).collect()
}

#[test]
fn the_examples_of_frc_0069_have_their_names() {
    let zeros = |n: usize| vec![0u8; n];
    let extended = |n: usize| [four_groups(), zeros(n)].concat();
    let first = "baga6ea4seaqn42av3szurbbscwuu3zjssvfwbpsvbjf6y3tukvlgl2nf5rha6pa";
    let empty = "baga6ea4seaqdomn3tgwgrh3g532zopskstnbrd2n3sxfqbze7rxt7vqn7veigmy";
    // Reference rows 163 to 169: payload, padding, height, both names.
    let rows = [
        (
            four_groups(),
            0,
            4,
            "baga6ea4seaqes3nobte6ezpp4wqan2age2s5yxcatzotcvobhgcmv5wi2xh5mbi",
            "bafkzcibcaaces3nobte6ezpp4wqan2age2s5yxcatzotcvobhgcmv5wi2xh5mbi",
        ),
        (zeros(0), 127, 2, empty, "bafkzcibcp4bdomn3tgwgrh3g532zopskstnbrd2n3sxfqbze7rxt7vqn7veigmy"),
        (zeros(127), 0, 2, empty, "bafkzcibcaabdomn3tgwgrh3g532zopskstnbrd2n3sxfqbze7rxt7vqn7veigmy"),
        (
            zeros(128),
            126,
            3,
            "baga6ea4seaqgiktap34inmaex4wbs6cghlq5i2j2yd2bb2zndn5ep7ralzphkdy",
            "bafkzcibcpybwiktap34inmaex4wbs6cghlq5i2j2yd2bb2zndn5ep7ralzphkdy",
        ),
        (extended(508), 0, 5, first, "bafkzcibcaac542av3szurbbscwuu3zjssvfwbpsvbjf6y3tukvlgl2nf5rha6pa"),
        (extended(4), 504, 5, first, "bafkzcibd7abqlxticxolgseegik2stpfgkkuwyf6kufex3doorkvmzpjuxwe4dz4"),
        (extended(5), 503, 5, first, "bafkzcibd64bqlxticxolgseegik2stpfgkkuwyf6kufex3doorkvmzpjuxwe4dz4"),
    ];
    for (payload, padding, height, v1, v2) in rows {
        let piece = Piece::of(&payload);
        assert_eq!((piece.padding(), piece.height.get()), (padding, height));
        assert_eq!((piece.cid_v1().to_string().as_str(), piece.cid_v2().to_string().as_str()), (v1, v2));
        assert_eq!((v1.parse(), v2.parse()), (Ok(piece.cid_v1()), Ok(piece.cid_v2())));
    }
}

#[test]
fn zero_commitments_are_the_published_ones() {
    // Reference rows 170 to 176.
    let rows = [
        (30, "077e5fde35c50a9303a55009e3498a4ebedff39c42b710b730d8ec7ac7afa63e"),
        (31, "e64005a6bfe3777953b8ad6ef93f0fca1049b2041654f2a411f7702799cece02"),
        (1, "f5a5fd42d16a20302798ef6ed309979b43003d2320d9f0e8ea9831a92759fb0b"),
        (2, "3731bb99ac689f66eef5973e4a94da188f4ddcae580724fc6f3fd60dfd488333"),
        (3, "642a607ef886b004bf2c1978463ae1d4693ac0f410eb2d1b7a47fe205e5e750f"),
        (5, "1f7ac9595510e09ea41c460b176430bb322cd6fb412ec57cb17d989a4310372f"),
        (24, "39560e7b13a93b07a243fd2720ffa7cb3e1d2e505ab3629e79f46313512cda06"),
    ];
    for (height, root) in rows {
        assert_eq!(zero_commitment(height).to_string(), root, "height {height}");
    }
    let named = |height| PieceCid::V1 { root: zero_commitment(height) }.to_string();
    assert_eq!(named(30), "baga6ea4seaqao7s73y24kcutaosvacpdjgfe5pw76ooefnyqw4ynr3d2y6x2mpq");
    assert_eq!(named(31), "baga6ea4seaqomqafu276g53zko4k23xzh4h4uecjwicbmvhsuqi7o4bhthhm4aq");
}

#[test]
fn an_aggregated_deal_gives_a_2048th_to_its_index() {
    // Reference row 177.
    for (deal, entries) in [(1 << 20, 8), (1 << 30, 8192), (1 << 35, 262_144), (1 << 36, 524_288), (2048, 4)]
    {
        assert_eq!(index_entries(deal), entries, "{deal}");
    }
}

#[test]
fn what_names_no_piece_is_refused_by_name() {
    let refused = |text: &str| text.parse::<PieceCid>().expect_err(text);
    let raw = "bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku";
    assert_eq!(refused(raw), PieceCidError::Kind { codec: 0x55, function: 0x12 });
    let sealed = SealedCid(zero_commitment(6));
    assert_eq!(sealed.to_string().parse(), Ok(sealed));
    assert_eq!(refused(&sealed.to_string()), PieceCidError::Kind { codec: 0xf102, function: 0xb401 });
    let sized = |height: u8, padding: u8| {
        let head = [1, 0x55, 0x91, 0x20, 34, padding, height];
        PieceCid::from_bytes(&[&head[..], &[0; 32]].concat())
    };
    assert_eq!(sized(1, 0), Err(PieceCidError::Height(1)));
    assert_eq!(sized(51, 0), Err(PieceCidError::Height(51)));
    assert!(sized(2, 127).is_ok());
    assert!(refused("Qm").to_string().contains("base32"));
}

/// The root as the definition says it: all leaves, level by level.
fn root_by_levels(mut nodes: Vec<Node>, height: u8) -> Node {
    nodes.resize(1 << height, Node::ZERO);
    while nodes.len() > 1 {
        nodes = nodes.chunks(2).map(|pair| sha254_pair(&pair[0], &pair[1])).collect();
    }
    nodes[0]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn fr32_gives_back_what_it_was_given_and_leaves_two_bits_free(payload in vec(any::<u8>(), 0..1100)) {
        let nodes = pad(&payload);
        prop_assert!(nodes.iter().all(|node| node.0[31] & 0xc0 == 0));
        let mut back = unpad(&nodes);
        prop_assert!(back.split_off(payload.len()).iter().all(|byte| *byte == 0));
        prop_assert_eq!(back, payload);
    }

    #[test]
    fn fr32_moves_bits_as_the_definition_says(payload in vec(any::<u8>(), 127..=127)) {
        let nodes = pad(&payload);
        for bit in 0..1016 {
            let before = payload[bit / 8] >> (bit % 8) & 1;
            let (node, at) = (bit / 254, bit % 254);
            prop_assert_eq!(nodes[node].0[at / 8] >> (at % 8) & 1, before, "bit {}", bit);
        }
    }

    #[test]
    fn commp_does_not_depend_on_slices_and_is_the_plain_tree(
        payload in vec(any::<u8>(), 0..3000),
        cuts in vec(1usize..400, 1..40),
    ) {
        let mut hasher = CommP::new();
        let mut rest = payload.as_slice();
        for cut in cuts {
            let (now, later) = rest.split_at(cut.min(rest.len()));
            hasher.write(now);
            rest = later;
        }
        hasher.write(rest);
        let piece = hasher.finish();
        prop_assert_eq!(piece, Piece::of(&payload));
        prop_assert_eq!(piece.root, root_by_levels(pad(&payload), piece.height.get()));
    }

    #[test]
    fn comm_d_from_roots_is_the_tree_over_the_sector(sizes in vec(0usize..300, 0..6)) {
        let payloads: Vec<Vec<u8>> = sizes.iter().map(|size| vec![*size as u8 | 1; *size]).collect();
        let sector = PieceHeight::new(6);
        let pieces: Vec<_> = payloads.iter().map(|payload| Piece::of(payload)).collect();
        let sized: Vec<_> = pieces.iter().map(|piece| (piece.height, piece.root)).collect();
        let joined = comm_d(sector, &sized);
        match assemble_payloads(sector, &payloads) {
            Ok((data, _)) => prop_assert_eq!(joined, Ok(root_by_levels(data, 6))),
            Err(full) => prop_assert_eq!(joined, Err(full)),
        }
    }
}
