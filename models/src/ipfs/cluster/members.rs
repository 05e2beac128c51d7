//! Who is in the cluster and whose metrics count: what the monitor of every peer knows.
//!
//! Pings and reports reach all peers that are up at once; so all monitors agree, but for what happened before a peer's
//! own process began. Whoever has fallen silent is kept with its last ping and report until both have run out and
//! nothing is allocated to it.
//!
//! Source: ipfs-cluster/ipfs-cluster, `monitor/metrics` (`LatestValid`, `checker.go`), `util.go` (`isClosest`),
//! `consensus/crdt/consensus.go` (`Peers`: whoever's ping counts).

use super::clock::Clock;
use super::tracker::Tracker;
use super::{ClusterConfig, Holder, Slot};
use sim_core::time::SimTime;
use std::collections::BTreeMap;

/// A place in the space that closeness is measured in.
pub(super) type Place = [u8; 32];

/// The place of an identity or a CID. Source: `util.go` (`convertKey`).
pub(super) fn place_of(bytes: &[u8]) -> Place {
    let hash = blake2b_simd::Params::new().hash_length(32).hash(bytes);
    hash.as_bytes().try_into().expect("a hash of 32 bytes was asked for")
}

fn distance(a: &Place, b: &Place) -> Place {
    std::array::from_fn(|i| a[i] ^ b[i])
}

/// What a peer knows of the pinset.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, serde::Serialize, serde::Deserialize)]
pub(super) enum Known {
    /// It has just joined.
    #[default]
    Nothing,
    /// It was away since then.
    Until(SimTime),
    /// All there is.
    All,
}

/// One place in the cluster and the machine that has it.
#[derive(Clone, Debug, Default, serde::Serialize, serde::Deserialize)]
pub(super) struct Peer {
    /// Which machine has the place; none had it before the first came up.
    pub(super) life: Option<u32>,
    pub(super) is_up: bool,
    /// Processes that ran here.
    pub(super) session: u32,
    pub(super) clock: Clock,
    pub(super) place: Place,
    pub(super) known: Known,
    /// It has been told when it will hear of the state.
    pub(super) is_catching_up: bool,
    /// Free space at the report before the last change on its disk, and when that report was.
    pub(super) reported: Option<(SimTime, u64)>,
    pub(super) tracker: Tracker,
}

/// A peer that is down or gone.
#[derive(Clone, Copy, Debug, serde::Serialize, serde::Deserialize)]
pub(super) struct Silence {
    pub(super) since: SimTime,
    /// Its last ping.
    pub(super) pinged: SimTime,
    /// Its last report of free space.
    pub(super) informed: SimTime,
    /// Which of its processes it was.
    pub(super) session: u32,
    place: Place,
}

/// All peers.
#[derive(Clone, Debug, Default, serde::Serialize, serde::Deserialize)]
pub(super) struct Members {
    pub(super) peers: Vec<Peer>,
    silent: BTreeMap<Holder, Silence>,
}

impl Members {
    pub(super) fn new(places: u32) -> Self {
        Members { peers: (0..places).map(|_| Peer::default()).collect(), silent: BTreeMap::new() }
    }

    pub(super) fn peer(&self, slot: Slot) -> &Peer {
        &self.peers[slot.index()]
    }

    pub(super) fn peer_mut(&mut self, slot: Slot) -> &mut Peer {
        &mut self.peers[slot.index()]
    }

    /// The machine that has a place.
    pub(super) fn holder(&self, slot: Slot) -> Option<Holder> {
        Some(Holder { slot, life: self.peer(slot).life? })
    }

    /// The process of a peer that a deed was planned for, if it still runs.
    pub(super) fn runs(&self, slot: Slot, session: u32) -> bool {
        let peer = self.peer(slot);
        peer.is_up && peer.session == session
    }

    /// Peers that are up and know the pinset.
    pub(super) fn informed(&self) -> impl Iterator<Item = Slot> {
        self.slots().filter(|&slot| self.peer(slot).is_up && self.peer(slot).known == Known::All)
    }

    pub(super) fn slots(&self) -> impl Iterator<Item = Slot> + use<> {
        (0..self.peers.len() as u32).map(Slot)
    }

    /// A peer has fallen silent.
    pub(super) fn fell_silent(&mut self, slot: Slot, now: SimTime, config: &ClusterConfig) -> Option<Holder> {
        let holder = self.holder(slot)?;
        let peer = &mut self.peers[slot.index()];
        peer.is_up = false;
        if peer.known == Known::All {
            peer.known = Known::Until(now);
        }
        let silence = Silence {
            since: now,
            pinged: peer.clock.last(now, config.ping_interval),
            informed: peer.clock.last(now, config.informer_interval()),
            session: peer.session,
            place: peer.place,
        };
        self.silent.insert(holder, silence);
        Some(holder)
    }

    /// A peer speaks again, or is forgotten.
    pub(super) fn end_silence(&mut self, holder: Holder) {
        self.silent.remove(&holder);
    }

    pub(super) fn silence(&self, holder: Holder) -> Option<&Silence> {
        self.silent.get(&holder)
    }

    /// Everybody whose report of free space counts.
    pub(super) fn reporting(&self, now: SimTime, config: &ClusterConfig) -> impl Iterator<Item = Holder> {
        let counts = move |silence: &Silence| now <= silence.informed.saturating_add(config.metric_ttl);
        let up = self.slots().filter(|&slot| self.peer(slot).is_up);
        let silent = self.silent.iter().filter(move |(_, silence)| counts(silence));
        up.filter_map(|slot| self.holder(slot)).chain(silent.map(|(&holder, _)| holder))
    }

    /// When a peer whose disk is asked about last reported, if it does at all.
    pub(super) fn last_report(&self, slot: Slot, now: SimTime, config: &ClusterConfig) -> Option<SimTime> {
        let peer = self.peer(slot);
        if peer.is_up {
            return Some(peer.clock.last(now, config.informer_interval()));
        }
        Some(self.silence(self.holder(slot)?)?.informed)
    }

    /// Whether a peer is the closest to a place of all whose ping counts, but for `except`.
    pub(super) fn is_closest(
        &self,
        slot: Slot,
        place: &Place,
        except: Option<Holder>,
        now: SimTime,
        config: &ClusterConfig,
    ) -> bool {
        let own = distance(&self.peer(slot).place, place);
        let pings = |silence: &Silence| now <= silence.pinged.saturating_add(config.ping_ttl());
        let up = self.slots().filter(|&other| self.peer(other).is_up && self.holder(other) != except);
        let silent =
            self.silent.iter().filter(|&(&holder, silence)| Some(holder) != except && pings(silence));
        let others = up.map(|slot| &self.peer(slot).place).chain(silent.map(|(_, silence)| &silence.place));
        others.into_iter().all(|other| own <= distance(other, place))
    }
}
