//! A node's open connections and the manager that trims them.
//!
//! Above `high` connections the manager closes those that were used longest ago, except those younger than
//! the grace time or protected, until `low` are left. Kubo scores connections by tags before it looks at
//! their age; here age of use stands for the score, and sessions protect the peers they use.
//!
//! Source: libp2p/go-libp2p, `p2p/net/connmgr`; ipfs/kubo, `docs/config.md` (Swarm.ConnMgr).

use crate::config::ConnectionConfig;
use crate::ids::NodeId;
use sim_core::prefetch::prefetch;
use sim_core::time::SimTime;

/// A connection: to whom, when it was opened and when last used.
#[derive(Clone, Copy, Debug, serde::Serialize, serde::Deserialize)]
struct Connection {
    peer: NodeId,
    opened: SimTime,
    used: SimTime,
}

/// No node has this id: an empty place.
const NOBODY: NodeId = NodeId(u32::MAX);
const EMPTY: Connection = Connection { peer: NOBODY, opened: SimTime::ZERO, used: SimTime::ZERO };

/// Whom a node is connected to.
// Nearly every message looks for a peer here and notes the use: open addressing with linear probing, at most half
// full, does both in one cache line most of the time. Whatever depends on an order sorts by id.
#[derive(Clone, Debug, Default, serde::Serialize, serde::Deserialize)]
pub struct Connections {
    /// None, or a power of two of places.
    places: Vec<Connection>,
    len: usize,
    /// No connection was opened before this instant, as the last look at them found.
    none_before: SimTime,
}

impl Connections {
    /// Whether there is a connection to `peer`.
    pub fn has(&self, peer: NodeId) -> bool {
        self.find(peer).is_some()
    }

    /// Notes a use of the connection to `peer`; false if there is none.
    pub fn touch(&mut self, peer: NodeId, now: SimTime) -> bool {
        let place = self.find(peer);
        if let Some(place) = place {
            self.places[place].used = now;
        }
        place.is_some()
    }

    /// Opens a connection; false if there was one (it counts as used).
    pub fn open(&mut self, peer: NodeId, now: SimTime) -> bool {
        if self.touch(peer, now) {
            return false;
        }
        if 2 * (self.len + 1) > self.places.len() {
            self.grow();
        }
        self.put(Connection { peer, opened: now, used: now });
        self.len += 1;
        true
    }

    /// Closes a connection; false if there was none.
    pub fn close(&mut self, peer: NodeId) -> bool {
        let Some(mut hole) = self.find(peer) else {
            return false;
        };
        // Whoever comes after the hole and would have been put there or before moves into it.
        let mask = self.places.len() - 1;
        let mut next = (hole + 1) & mask;
        while self.places[next].peer != NOBODY {
            let home = self.home(self.places[next].peer);
            if next.wrapping_sub(home) & mask >= next.wrapping_sub(hole) & mask {
                self.places[hole] = self.places[next];
                hole = next;
            }
            next = (next + 1) & mask;
        }
        self.places[hole] = EMPTY;
        self.len -= 1;
        true
    }

    /// Closes all connections and returns the peers, by id.
    pub fn close_all(&mut self) -> Vec<NodeId> {
        let peers = self.peers();
        self.places.fill(EMPTY);
        self.len = 0;
        peers
    }

    /// The connected peers, by id.
    pub fn peers(&self) -> Vec<NodeId> {
        let mut peers: Vec<NodeId> = self.all().map(|connection| connection.peer).collect();
        peers.sort_unstable();
        peers
    }

    /// Number of connections.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there is no connection.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Whether there are more connections than the high mark, and some are older than the grace time.
    // A node that opens connections by the hundred asks this at each one; while all are young it costs a comparison.
    pub fn is_crowded(&mut self, config: &ConnectionConfig, now: SimTime) -> bool {
        let is_old = |opened: SimTime| now >= opened.saturating_add(config.grace);
        if self.len <= config.high as usize || !is_old(self.none_before) {
            return false;
        }
        self.none_before = self.all().map(|connection| connection.opened).min().unwrap_or(SimTime::ZERO);
        is_old(self.none_before)
    }

    /// The peers that the manager would close now, least recently used first; empty below the high mark.
    pub fn to_trim(
        &self,
        config: &ConnectionConfig,
        is_protected: impl Fn(NodeId) -> bool,
        now: SimTime,
    ) -> Vec<NodeId> {
        if self.len <= config.high as usize {
            return Vec::new();
        }
        let mut idle: Vec<(SimTime, NodeId)> = self
            .all()
            .filter(|connection| {
                now.since(connection.opened) >= config.grace && !is_protected(connection.peer)
            })
            .map(|connection| (connection.used, connection.peer))
            .collect();
        let surplus = (self.len - config.low as usize).min(idle.len());
        if surplus < idle.len() {
            idle.select_nth_unstable(surplus);
            idle.truncate(surplus);
        }
        idle.sort_unstable();
        idle.into_iter().map(|(_, peer)| peer).collect()
    }

    fn all(&self) -> impl Iterator<Item = &Connection> {
        self.places.iter().filter(|connection| connection.peer != NOBODY)
    }

    /// Asks for the place of a peer before it is needed.
    #[inline]
    pub fn prefetch(&self, peer: NodeId) {
        if !self.places.is_empty() {
            prefetch(&self.places, self.home(peer));
        }
    }

    #[inline]
    fn find(&self, peer: NodeId) -> Option<usize> {
        if self.places.is_empty() {
            return None;
        }
        let mask = self.places.len() - 1;
        let mut at = self.home(peer);
        loop {
            match self.places[at].peer {
                found if found == peer => return Some(at),
                NOBODY => return None,
                _ => at = (at + 1) & mask,
            }
        }
    }

    /// Where a peer is looked for first: the high bits of a multiplication by 2^32 / golden ratio.
    #[inline]
    fn home(&self, peer: NodeId) -> usize {
        peer.0.wrapping_mul(0x9E37_79B9) as usize >> (u32::BITS - self.places.len().trailing_zeros())
    }

    fn put(&mut self, connection: Connection) {
        let mask = self.places.len() - 1;
        let mut at = self.home(connection.peer);
        while self.places[at].peer != NOBODY {
            at = (at + 1) & mask;
        }
        self.places[at] = connection;
    }

    #[cold]
    fn grow(&mut self) {
        let places = (2 * self.places.len()).max(8);
        let before = std::mem::replace(&mut self.places, vec![EMPTY; places]);
        before.into_iter().filter(|open| open.peer != NOBODY).for_each(|open| self.put(open));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use sim_core::time::SimSpan;
    use std::collections::BTreeSet;

    fn at(secs: u64) -> SimTime {
        SimTime::ZERO + SimSpan::from_secs(secs)
    }

    #[test]
    fn trimming_goes_down_to_the_low_mark_and_spares_the_young_and_the_protected() {
        let config = ConnectionConfig { low: 2, high: 4, grace: SimSpan::from_secs(20) };
        let mut connections = Connections::default();
        for (peer, opened) in [(7, 0), (3, 1), (5, 2), (9, 3)] {
            connections.open(NodeId(peer), at(opened));
        }
        assert!(!connections.is_crowded(&config, at(60)));
        assert!(connections.to_trim(&config, |_| false, at(60)).is_empty());
        connections.open(NodeId(1), at(55));
        connections.touch(NodeId(7), at(56));
        let trimmed = connections.to_trim(&config, |peer| peer == NodeId(3), at(60));
        assert_eq!(trimmed, [NodeId(5), NodeId(9), NodeId(7)]);
        let crowded_from = (10..40).find(|&now| connections.is_crowded(&config, at(now)));
        assert_eq!(crowded_from, Some(20), "the first was opened at 0 and is young for 20 s");
    }

    proptest! {
        #[test]
        fn connections_are_a_set(steps in prop::collection::vec((0u32..60, any::<bool>()), 0..400)) {
            let (mut connections, mut plain) = (Connections::default(), BTreeSet::new());
            for (peer, is_open) in steps {
                let peer = NodeId(peer * 0x0100_0001);
                if is_open {
                    prop_assert_eq!(connections.open(peer, at(1)), plain.insert(peer));
                } else {
                    prop_assert_eq!(connections.close(peer), plain.remove(&peer));
                }
                prop_assert_eq!(connections.has(peer), is_open);
                prop_assert_eq!(connections.len(), plain.len());
            }
            prop_assert_eq!(connections.peers(), plain.iter().copied().collect::<Vec<_>>());
            connections.close_all();
            prop_assert!(connections.is_empty() && connections.peers().is_empty());
        }
    }
}
