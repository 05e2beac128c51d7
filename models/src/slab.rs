//! Places for bulky things that events refer to by number, with a generation against stale references.

use sim_core::prefetch::prefetch_all;

/// A place in a [`Slab`] and the generation of its tenant.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Serialize, serde::Deserialize)]
pub struct Ticket {
    /// Place.
    pub slot: u32,
    /// Generation of whoever lives there.
    pub generation: u32,
}

/// A growing array whose places are used again, lowest free place last freed first.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
pub struct Slab<T> {
    places: Vec<(u32, Option<T>)>,
    free: Vec<u32>,
}

impl<T> Default for Slab<T> {
    fn default() -> Self {
        Slab { places: Vec::new(), free: Vec::new() }
    }
}

impl<T> Slab<T> {
    /// Puts a value in a free place.
    pub fn insert(&mut self, value: T) -> Ticket {
        let slot = self.free.pop().unwrap_or_else(|| {
            self.places.push((0, None));
            (self.places.len() - 1) as u32
        });
        let place = &mut self.places[slot as usize];
        place.1 = Some(value);
        Ticket { slot, generation: place.0 }
    }

    /// Takes a value out; none if the ticket is stale.
    pub fn remove(&mut self, ticket: Ticket) -> Option<T> {
        let place = self.places.get_mut(ticket.slot as usize)?;
        if place.0 != ticket.generation {
            return None;
        }
        let value = place.1.take()?;
        place.0 = place.0.wrapping_add(1);
        self.free.push(ticket.slot);
        Some(value)
    }

    /// The value, unless the ticket is stale.
    pub fn get_mut(&mut self, ticket: Ticket) -> Option<&mut T> {
        let place = self.places.get_mut(ticket.slot as usize)?;
        if place.0 == ticket.generation { place.1.as_mut() } else { None }
    }

    /// The value, unless the ticket is stale.
    pub fn get(&self, ticket: Ticket) -> Option<&T> {
        let place = self.places.get(ticket.slot as usize)?;
        if place.0 == ticket.generation { place.1.as_ref() } else { None }
    }

    /// Asks for the place of a value before it is needed.
    pub fn prefetch(&self, ticket: Ticket) {
        self.places.get(ticket.slot as usize).into_iter().for_each(prefetch_all);
    }

    /// Values that live here.
    pub fn iter(&self) -> impl Iterator<Item = &T> {
        self.places.iter().filter_map(|place| place.1.as_ref())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ticket_is_stale_once_its_value_is_gone_even_if_the_place_is_used_again() {
        let mut slab = Slab::default();
        let first = slab.insert('a');
        assert_eq!(slab.remove(first), Some('a'));
        let second = slab.insert('b');
        assert_eq!(second.slot, first.slot, "the place is used again");
        assert_eq!(slab.get(first), None);
        assert_eq!(slab.remove(first), None);
        assert_eq!(slab.get(second), Some(&'b'));
    }
}
