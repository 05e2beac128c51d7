//! The run's content: every distinct block once, every object as a DAG over them.
//!
//! Blocks are told apart by multihash, as block stores do: the same bytes under two codecs or CID
//! versions are one block. Inline blocks (identity CIDs) travel inside their parents and are no blocks
//! here. A block's bytes were hashed when it was imported; honest copies are known to be good by its id
//! ("verify once"), and only a copy that its holder altered is hashed again ([`Content::verify_altered`]).

use crate::cid::Cid;
use crate::config::Config;
use crate::ids::{BlockId, ObjectId};
use crate::ipfs::dht::Key;
use crate::ipfs::unixfs::Dag;
use std::collections::BTreeMap;
use std::sync::Arc;

/// One distinct block.
#[derive(Clone, Debug)]
pub struct Block {
    /// Its name.
    pub cid: Cid,
    /// Bytes on disk and on the wire, nominal.
    pub size: u32,
    /// Bytes of file payload in it, nominal; zero for inner nodes and directories.
    pub payload: u32,
    children: (u32, u32),
    /// Number of its DAG and its position there, where its bytes are if they were kept.
    source: (u32, u32),
}

/// One object.
#[derive(Clone, Debug)]
pub struct Object {
    /// `group/number`.
    pub name: String,
    /// Number of its group in the configuration.
    pub group: usize,
    /// Its root, unless the whole object is inline in its own CID.
    pub root: Option<BlockId>,
    /// Text of the root's CID.
    pub root_cid: String,
    /// Distinct blocks, root first.
    pub blocks: Vec<BlockId>,
    /// Nominal bytes of file payload, repeats counted.
    pub size: u64,
}

/// All content of a run.
#[derive(Clone, Debug, Default)]
pub struct Content {
    blocks: Vec<Block>,
    children: Vec<BlockId>,
    objects: Vec<Object>,
    /// Objects that contain a block.
    parents: Vec<Vec<ObjectId>>,
    /// Places of the blocks in the key space of the DHT.
    keys: Vec<Key>,
    dags: Vec<Arc<Dag>>,
}

impl Content {
    /// Gathers the objects of a configuration, in its order.
    pub fn new(config: &Config) -> Self {
        let mut content = Content::default();
        let mut by_hash = BTreeMap::new();
        for (group, objects) in config.objects.iter().enumerate() {
            for (number, dag) in objects.dags.iter().enumerate() {
                let name = format!("{}/{number}", objects.name);
                content.add_object(name, group, dag, u64::from(objects.shrink), &mut by_hash);
            }
        }
        content
    }

    fn add_object(
        &mut self,
        name: String,
        group: usize,
        dag: &Arc<Dag>,
        shrink: u64,
        by_hash: &mut BTreeMap<Vec<u8>, BlockId>,
    ) {
        let id = ObjectId(self.objects.len() as u32);
        let dag_number = self.dags.len() as u32;
        self.dags.push(Arc::clone(dag));
        // Place of every block of this DAG in the run's numbering; inline blocks have none. Children come
        // before parents, so a fresh block's children are already placed.
        let mut places: Vec<Option<BlockId>> = Vec::with_capacity(dag.blocks().len());
        let mut sizes: Vec<u64> = Vec::with_capacity(dag.blocks().len());
        for (position, block) in dag.blocks().iter().enumerate() {
            let position = position as u32;
            let below: u64 = dag.children(position).iter().map(|&child| sizes[child as usize]).sum();
            sizes.push(u64::from(block.payload) * shrink + below);
            if block.cid.inline_block().is_some() {
                places.push(None);
                continue;
            }
            let hash = block.cid.multihash_bytes();
            let place = match by_hash.get(&hash) {
                Some(&known) => known,
                None => {
                    let fresh = self.add_block(dag, dag_number, position, shrink, &places, &hash);
                    by_hash.insert(hash, fresh);
                    fresh
                }
            };
            places.push(Some(place));
        }
        let root = places[dag.root() as usize];
        let blocks = distinct_root_first(places.into_iter().flatten().collect(), root);
        for block in &blocks {
            self.parents[block.index()].push(id);
        }
        let size = sizes[dag.root() as usize];
        self.objects.push(Object { name, group, root, root_cid: dag.root_cid().to_string(), blocks, size });
    }

    fn add_block(
        &mut self,
        dag: &Dag,
        dag_number: u32,
        position: u32,
        shrink: u64,
        places: &[Option<BlockId>],
        hash: &[u8],
    ) -> BlockId {
        let id = BlockId(u32::try_from(self.blocks.len()).expect("fewer than 2^32 blocks"));
        let block = dag.block(position);
        // Only leaf payload scales: headers, links and inner nodes count at their real size.
        let payload = u64::from(block.payload) * shrink;
        let size = u64::from(block.size - block.payload) + payload;
        let first = self.children.len() as u32;
        self.children.extend(dag.children(position).iter().filter_map(|&child| places[child as usize]));
        self.blocks.push(Block {
            cid: block.cid.clone(),
            size: u32::try_from(size).expect("a nominal block is below 4 GiB: the check bounds it"),
            payload: u32::try_from(payload).expect("a payload is no larger than its block"),
            children: (first, self.children.len() as u32),
            source: (dag_number, position),
        });
        self.parents.push(Vec::new());
        self.keys.push(Key::from_preimage(hash));
        id
    }

    /// One block.
    pub fn block(&self, id: BlockId) -> &Block {
        &self.blocks[id.index()]
    }

    /// Places of all blocks in the key space of the DHT: SHA-256 of their multihashes.
    pub fn keys(&self) -> &[Key] {
        &self.keys
    }

    /// Number of distinct blocks.
    pub fn block_count(&self) -> usize {
        self.blocks.len()
    }

    /// Children of a block in link order, repeats kept, inline blocks left out.
    pub fn children(&self, id: BlockId) -> &[BlockId] {
        let (from, until) = self.blocks[id.index()].children;
        &self.children[from as usize..until as usize]
    }

    /// All objects.
    pub fn objects(&self) -> &[Object] {
        &self.objects
    }

    /// One object.
    pub fn object(&self, id: ObjectId) -> &Object {
        &self.objects[id.index()]
    }

    /// Objects that contain a block.
    pub fn objects_with(&self, id: BlockId) -> &[ObjectId] {
        &self.parents[id.index()]
    }

    /// Checks an altered copy of a block as its receiver does: the bytes that the holder sent are hashed
    /// for real and compared with the name. The holder flipped bit `flip` (modulo the block's length).
    ///
    /// # Panics
    /// If the block's bytes were not kept: the scenario check keeps them wherever a group tampers.
    pub fn verify_altered(&self, id: BlockId, flip: u64) -> bool {
        let block = self.block(id);
        let (dag, position) = block.source;
        let honest = self.dags[dag as usize].bytes(position).expect("a run with tampering keeps its bytes");
        let mut sent = honest.to_vec();
        let bits = sent.len() as u64 * 8;
        if bits == 0 {
            // The empty block has no bit to flip: the holder sends one byte where there should be none.
            sent.push(1);
        } else {
            let bit = flip % bits;
            sent[(bit / 8) as usize] ^= 1 << (bit % 8);
        }
        block.cid.verify(&sent)
    }
}

/// Each block once, in order, the root in front.
fn distinct_root_first(mut blocks: Vec<BlockId>, root: Option<BlockId>) -> Vec<BlockId> {
    blocks.sort_unstable();
    blocks.dedup();
    if let Some(place) = root.and_then(|root| blocks.binary_search(&root).ok()) {
        blocks[..=place].rotate_right(1);
    }
    blocks
}
