//! The event queue against a sorted list: random pushes, pops and cancels, with bursts at one instant.

use proptest::prelude::*;
use sim_core::queue::{EventQueue, Handle, Key};
use sim_core::time::SimTime;

#[derive(Clone, Debug)]
enum Action {
    Push { time: u64, destination: u32, cancellable: bool },
    Pop,
    Cancel { which: usize },
}

fn action() -> impl Strategy<Value = Action> {
    // Few distinct instants: most events tie, and the rest of the key decides.
    let push = (prop_oneof![0u64..4, 0u64..1_000_000], 0u32..3, any::<bool>())
        .prop_map(|(time, destination, cancellable)| Action::Push { time, destination, cancellable });
    prop_oneof![4 => push, 2 => Just(Action::Pop), 2 => any::<usize>().prop_map(|which| Action::Cancel { which })]
}

/// The slow, obvious queue.
#[derive(Default)]
struct Sorted(Vec<(Key, u32)>);

impl Sorted {
    fn pop(&mut self) -> Option<(Key, u32)> {
        let least = (0..self.0.len()).min_by_key(|&i| self.0[i].0)?;
        Some(self.0.remove(least))
    }
}

proptest! {
    #[test]
    fn the_queue_pops_what_a_sorted_list_pops(actions in prop::collection::vec(action(), 0..400)) {
        let (mut queue, mut sorted) = (EventQueue::new(), Sorted::default());
        let mut handles: Vec<(Handle, u32)> = Vec::new();
        for (number, action) in actions.into_iter().enumerate() {
            let number = number as u32;
            match action {
                Action::Push { time, destination, cancellable } => {
                    let key = Key::new(SimTime::from_nanos(time), 1, destination, 0, 0, number);
                    sorted.0.push((key, number));
                    if cancellable {
                        handles.push((queue.push_cancellable(key, number), number));
                    } else {
                        queue.push(key, number);
                    }
                }
                Action::Pop => prop_assert_eq!(queue.pop(), sorted.pop()),
                Action::Cancel { which } if !handles.is_empty() => {
                    let (handle, number) = handles[which % handles.len()];
                    let place = sorted.0.iter().position(|&(_, n)| n == number);
                    prop_assert_eq!(queue.cancel(handle), place.is_some());
                    if let Some(place) = place {
                        sorted.0.remove(place);
                    }
                }
                Action::Cancel { .. } => {}
            }
            prop_assert_eq!(queue.len(), sorted.0.len());
        }
        while let Some(expected) = sorted.pop() {
            prop_assert_eq!(queue.pop(), Some(expected));
        }
        prop_assert!(queue.pop().is_none());
    }
}

#[test]
fn cancelling_nine_in_ten_leaves_memory_to_the_living() {
    let mut queue = EventQueue::new();
    for number in 0..100_000u32 {
        let key = Key::new(SimTime::from_nanos(u64::from(number) + 1_000_000), 1, 0, 0, 0, number);
        let handle = queue.push_cancellable(key, number);
        if number % 10 != 0 {
            queue.cancel(handle);
        }
    }
    assert_eq!(queue.len(), 10_000);
    let popped: Vec<u32> = std::iter::from_fn(|| queue.pop().map(|(_, number)| number)).collect();
    assert!(popped.iter().copied().eq((0..100_000).step_by(10)));
}

#[test]
#[should_panic(expected = "two events with the key")]
fn a_key_used_twice_is_a_bug() {
    let mut queue = EventQueue::new();
    let key = Key::new(SimTime::ZERO, 1, 2, 3, 4, 5);
    queue.push(key, ());
    queue.push(key, ());
    queue.pop();
}

#[test]
fn a_key_gives_back_what_was_packed_into_it() {
    let key = Key::new(SimTime::from_nanos(9), 7, u32::MAX, 255, 12, u32::MAX);
    assert_eq!((key.lane(), key.destination(), key.kind()), (7, u32::MAX, 255));
    assert_eq!((key.source(), key.number()), (12, u32::MAX));
}
