//! fr32 padding: payload bits as field elements.
//!
//! The payload is a stream of bits, lowest bit of each byte first. After every 254 bits come two zero bits, so that 127
//! bytes become four nodes of 32 bytes, each below 2^254. Source: rust-fil-proofs `fr32/src/padding.rs`; Filecoin
//! specification, "Piece data padding".

use super::node::Node;

/// Payload bytes of one group.
pub const GROUP_BYTES: usize = 127;
/// Nodes that a group becomes.
pub const GROUP_NODES: usize = 4;

/// Top word of a node: 62 of its bits carry payload.
const TOP: u64 = u64::MAX >> 2;

/// Pads one group of 127 bytes into four nodes.
pub fn pad_group(payload: &[u8; GROUP_BYTES]) -> [Node; GROUP_NODES] {
    // One word more than there is, so that the word above any bit can be read.
    let mut words = [0u64; 17];
    for (word, bytes) in words.iter_mut().zip(payload.chunks(8)) {
        let mut buffer = [0; 8];
        buffer[..bytes.len()].copy_from_slice(bytes);
        *word = u64::from_le_bytes(buffer);
    }
    let mut nodes = [Node::ZERO; GROUP_NODES];
    for (k, node) in nodes.iter_mut().enumerate() {
        for i in 0..4 {
            let (at, shift) = word_and_shift(k, i);
            let above = if shift == 0 { 0 } else { words[at + 1] << (64 - shift) };
            let mask = if i == 3 { TOP } else { u64::MAX };
            let bits = ((words[at] >> shift) | above) & mask;
            node.0[8 * i..8 * i + 8].copy_from_slice(&bits.to_le_bytes());
        }
    }
    nodes
}

/// Takes the padding out of four nodes; their two highest bits are dropped.
pub fn unpad_group(nodes: &[Node; GROUP_NODES]) -> [u8; GROUP_BYTES] {
    let mut words = [0u64; 17];
    for (k, node) in nodes.iter().enumerate() {
        for (i, bytes) in node.0.chunks_exact(8).enumerate() {
            let mask = if i == 3 { TOP } else { u64::MAX };
            let bits = u64::from_le_bytes(bytes.try_into().expect("eight bytes")) & mask;
            let (at, shift) = word_and_shift(k, i);
            words[at] |= bits << shift;
            if shift != 0 {
                words[at + 1] |= bits >> (64 - shift);
            }
        }
    }
    let mut payload = [0; GROUP_BYTES];
    for (bytes, word) in payload.chunks_mut(8).zip(words) {
        bytes.copy_from_slice(&word.to_le_bytes()[..bytes.len()]);
    }
    payload
}

/// Where in the payload the bits of word `i` of node `k` begin.
fn word_and_shift(k: usize, i: usize) -> (usize, usize) {
    let bit = 254 * k + 64 * i;
    (bit / 64, bit % 64)
}

/// Pads a payload; the last group is extended with zeros. No bytes give no nodes.
pub fn pad(payload: &[u8]) -> Vec<Node> {
    let mut nodes = Vec::with_capacity(payload.len().div_ceil(GROUP_BYTES) * GROUP_NODES);
    for bytes in payload.chunks(GROUP_BYTES) {
        let mut group = [0; GROUP_BYTES];
        group[..bytes.len()].copy_from_slice(bytes);
        nodes.extend_from_slice(&pad_group(&group));
    }
    nodes
}

/// Takes the padding out again. Of an incomplete last group nothing is given back.
pub fn unpad(nodes: &[Node]) -> Vec<u8> {
    let (groups, _) = nodes.as_chunks::<GROUP_NODES>();
    groups.iter().flat_map(unpad_group).collect()
}
