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

#[derive(Clone, Copy, Debug, serde::Serialize, serde::Deserialize)]
struct Connection {
    peer: NodeId,
    opened: SimTime,
    used: SimTime,
}

/// Whom a node is connected to, by id.
#[derive(Clone, Debug, Default, serde::Serialize, serde::Deserialize)]
pub struct Connections {
    open: Vec<Connection>,
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
            self.open[place].used = now;
        }
        place.is_ok()
    }

    /// Opens a connection; false if there was one (it counts as used).
    pub fn open(&mut self, peer: NodeId, now: SimTime) -> bool {
        match self.find(peer) {
            Ok(place) => {
                self.open[place].used = now;
                false
            }
            Err(place) => {
                self.open.insert(place, Connection { peer, opened: now, used: now });
                true
            }
        }
    }

    /// Closes a connection; false if there was none.
    pub fn close(&mut self, peer: NodeId) -> bool {
        let place = self.find(peer);
        if let Ok(place) = place {
            self.open.remove(place);
        }
        place.is_ok()
    }

    /// Closes all connections and returns the peers, by id.
    pub fn close_all(&mut self) -> Vec<NodeId> {
        self.open.drain(..).map(|connection| connection.peer).collect()
    }

    /// The connected peers, by id.
    pub fn peers(&self) -> impl ExactSizeIterator<Item = NodeId> + '_ {
        self.open.iter().map(|connection| connection.peer)
    }

    /// Number of connections.
    pub fn len(&self) -> usize {
        self.open.len()
    }

    /// Whether there is no connection.
    pub fn is_empty(&self) -> bool {
        self.open.is_empty()
    }

    /// The peers that the manager would close now, least recently used first; empty below the high mark.
    pub fn to_trim(
        &self,
        config: &ConnectionConfig,
        is_protected: impl Fn(NodeId) -> bool,
        now: SimTime,
    ) -> Vec<NodeId> {
        if self.open.len() <= config.high as usize {
            return Vec::new();
        }
        let mut idle: Vec<&Connection> = self
            .open
            .iter()
            .filter(|open| now.since(open.opened) >= config.grace && !is_protected(open.peer))
            .collect();
        idle.sort_unstable_by_key(|open| (open.used, open.peer));
        let surplus = self.open.len() - config.low as usize;
        idle.iter().take(surplus).map(|open| open.peer).collect()
    }

    fn find(&self, peer: NodeId) -> Result<usize, usize> {
        self.open.binary_search_by_key(&peer, |connection| connection.peer)
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
