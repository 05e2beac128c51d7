//! A small store of things in progress, named by handles that go stale when the thing is over.
//!
//! An outcome that arrives for something long given up carries an old serial number and finds nothing.

/// A place and the serial number of what was put there.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, serde::Serialize, serde::Deserialize)]
pub struct Handle {
    slot: u32,
    serial: u32,
}

/// Things in progress; places are used again, last freed first.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
pub(super) struct Slots<T> {
    places: Vec<(u32, Option<T>)>,
    free: Vec<u32>,
    serial: u32,
}

impl<T> Slots<T> {
    pub(super) fn new() -> Self {
        Slots { places: Vec::new(), free: Vec::new(), serial: 0 }
    }

    pub(super) fn insert(&mut self, thing: T) -> Handle {
        self.serial = self.serial.wrapping_add(1);
        let place = (self.serial, Some(thing));
        let slot = match self.free.pop() {
            Some(slot) => {
                self.places[slot as usize] = place;
                slot
            }
            None => {
                self.places.push(place);
                (self.places.len() - 1) as u32
            }
        };
        Handle { slot, serial: self.serial }
    }

    pub(super) fn get(&self, handle: Handle) -> Option<&T> {
        let (serial, thing) = self.places.get(handle.slot as usize)?;
        thing.as_ref().filter(|_| *serial == handle.serial)
    }

    pub(super) fn get_mut(&mut self, handle: Handle) -> Option<&mut T> {
        let (serial, thing) = self.places.get_mut(handle.slot as usize)?;
        thing.as_mut().filter(|_| *serial == handle.serial)
    }

    pub(super) fn remove(&mut self, handle: Handle) -> Option<T> {
        let (serial, thing) = self.places.get_mut(handle.slot as usize)?;
        if *serial != handle.serial {
            return None;
        }
        let gone = thing.take();
        if gone.is_some() {
            self.free.push(handle.slot);
        }
        gone
    }

    /// Drops everything; handles given out so far stay stale.
    pub(super) fn clear(&mut self) {
        self.places.clear();
        self.free.clear();
    }

    /// Takes everything out, by place.
    pub(super) fn drain(&mut self) -> impl Iterator<Item = T> {
        self.free.clear();
        std::mem::take(&mut self.places).into_iter().filter_map(|(_, thing)| thing)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_handle_finds_its_thing_until_that_is_removed_and_never_its_successor() {
        let mut slots = Slots::new();
        let a = slots.insert("a");
        assert_eq!(slots.remove(a), Some("a"));
        let b = slots.insert("b");
        assert_eq!((slots.get(a), slots.get(b)), (None, Some(&"b")));
        slots.clear();
        let c = slots.insert("c");
        assert_eq!((slots.remove(b), slots.get(c)), (None, Some(&"c")));
    }
}
