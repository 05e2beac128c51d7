//! `lastcopy seal`: what sealing files into a sector gives, step by step, in the proofs library's values.
//!
//! The keys of `--json` are those of `models/tests/vectors/proofs.json`, so that the output of a run can be laid beside
//! what the library gives for the same sector.

use super::commp::unreadable;
use super::output;
use clap::Args as ClapArgs;
use lastcopy::failure::Failure;
use models::filecoin::piece::cid::{PieceCid, SealedCid};
use models::filecoin::piece::commp::Piece;
use models::filecoin::piece::layout::{Placement, assemble_payloads};
use models::filecoin::piece::node::Node;
use models::filecoin::piece::size::SectorSize;
use models::filecoin::proofs::family::ProofFamily;
use models::filecoin::proofs::graph::{DRG_DEGREE, Graphs};
use models::filecoin::proofs::identity::{
    PorepId, PorepSeed, PostRandomness, ProverId, SealIdentity, SectorNumber, Ticket,
};
use models::filecoin::proofs::porep::{PorepKind, PorepStatement};
use models::filecoin::proofs::post::{PostChallenge, PostKind, winning_sector};
use models::filecoin::proofs::seal::{Sealer, Workings};
use serde_json::{Value, json};
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// Sets of sectors for which the winning one is shown.
const SETS: [u64; 3] = [1, 7, 1000];

/// Arguments of `lastcopy seal`. Values of 32 bytes are 64 hexadecimal digits. Pieces are placed in the order given,
/// each at the next multiple of its own size; no file at all is a sector of committed capacity. An 8 MiB
/// sector takes some ten seconds.
#[derive(Debug, ClapArgs)]
pub(super) struct Args {
    /// Files to seal, one piece each
    files: Vec<PathBuf>,
    /// 2KiB or 8MiB
    #[arg(long, value_name = "SIZE", value_parser = parse::<SectorSize>)]
    sector_size: SectorSize,
    /// Actor id of the miner
    #[arg(long, value_name = "N")]
    actor_id: u64,
    /// Number of the sector
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(..=i64::MAX as u64))]
    sector_number: u64,
    /// Randomness that the sealing begins with
    #[arg(long, value_name = "HEX", value_parser = parse::<Node>)]
    ticket: Node,
    /// The proof's id: number of the registered proof as u64 in little-endian order, then zeros
    #[arg(long, value_name = "HEX", value_parser = parse::<Node>)]
    porep_id: Node,
    /// Randomness that picks the challenges of the proof of replication
    #[arg(long, value_name = "HEX", value_parser = parse::<Node>)]
    porep_seed: Option<Node>,
    /// Randomness of WindowPoSt and WinningPoSt; the two highest bits of its last byte are clear
    #[arg(long, value_name = "HEX", value_parser = field_element)]
    post_randomness: Option<Node>,
    /// Print everything as JSON
    #[arg(long)]
    json: bool,
}

fn parse<T: std::str::FromStr<Err: std::fmt::Display>>(text: &str) -> Result<T, String> {
    text.parse().map_err(|error: T::Err| error.to_string())
}

fn field_element(text: &str) -> Result<Node, String> {
    let node: Node = parse(text)?;
    if node.0[31] & 0xc0 == 0 {
        Ok(node)
    } else {
        Err("has one of the two highest bits of its last byte set".into())
    }
}

/// Runs the command.
///
/// # Errors
/// If a file cannot be read, or the files do not fit.
pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let room = args.sector_size.height().payload_bytes();
    let read = |path: &PathBuf| {
        let payload = read(path, room).map_err(|error| unreadable(path, &error))?;
        if payload.len() as u64 > room {
            let size = args.sector_size;
            let message =
                format!("{}: more than the {room} bytes that a {size} sector holds", path.display());
            return Err(Failure::Usage(message));
        }
        Ok(payload)
    };
    let payloads: Vec<Vec<u8>> = args.files.iter().map(read).collect::<Result<_, _>>()?;
    let (data, places) = assemble_payloads(args.sector_size.height(), &payloads)
        .map_err(|error| Failure::Usage(format!("the files do not fit: {error}")))?;
    let sector = Sector::seal(args, data);
    if args.json {
        let value = sector.json(args, &payloads, &places);
        return output::print(&format!("{}\n", serde_json::to_string_pretty(&value).expect("string keys")));
    }
    output::print(&sector.text())
}

/// The file's bytes, and one more than there is room for if it is too long.
fn read(path: &Path, room: u64) -> io::Result<Vec<u8>> {
    let file = File::open(path)?;
    if file.metadata()?.is_dir() {
        return Err(io::ErrorKind::IsADirectory.into());
    }
    let mut payload = Vec::new();
    file.take(room + 1).read_to_end(&mut payload)?;
    Ok(payload)
}

struct Sector {
    sealer: Sealer,
    identity: SealIdentity,
    workings: Workings,
    comm_d: Node,
    comm_r: Node,
}

impl Sector {
    fn seal(args: &Args, data: Vec<Node>) -> Self {
        let family = ProofFamily::SdrPoseidon;
        let identity = SealIdentity {
            prover: ProverId::of_actor(args.actor_id),
            sector: SectorNumber(args.sector_number),
            ticket: Ticket(args.ticket.0),
            porep_id: PorepId(args.porep_id.0),
        };
        let sealer =
            Sealer::with_porep_id(family, args.sector_size, identity.porep_id, &mut Graphs::default());
        let workings = sealer.work(&identity, data).expect("fr32 makes field elements");
        let comm_r = family.comm_r(&workings.comm_c, &workings.tree_r.root()).expect("so does Poseidon");
        Sector { sealer, identity, comm_d: workings.tree_d.root(), comm_r, workings }
    }

    fn text(&self) -> String {
        let lines = [
            ("replica id", self.identity.replica_id(&self.comm_d).to_string()),
            ("comm_d", self.comm_d.to_string()),
            ("comm_c", self.workings.comm_c.to_string()),
            ("comm_r_last", self.workings.tree_r.root().to_string()),
            ("comm_r", self.comm_r.to_string()),
            ("comm_r cid", SealedCid(self.comm_r).to_string()),
        ];
        lines.iter().map(|(name, value)| format!("{name:<12} {value}\n")).collect()
    }

    fn json(&self, args: &Args, payloads: &[Vec<u8>], places: &[Placement]) -> Value {
        let mut value = json!({
            "sector_size": args.sector_size.bytes(),
            "actor_id": args.actor_id,
            "prover_id": self.identity.prover.to_string(),
            "sector_number": args.sector_number,
            "ticket": args.ticket.to_string(),
            "porep_id": args.porep_id.to_string(),
            "pieces": payloads.iter().zip(places).map(|(payload, place)| piece(payload, place)).collect::<Vec<_>>(),
            "layers": self.workings.labels.len(),
            "nodes": args.sector_size.nodes(),
            "replica_id": self.identity.replica_id(&self.comm_d).to_string(),
            "comm_d": self.comm_d.to_string(),
            "comm_d_cid": PieceCid::V1 { root: self.comm_d }.to_string(),
            "comm_c": self.workings.comm_c.to_string(),
            "comm_r_last": self.workings.tree_r.root().to_string(),
            "comm_r": self.comm_r.to_string(),
            "comm_r_cid": SealedCid(self.comm_r).to_string(),
            "node_values": self.shown_nodes().map(|node| self.node(node)).collect::<Vec<_>>(),
        });
        if let Some(seed) = args.porep_seed {
            value["porep_seed"] = json!(seed.to_string());
            value["porep_challenges"] = json!(self.porep_challenges(seed));
        }
        if let Some(randomness) = args.post_randomness {
            value["post_randomness"] = json!(randomness.to_string());
            self.add_post(PostRandomness::of_chain(randomness.0), &mut value);
        }
        value
    }

    /// The first nodes, one of the middle, and the last: those of the vectors.
    fn shown_nodes(&self) -> impl Iterator<Item = u32> {
        let nodes = self.sealer.size().nodes();
        [0, 1, 2, 3, 17, nodes / 2, nodes - 2, nodes - 1].into_iter()
    }

    fn node(&self, node: u32) -> Value {
        let (graph, columns) = (self.sealer.graph(), self.workings.tree_c.as_ref());
        let (same, before) = graph.expect("SDR has a graph").parents(node).split_at(DRG_DEGREE);
        let at = node as usize;
        json!({
            "node": node,
            "drg_parents": same,
            "exp_parents": before,
            "label_layer1": self.workings.labels[0][at].to_string(),
            "label_layer2": self.workings.labels[1][at].to_string(),
            "column_hash": columns.expect("SDR has columns").leaves()[at].to_string(),
            "replica": self.workings.tree_r.leaves()[at].to_string(),
        })
    }

    fn porep_challenges(&self, seed: Node) -> Vec<u32> {
        let statement = PorepStatement {
            identity: self.identity,
            comm_d: self.comm_d,
            comm_r: self.comm_r,
            kind: PorepKind::Interactive(PorepSeed(seed.0)),
        };
        statement.challenges(&self.sealer)
    }

    fn add_post(&self, randomness: PostRandomness, value: &mut Value) {
        let leaves = |kind| {
            let challenge = PostChallenge { kind, randomness, sector: self.identity.sector };
            challenge.leaves(self.sealer.family(), self.sealer.size())
        };
        let tree = &self.workings.tree_r;
        let window = leaves(PostKind::Window);
        let opened = |(challenge, leaf): (usize, &u64)| json!({ "challenge": challenge, "leaf_index": leaf, "leaf": tree.open(*leaf).leaf.to_string() });
        value["window_post"] = window.iter().enumerate().map(opened).collect();
        let path = tree.open(window[0]).siblings;
        let level = |siblings: &[Node]| siblings.iter().map(Node::to_string).collect::<Vec<_>>();
        value["window_post_path0"] =
            json!(path.chunks(tree.kind().arity() - 1).map(level).collect::<Vec<_>>());
        value["winning_post_leaf_indices"] = json!(leaves(PostKind::Winning));
        let winner = |sectors: u64| json!({ "sector_set_len": sectors, "sector_index": winning_sector(&self.identity.prover, &randomness, sectors, 0) });
        value["winning_post_sector"] = SETS.into_iter().map(winner).collect();
    }
}

fn piece(payload: &[u8], place: &Placement) -> Value {
    json!({
        "len": payload.len(),
        "padded_piece_size": place.height.padded_bytes(),
        "padded_offset": place.padded_offset(),
        "commp": Piece::of(payload).root.to_string(),
    })
}
