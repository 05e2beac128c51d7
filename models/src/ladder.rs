//! The ladder of every object at every moment: served, discoverable, online, stored, or lost.
//!
//! ```text
//! served        some discoverable holder sends what it was asked for, unaltered
//!   |  ⊆
//! discoverable  an unexpired provider record of the root, on a DHT server that is up, names a holder of
//!   |  ⊆        the root that is up
//! online        every block is on some node that is up
//!   |  ⊆
//! stored        every block is on some node, up or not
//!
//! lost          some block is on no node at all; absorbing
//! ```
//!
//! A block on its way between two nodes counts as being somewhere: an object whose last holder deletes it while a
//! copy is in flight is not lost unless that copy arrives nowhere. So a lost object never becomes found.
//!
//! Nothing here is sampled: each count changes when a block, a node or a record does, so the instant and the
//! cause of a loss are exact. Rungs are of the whole network: a partition shows in reads, not here.
//!
//! "Discoverable" asks for a record on *any* server that is up. A walk ends at the 20 closest, and a record
//! outside them is found only by chance; the two differ when servers that join later push the holders of a
//! record out of the 20 closest.

use crate::content::Content;
use crate::ids::{BlockId, NodeId, ObjectId};
use crate::provenance::{ActId, Came, Holder, Provenance, Went};
use sim_core::time::{SimSpan, SimTime};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

/// Where an object stands, from worst to best.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, serde::Serialize, serde::Deserialize)]
#[repr(u8)]
pub enum Rung {
    /// No rebuilding set anywhere.
    Lost,
    /// On disks, but not all of it on nodes that are up.
    Stored,
    /// On nodes that are up, but no live record leads there.
    Online,
    /// A live record leads there, but its holder sends altered bytes.
    Discoverable,
    /// Anybody who asks gets it.
    Served,
}

impl Rung {
    /// All rungs, from worst to best.
    pub const ALL: [Rung; 5] = [Rung::Lost, Rung::Stored, Rung::Online, Rung::Discoverable, Rung::Served];

    /// Name in tables.
    pub const fn name(self) -> &'static str {
        match self {
            Rung::Lost => "lost",
            Rung::Stored => "stored",
            Rung::Online => "online",
            Rung::Discoverable => "discoverable",
            Rung::Served => "served",
        }
    }
}

/// One stay of one object on one rung.
#[derive(Clone, Copy, Debug, serde::Serialize, serde::Deserialize)]
pub struct Stay {
    /// What.
    pub object: ObjectId,
    /// On which rung.
    pub rung: Rung,
    /// Since when.
    pub from: SimTime,
    /// Until when.
    pub until: SimTime,
}

/// Story of one object so far.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
pub struct Standing {
    /// Distinct blocks that are on no node.
    missing: u32,
    /// Distinct blocks that are on no node that is up.
    offline: u32,
    /// The whole object is in its own CID: there is no block to hold.
    pub is_inline: bool,
    /// Live records, and those of them whose provider is honest.
    live_records: u32,
    honest_records: u32,
    /// When it was published.
    pub published: Option<SimTime>,
    /// Present rung, once published.
    pub rung: Option<Rung>,
    since: SimTime,
    /// Time spent on each rung so far, worst first.
    pub time_on: [SimSpan; 5],
    /// When and why the last copy's last block went.
    pub lost: Option<(SimTime, Went)>,
    /// What took the last copy of the block that was last to go missing.
    last_act: Option<ActId>,
    /// Copies at present.
    pub copies: u32,
    /// Copies that ever were.
    pub copies_made: u32,
    /// Time with at most one copy, before any loss.
    pub exposure: SimSpan,
    exposed_since: Option<SimTime>,
}

impl Standing {
    fn new(blocks: usize) -> Self {
        Standing {
            missing: blocks as u32,
            offline: blocks as u32,
            is_inline: blocks == 0,
            live_records: 0,
            honest_records: 0,
            published: None,
            rung: None,
            since: SimTime::ZERO,
            time_on: [SimSpan::ZERO; 5],
            lost: None,
            last_act: None,
            copies: 0,
            copies_made: 0,
            exposure: SimSpan::ZERO,
            exposed_since: None,
        }
    }

    /// Time on `rung` or a better one.
    pub fn time_at_least(&self, rung: Rung) -> SimSpan {
        self.time_on[rung as usize..].iter().fold(SimSpan::ZERO, |sum, &span| sum + span)
    }

    /// Time since publication that was watched.
    pub fn observed(&self) -> SimSpan {
        self.time_at_least(Rung::Lost)
    }

    /// Whether every block is on some node, up or not, or on its way.
    pub fn is_somewhere(&self) -> bool {
        self.missing == 0
    }

    fn rung_now(&self) -> Rung {
        if self.is_inline {
            // The name itself carries the bytes: whoever can ask has them.
            Rung::Served
        } else if self.missing > 0 {
            Rung::Lost
        } else if self.offline > 0 {
            Rung::Stored
        } else if self.live_records == 0 {
            Rung::Online
        } else if self.honest_records == 0 {
            Rung::Discoverable
        } else {
            Rung::Served
        }
    }
}

/// One provider record of an object's root.
#[derive(Clone, Copy, Debug, serde::Serialize, serde::Deserialize)]
struct Record {
    object: ObjectId,
    server: NodeId,
    provider: NodeId,
    expires: SimTime,
    live: bool,
}

/// State of every object.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
pub struct Ladder {
    objects: Vec<Standing>,
    /// Holders of every block (copies on their way included), and those of them that are up.
    holders: Vec<u32>,
    online_holders: Vec<u32>,
    /// Blocks that a node has of an object.
    have: BTreeMap<(NodeId, ObjectId), u32>,
    /// What last took each block from a disk.
    last_acts: Vec<Option<ActId>>,
    provenance: Provenance,
    records: Vec<Record>,
    record_of: BTreeMap<(ObjectId, NodeId, NodeId), u32>,
    by_server: BTreeMap<NodeId, Vec<u32>>,
    by_provider: BTreeMap<NodeId, Vec<u32>>,
    expiries: BinaryHeap<Reverse<(SimTime, u32)>>,
    stays: Vec<Stay>,
}

/// What the ladder asks about nodes.
pub trait Nodes {
    /// Whether a node is up.
    fn is_up(&self, node: NodeId) -> bool;
    /// Whether a node has a block.
    fn has(&self, node: NodeId, block: BlockId) -> bool;
    /// Whether a node sends what it was asked for, unaltered.
    fn is_honest(&self, node: NodeId) -> bool;
}

impl Ladder {
    /// Nothing is published yet.
    pub fn new(content: &Content) -> Self {
        Ladder {
            objects: content.objects().iter().map(|object| Standing::new(object.blocks.len())).collect(),
            holders: vec![0; content.block_count()],
            online_holders: vec![0; content.block_count()],
            have: BTreeMap::new(),
            last_acts: vec![None; content.block_count()],
            provenance: Provenance::default(),
            records: Vec::new(),
            record_of: BTreeMap::new(),
            by_server: BTreeMap::new(),
            by_provider: BTreeMap::new(),
            expiries: BinaryHeap::new(),
            stays: Vec::new(),
        }
    }

    /// Standing of one object.
    pub fn standing(&self, object: ObjectId) -> &Standing {
        &self.objects[object.index()]
    }

    /// Standing of every object, in order.
    pub fn standings(&self) -> &[Standing] {
        &self.objects
    }

    /// Every copy that ever was, how it came and how it went.
    pub fn provenance(&self) -> &Provenance {
        &self.provenance
    }

    /// The same, to write down pins and departures.
    pub fn provenance_mut(&mut self) -> &mut Provenance {
        &mut self.provenance
    }

    /// Every finished stay on a rung, in order of its end.
    pub fn stays(&self) -> &[Stay] {
        &self.stays
    }

    /// The object is out: from now on it has a rung.
    pub fn published(&mut self, object: ObjectId, now: SimTime) {
        let standing = &mut self.objects[object.index()];
        if standing.published.is_none() {
            standing.published = Some(now);
            standing.since = now;
            standing.exposed_since = (standing.copies <= 1 && !standing.is_inline).then_some(now);
        }
        self.settle(object, now);
    }

    /// `node` has stored `block`.
    pub fn block_stored(
        &mut self,
        node: NodeId,
        block: BlockId,
        why: Came,
        content: &Content,
        nodes: &impl Nodes,
        now: SimTime,
    ) {
        let up = nodes.is_up(node);
        self.holders[block.index()] += 1;
        let first = self.holders[block.index()] == 1;
        self.online_holders[block.index()] += u32::from(up);
        let first_online = up && self.online_holders[block.index()] == 1;
        for &object in content.objects_with(block) {
            let standing = &mut self.objects[object.index()];
            standing.missing -= u32::from(first);
            standing.offline -= u32::from(first_online);
            let have = self.have.entry((node, object)).or_default();
            *have += 1;
            if *have as usize == content.object(object).blocks.len() {
                self.provenance.came(object, Holder::Node(node), why, now);
                self.count_copy(object, true, now);
            }
            if content.object(object).root == Some(block) {
                self.recheck_provider(node, Some(object), content, nodes, now);
            }
            self.settle(object, now);
        }
    }

    /// `node` has deleted `block`.
    pub fn block_deleted(
        &mut self,
        node: NodeId,
        block: BlockId,
        why: Went,
        content: &Content,
        nodes: &impl Nodes,
        now: SimTime,
    ) {
        let up = nodes.is_up(node);
        self.holders[block.index()] -= 1;
        let last = self.holders[block.index()] == 0;
        self.online_holders[block.index()] -= u32::from(up);
        let last_online = up && self.online_holders[block.index()] == 0;
        let act = self.provenance.act(Holder::Node(node), why, now);
        self.last_acts[block.index()] = Some(act);
        for &object in content.objects_with(block) {
            let standing = &mut self.objects[object.index()];
            standing.missing += u32::from(last);
            standing.offline += u32::from(last_online);
            if last {
                standing.last_act = Some(act);
            }
            let have = self.have.get_mut(&(node, object)).expect("who deletes a block had it");
            *have -= 1;
            if *have as usize + 1 == content.object(object).blocks.len() {
                self.provenance.went(object, act);
                self.count_copy(object, false, now);
            }
            if content.object(object).root == Some(block) {
                self.recheck_provider(node, Some(object), content, nodes, now);
            }
            self.settle(object, now);
        }
    }

    /// An unaltered copy of `block` has left its holder.
    pub fn block_sent(&mut self, block: BlockId) {
        self.holders[block.index()] += 1;
    }

    /// A copy that was on its way has arrived (and, if wanted, was stored just before) or was dropped.
    pub fn block_landed(&mut self, block: BlockId, content: &Content, now: SimTime) {
        self.holders[block.index()] -= 1;
        if self.holders[block.index()] == 0 {
            for &object in content.objects_with(block) {
                let standing = &mut self.objects[object.index()];
                standing.missing += 1;
                standing.last_act = self.last_acts[block.index()];
                self.settle(object, now);
            }
        }
    }

    /// A holder that has an object whole or not at all, such as a sector, has it now. It keeps the object stored, not
    /// online: whoever can serve from such a holder says so by blocks on a node.
    pub fn whole_stored(
        &mut self,
        object: ObjectId,
        holder: Holder,
        why: Came,
        content: &Content,
        now: SimTime,
    ) {
        self.provenance.came(object, holder, why, now);
        self.count_copy(object, true, now);
        for &block in &content.object(object).blocks {
            self.holders[block.index()] += 1;
            if self.holders[block.index()] == 1 {
                for &object in content.objects_with(block) {
                    self.objects[object.index()].missing -= 1;
                    self.settle(object, now);
                }
            }
        }
    }

    /// A holder that had an object whole has lost it.
    pub fn whole_gone(
        &mut self,
        object: ObjectId,
        holder: Holder,
        why: Went,
        content: &Content,
        now: SimTime,
    ) {
        let act = self.provenance.act(holder, why, now);
        self.provenance.went(object, act);
        self.count_copy(object, false, now);
        for &block in &content.object(object).blocks {
            self.holders[block.index()] -= 1;
            self.last_acts[block.index()] = Some(act);
            if self.holders[block.index()] == 0 {
                for &object in content.objects_with(block) {
                    let standing = &mut self.objects[object.index()];
                    standing.missing += 1;
                    standing.last_act = Some(act);
                    self.settle(object, now);
                }
            }
        }
    }

    /// `node` has come up or gone down (`nodes` already says so) with these blocks on its disk.
    pub fn node_changed(
        &mut self,
        node: NodeId,
        blocks: impl Iterator<Item = BlockId>,
        content: &Content,
        nodes: &impl Nodes,
        now: SimTime,
    ) {
        let up = nodes.is_up(node);
        for block in blocks {
            let online = &mut self.online_holders[block.index()];
            if up {
                *online += 1;
            } else {
                *online -= 1;
            }
            let turned = *online == u32::from(up);
            if !turned {
                continue;
            }
            for &object in content.objects_with(block) {
                let standing = &mut self.objects[object.index()];
                if up {
                    standing.offline -= 1;
                } else {
                    standing.offline += 1;
                }
                self.settle(object, now);
            }
        }
        self.recheck_provider(node, None, content, nodes, now);
        self.recheck_server(node, content, nodes, now);
    }

    /// `server` has taken a record that names `provider` for the root of `object`.
    #[expect(
        clippy::too_many_arguments,
        reason = "a record has three parties, and the world is passed in parts"
    )]
    pub fn record_stored(
        &mut self,
        object: ObjectId,
        server: NodeId,
        provider: NodeId,
        expires: SimTime,
        content: &Content,
        nodes: &impl Nodes,
        now: SimTime,
    ) {
        let next = self.records.len() as u32;
        let number = *self.record_of.entry((object, server, provider)).or_insert(next);
        if number == next {
            self.records.push(Record { object, server, provider, expires, live: false });
            self.by_server.entry(server).or_default().push(number);
            self.by_provider.entry(provider).or_default().push(number);
            self.expiries.push(Reverse((expires, number)));
        } else {
            let record = &mut self.records[number as usize];
            if record.expires <= now {
                // It had run out and left the heap of expiries.
                self.expiries.push(Reverse((expires, number)));
            }
            record.expires = expires;
        }
        self.recheck(number, content, nodes, now);
        self.settle(object, now);
    }

    /// When the next record may run out.
    pub fn next_expiry(&self) -> Option<SimTime> {
        self.expiries.peek().map(|&Reverse((at, _))| at)
    }

    /// Takes note of the records that have run out by `now`.
    pub fn expire(&mut self, content: &Content, nodes: &impl Nodes, now: SimTime) {
        while let Some(&Reverse((at, number))) = self.expiries.peek() {
            if at > now {
                break;
            }
            self.expiries.pop();
            let record = self.records[number as usize];
            if record.expires > now {
                // It was renewed in the meantime.
                self.expiries.push(Reverse((record.expires, number)));
                continue;
            }
            self.recheck(number, content, nodes, now);
            self.settle(record.object, now);
        }
    }

    /// Ends the run: closes every object's running stay.
    pub fn finish(&mut self, now: SimTime) {
        for index in 0..self.objects.len() {
            let object = ObjectId(index as u32);
            let standing = &mut self.objects[index];
            if let Some(since) = standing.exposed_since.take() {
                standing.exposure += now.since(since);
            }
            if let Some(rung) = standing.rung {
                self.close_stay(object, rung, now);
            }
        }
    }

    fn recheck_server(&mut self, server: NodeId, content: &Content, nodes: &impl Nodes, now: SimTime) {
        let numbers = self.by_server.remove(&server).unwrap_or_default();
        for &number in &numbers {
            self.recheck(number, content, nodes, now);
            self.settle(self.records[number as usize].object, now);
        }
        self.by_server.insert(server, numbers);
    }

    /// Looks again at the records that name `provider`, all or those of one object.
    fn recheck_provider(
        &mut self,
        provider: NodeId,
        only: Option<ObjectId>,
        content: &Content,
        nodes: &impl Nodes,
        now: SimTime,
    ) {
        let numbers = self.by_provider.remove(&provider).unwrap_or_default();
        for &number in &numbers {
            let object = self.records[number as usize].object;
            if only.is_none_or(|only| only == object) {
                self.recheck(number, content, nodes, now);
                self.settle(object, now);
            }
        }
        self.by_provider.insert(provider, numbers);
    }

    fn recheck(&mut self, number: u32, content: &Content, nodes: &impl Nodes, now: SimTime) {
        let record = &mut self.records[number as usize];
        let root = content.object(record.object).root;
        let live = now < record.expires
            && nodes.is_up(record.server)
            && nodes.is_up(record.provider)
            && root.is_some_and(|root| nodes.has(record.provider, root));
        if live == record.live {
            return;
        }
        record.live = live;
        let honest = u32::from(nodes.is_honest(record.provider));
        let standing = &mut self.objects[record.object.index()];
        if live {
            standing.live_records += 1;
            standing.honest_records += honest;
        } else {
            standing.live_records -= 1;
            standing.honest_records -= honest;
        }
    }

    fn count_copy(&mut self, object: ObjectId, made: bool, now: SimTime) {
        let standing = &mut self.objects[object.index()];
        if made {
            standing.copies += 1;
            standing.copies_made += 1;
        } else {
            standing.copies -= 1;
        }
        let alive = standing.published.is_some() && standing.lost.is_none() && standing.missing == 0;
        let exposed = alive && standing.copies <= 1;
        match (standing.exposed_since, exposed) {
            (None, true) => standing.exposed_since = Some(now),
            (Some(since), false) => {
                standing.exposure += now.since(since);
                standing.exposed_since = None;
            }
            (None, false) | (Some(_), true) => {}
        }
    }

    /// Moves an object to the rung it now stands on. Lost is for good: the same bytes added again by somebody are
    /// another object's life.
    fn settle(&mut self, object: ObjectId, now: SimTime) {
        let standing = &mut self.objects[object.index()];
        if standing.published.is_none() || standing.rung == Some(Rung::Lost) {
            return;
        }
        let next = standing.rung_now();
        if standing.rung == Some(next) {
            return;
        }
        let last = standing.rung.replace(next);
        if next == Rung::Lost {
            let act =
                standing.last_act.expect("an object is published with its blocks, and something took one");
            standing.lost = Some((now, self.provenance.deed(act).why));
            self.provenance.lost(object, act, now);
            if let Some(since) = standing.exposed_since.take() {
                standing.exposure += now.since(since);
            }
        }
        if let Some(last) = last {
            self.close_stay(object, last, now);
        }
        self.objects[object.index()].since = now;
    }

    fn close_stay(&mut self, object: ObjectId, rung: Rung, now: SimTime) {
        let standing = &mut self.objects[object.index()];
        let span = now.since(standing.since);
        if span > SimSpan::ZERO {
            standing.time_on[rung as usize] += span;
            self.stays.push(Stay { object, rung, from: standing.since, until: now });
        }
    }
}
