//! The shared state: which peers every pin is allocated to.

use super::Holder;
use crate::ids::ObjectId;
use sim_core::time::SimTime;
use std::collections::{BTreeMap, BTreeSet};

/// Where a pin is to be.
#[derive(Clone, PartialEq, Eq, Debug, serde::Serialize, serde::Deserialize)]
pub(super) enum Place {
    /// Not yet allocated, or no longer pinned.
    Nowhere,
    /// On every peer, present and future.
    Everywhere,
    /// On these.
    On(Vec<Holder>),
}

/// A pin of the state.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
pub(super) struct Pin {
    pub(super) place: Place,
    /// When it was first and last written; from then on it has its age.
    pub(super) first: SimTime,
    pub(super) written: SimTime,
    /// Times it was written.
    pub(super) writes: u32,
    /// Copies that were sought when it was last written; none: everywhere.
    pub(super) max: Option<u32>,
}

/// All pins, and where each holder stands in them.
#[derive(Clone, Debug, Default, serde::Serialize, serde::Deserialize)]
pub(super) struct State {
    pins: BTreeMap<ObjectId, Pin>,
    by_holder: BTreeMap<Holder, BTreeSet<ObjectId>>,
}

impl State {
    pub(super) fn pin(&self, object: ObjectId) -> Option<&Pin> {
        self.pins.get(&object)
    }

    pub(super) fn pins(&self) -> impl Iterator<Item = (ObjectId, &Pin)> {
        self.pins.iter().map(|(&object, pin)| (object, pin))
    }

    /// The peers of a pin that is on some.
    pub(super) fn allocations(&self, object: ObjectId) -> &[Holder] {
        match self.pins.get(&object).map(|pin| &pin.place) {
            Some(Place::On(holders)) => holders,
            _ => &[],
        }
    }

    /// Whether a peer is to have a pin.
    pub(super) fn wants(&self, holder: Holder, object: ObjectId) -> bool {
        match self.pins.get(&object).map(|pin| &pin.place) {
            Some(Place::Everywhere) => true,
            Some(Place::On(holders)) => holders.contains(&holder),
            Some(Place::Nowhere) | None => false,
        }
    }

    /// The pins that are allocated to a peer.
    pub(super) fn of(&self, holder: Holder) -> Vec<ObjectId> {
        self.by_holder.get(&holder).map(|pins| pins.iter().copied().collect()).unwrap_or_default()
    }

    /// Whether anything is allocated to a peer.
    pub(super) fn is_holder(&self, holder: Holder) -> bool {
        self.by_holder.contains_key(&holder)
    }

    /// Writes where a pin is to be; where it was to be before.
    pub(super) fn write(&mut self, object: ObjectId, place: Place, max: Option<u32>, now: SimTime) -> Place {
        let fresh = Pin { place: Place::Nowhere, first: now, written: now, writes: 0, max };
        let pin = self.pins.entry(object).or_insert(fresh);
        pin.max = max;
        pin.written = now;
        pin.writes += 1;
        let before = std::mem::replace(&mut pin.place, place.clone());
        for holder in holders(&before) {
            let of = self.by_holder.get_mut(holder).expect("whoever holds a pin is listed");
            of.remove(&object);
            if of.is_empty() {
                self.by_holder.remove(holder);
            }
        }
        for &holder in holders(&place) {
            self.by_holder.entry(holder).or_default().insert(object);
        }
        before
    }

    /// Every broken invariant: no allocation twice or above `max`, and both directions agree.
    pub(super) fn check(&self, max: Option<u32>, broken: &mut Vec<String>) {
        let mut count = 0;
        for (object, pin) in &self.pins {
            let Place::On(holders) = &pin.place else { continue };
            count += holders.len();
            let distinct: BTreeSet<_> = holders.iter().collect();
            if distinct.len() < holders.len() || max.is_none_or(|max| holders.len() > max as usize) {
                broken.push(format!("pin {} is allocated to {holders:?}, at most {max:?}", object.0));
            }
            if holders.iter().any(|holder| !self.of(*holder).contains(object)) {
                broken.push(format!("pin {} is not listed with its peers", object.0));
            }
        }
        let listed: usize = self.by_holder.values().map(BTreeSet::len).sum();
        if listed != count {
            broken.push(format!("{count} allocations, {listed} listed by peer"));
        }
    }
}

fn holders(place: &Place) -> &[Holder] {
    if let Place::On(holders) = place { holders } else { &[] }
}
