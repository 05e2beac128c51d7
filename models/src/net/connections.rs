//! A node's open connections and the manager that trims them.
//!
//! Above `high` connections the manager closes those that were used longest ago, except those younger than
//! the grace time or protected, until `low` are left. Kubo scores connections by tags before it looks at
//! their age; here age of use stands for the score, and sessions protect the peers they use.
//!
//! Source: libp2p/go-libp2p, `p2p/net/connmgr`; ipfs/kubo, `docs/config.md` (Swarm.ConnMgr).

use crate::config::ConnectionConfig;
use crate::ids::NodeId;
use sim_core::time::SimTime;

/// When a connection was opened and last used.
#[derive(Clone, Copy, Debug)]
struct Times {
    opened: SimTime,
    used: SimTime,
}

/// Whom a node is connected to, by id.
#[derive(Clone, Debug, Default)]
pub struct Connections {
    // Nearly every message looks for a peer here, so the ids lie close together.
    peers: Vec<NodeId>,
    times: Vec<Times>,
}

impl Connections {
    /// Whether there is a connection to `peer`.
    pub fn has(&self, peer: NodeId) -> bool {
        self.find(peer).is_ok()
    }

    /// Notes a use of the connection to `peer`; false if there is none.
    pub fn touch(&mut self, peer: NodeId, now: SimTime) -> bool {
        let place = self.find(peer);
        if let Ok(place) = place {
            self.times[place].used = now;
        }
        place.is_ok()
    }

    /// Opens a connection; false if there was one (it counts as used).
    pub fn open(&mut self, peer: NodeId, now: SimTime) -> bool {
        match self.find(peer) {
            Ok(place) => {
                self.times[place].used = now;
                false
            }
            Err(place) => {
                self.peers.insert(place, peer);
                self.times.insert(place, Times { opened: now, used: now });
                true
            }
        }
    }

    /// Closes a connection; false if there was none.
    pub fn close(&mut self, peer: NodeId) -> bool {
        let place = self.find(peer);
        if let Ok(place) = place {
            self.peers.remove(place);
            self.times.remove(place);
        }
        place.is_ok()
    }

    /// Closes all connections and returns the peers, by id.
    pub fn close_all(&mut self) -> Vec<NodeId> {
        self.times.clear();
        std::mem::take(&mut self.peers)
    }

    /// The connected peers, by id.
    pub fn peers(&self) -> impl ExactSizeIterator<Item = NodeId> + '_ {
        self.peers.iter().copied()
    }

    /// Number of connections.
    pub fn len(&self) -> usize {
        self.peers.len()
    }

    /// Whether there is no connection.
    pub fn is_empty(&self) -> bool {
        self.peers.is_empty()
    }

    /// The peers that the manager would close now, least recently used first; empty below the high mark.
    pub fn to_trim(
        &self,
        config: &ConnectionConfig,
        is_protected: impl Fn(NodeId) -> bool,
        now: SimTime,
    ) -> Vec<NodeId> {
        if self.peers.len() <= config.high as usize {
            return Vec::new();
        }
        let all = self.peers.iter().zip(&self.times);
        let mut idle: Vec<(SimTime, NodeId)> = all
            .filter(|(peer, times)| now.since(times.opened) >= config.grace && !is_protected(**peer))
            .map(|(peer, times)| (times.used, *peer))
            .collect();
        let surplus = (self.peers.len() - config.low as usize).min(idle.len());
        if surplus < idle.len() {
            idle.select_nth_unstable(surplus);
            idle.truncate(surplus);
        }
        idle.sort_unstable();
        idle.into_iter().map(|(_, peer)| peer).collect()
    }

    fn find(&self, peer: NodeId) -> Result<usize, usize> {
        self.peers.binary_search(&peer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sim_core::time::SimSpan;

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
        assert!(connections.to_trim(&config, |_| false, at(60)).is_empty());
        connections.open(NodeId(1), at(55));
        connections.touch(NodeId(7), at(56));
        let trimmed = connections.to_trim(&config, |peer| peer == NodeId(3), at(60));
        assert_eq!(trimmed, [NodeId(5), NodeId(9), NodeId(7)]);
    }
}
