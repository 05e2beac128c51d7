//! The event queue against a sorted list: random pushes, pops and cancels, over many shapes of time, across the
//! border between heap and ladder; and its state as plain data.

use proptest::prelude::*;
use sim_core::queue::{EventQueue, Handle, Key};
use sim_core::time::SimTime;
use std::collections::BTreeMap;

/// The slow, obvious queue: a list in order.
type Sorted = BTreeMap<Key, u32>;

/// How far in the future events are pushed.
#[derive(Clone, Copy, Debug)]
enum Shape {
    /// At this very instant, or one of the next three.
    Burst,
    /// Within a millisecond.
    Near,
    /// Within a second or two.
    Spread,
    /// Days and months.
    Far,
    /// From nanoseconds to centuries, each scale as likely.
    HeavyTail,
}

impl Shape {
    fn delay(self, word: u64) -> u64 {
        match self {
            Shape::Burst => word % 4 / 3 * (word >> 60),
            Shape::Near => word % 1_000_000,
            Shape::Spread => 100_000_000 + word % 1_800_000_000,
            Shape::Far => 86_400_000_000_000 * (1 + word % 90) + (word >> 40),
            Shape::HeavyTail => (word >> 8) >> (word % 56),
        }
    }
}

/// A stretch of a run: so many steps, each pops with odds `pops`/16, then pushes and perhaps cancels.
#[derive(Clone, Debug)]
struct Stretch {
    shapes: Vec<Shape>,
    steps: usize,
    pops: u64,
    cancels: u64,
}

fn stretch() -> impl Strategy<Value = Stretch> {
    let shape = prop_oneof![
        Just(Shape::Burst),
        Just(Shape::Near),
        Just(Shape::Spread),
        Just(Shape::Far),
        Just(Shape::HeavyTail)
    ];
    // Growth and shrinkage: with 8 of 16 the number of events wanders, with less it grows, with 16 it falls.
    let pops = prop_oneof![Just(0u64), Just(4), Just(8), Just(16), Just(40)];
    let cancels = prop_oneof![2 => Just(0u64), 1 => Just(3), 1 => Just(15)];
    (prop::collection::vec(shape, 1..4), 1usize..1_500, pops, cancels)
        .prop_map(|(shapes, steps, pops, cancels)| Stretch { shapes, steps, pops, cancels })
}

/// Both queues side by side.
struct Pair {
    queue: EventQueue<u32>,
    sorted: Sorted,
    handles: Vec<(Handle, Key)>,
    now: u64,
    number: u32,
    word: u64,
}

impl Pair {
    fn new(seed: u64) -> Self {
        let queue = EventQueue::new();
        Pair { queue, sorted: Sorted::new(), handles: Vec::new(), now: 0, number: 0, word: seed }
    }

    fn draw(&mut self) -> u64 {
        self.word = self.word.wrapping_add(0x9E37_79B9_7F4A_7C15);
        sim_core::draws::mix64(self.word)
    }

    fn step(&mut self, stretch: &Stretch) {
        let word = self.draw();
        let shape = stretch.shapes[(word >> 32) as usize % stretch.shapes.len()];
        for _ in 0..stretch.pops / 16 + u64::from(word % 16 < stretch.pops % 16) {
            self.pop();
        }
        let word = self.draw();
        let time = SimTime::from_nanos(self.now.saturating_add(shape.delay(word)));
        // Few destinations, kinds and sources: the rest of the key decides often.
        let key = Key::new(time, 1, (word >> 20) as u32 % 3, (word >> 30) as u8 % 2, 7, self.number);
        self.sorted.insert(key, self.number);
        if stretch.cancels == 0 {
            self.queue.push(key, self.number);
        } else {
            let handle = self.queue.push_cancellable(key, self.number);
            self.handles.push((handle, key));
        }
        self.number += 1;
        if self.draw() % 16 < stretch.cancels {
            self.cancel();
        }
        assert_eq!(self.queue.len(), self.sorted.len());
    }

    fn pop(&mut self) {
        if self.draw().is_multiple_of(8) {
            assert_eq!(self.queue.peek(), self.sorted.keys().next().copied());
        }
        let expected = self.sorted.pop_first();
        assert_eq!(self.queue.pop(), expected);
        self.now = expected.map_or(self.now, |(key, _)| key.time.as_nanos());
    }

    /// Cancels an event among the last pushed, which may have happened already.
    fn cancel(&mut self) {
        let back = self.draw() as usize % self.handles.len().min(50);
        let (handle, key) = self.handles[self.handles.len() - 1 - back];
        assert_eq!(self.queue.cancel(handle), self.sorted.remove(&key).is_some());
    }

    fn drain(&mut self) {
        while !self.sorted.is_empty() {
            self.pop();
        }
        assert_eq!(self.queue.pop(), None);
        assert_eq!((self.queue.len(), self.queue.stored()), (0, 0));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_queue_pops_what_a_sorted_list_pops(seed: u64, stretches in prop::collection::vec(stretch(), 1..8)) {
        let mut pair = Pair::new(seed);
        for stretch in &stretches {
            (0..stretch.steps).for_each(|_| pair.step(stretch));
        }
        pair.drain();
    }

    #[test]
    fn a_queue_made_of_its_state_goes_on_the_same(seed: u64, stretches in prop::collection::vec(stretch(), 2..5)) {
        let mut pair = Pair::new(seed);
        for stretch in &stretches {
            (0..stretch.steps.min(700)).for_each(|_| pair.step(stretch));
            let state = pair.queue.state();
            prop_assert!(state.entries.windows(2).all(|two| two[0].0 < two[1].0), "entries are in order");
            let mut copy = EventQueue::from_state(state.clone());
            prop_assert_eq!(&copy.state(), &state);
            // The same slots come next, whatever happened before.
            let key = Key::new(SimTime::NEVER, 1, 0, 0, 8, pair.number);
            prop_assert_eq!(copy.push_cancellable(key, 0), pair.queue.clone().push_cancellable(key, 0));
            // From here on the copy is the queue: old handles must be good for it.
            pair.queue = EventQueue::from_state(state);
        }
        pair.drain();
    }
}

#[test]
fn a_finer_rung_may_reach_back_further_than_the_one_above_it() {
    // Found by the property above: the second refinement begins before the first.
    let mut pair = Pair::new(37_240);
    for (shape, steps) in [(Shape::Near, 513), (Shape::Burst, 519)] {
        let stretch = Stretch { shapes: vec![shape], steps, pops: 0, cancels: 0 };
        (0..steps).for_each(|_| pair.step(&stretch));
    }
    pair.drain();
}

#[test]
fn a_burst_at_one_instant_larger_than_any_bucket_comes_out_in_order() {
    let key = |number: u32| Key::new(SimTime::from_nanos(5_000_000_000), 1, number % 7, 0, 1, number);
    let mut queue = EventQueue::new();
    let mut keys: Vec<Key> = (0..60_000).map(key).collect();
    keys.iter().for_each(|&key| queue.push(key, ()));
    // While it is dispatched, as many again are pushed into the same instant.
    let mut popped = Vec::new();
    for number in 60_000..120_000 {
        popped.extend(queue.pop());
        queue.push(Key::new(SimTime::from_nanos(5_000_000_000), 2, 0, 0, 1, number), ());
    }
    keys.sort_unstable();
    assert!(popped.iter().map(|popped| popped.0).eq(keys));
    assert_eq!(queue.len(), 60_000);
    assert!((60_000..120_000).all(|number| queue.pop().is_some_and(|(key, ())| key.number() == number)));
}

#[test]
fn a_clock_that_creeps_among_far_timers_stays_in_order() {
    // A thousand entities with delays of nanoseconds, among thirty thousand timers of months.
    let mut queue = EventQueue::new();
    let far = |i: u64| SimTime::from_nanos(86_400_000_000_000 * (1 + i % 90) + i);
    (0..30_000).for_each(|i| queue.push(Key::new(far(u64::from(i)), 1, i, 1, i, 0), ()));
    (0..1_000).for_each(|i| queue.push(Key::new(SimTime::from_nanos(u64::from(i)), 1, i, 0, i, 1), ()));
    let mut last = None;
    for number in 0..200_000 {
        let (key, ()) = queue.pop().expect("the clock never stops");
        assert!(last < Some(key));
        last = Some(key);
        let delay = 1 + sim_core::draws::mix64(u64::from(number)) % 3_000;
        let at = SimTime::from_nanos(key.time.as_nanos() + delay);
        queue.push(Key::new(at, 1, key.destination(), 0, key.source(), 2 + number), ());
    }
    assert_eq!((queue.len(), queue.stored()), (31_000, 31_000));
}

#[test]
fn an_event_that_never_comes_waits_for_ever() {
    let mut queue = EventQueue::new();
    for number in 0..2_000 {
        let time = if number % 2 == 0 { SimTime::NEVER } else { SimTime::from_nanos(u64::from(number)) };
        queue.push(Key::new(time, 1, 0, 0, 0, number), ());
    }
    let popped: Vec<u32> = std::iter::from_fn(|| queue.pop().map(|(key, ())| key.number())).collect();
    assert!(popped.iter().copied().eq((1..2_000).step_by(2).chain((0..2_000).step_by(2))));
}

#[test]
fn the_ladder_pops_what_the_heap_pops() {
    let (mut ladder, mut heap) = (EventQueue::new(), EventQueue::heap_only());
    for number in 0..50_000u32 {
        let word = sim_core::draws::mix64(u64::from(number));
        let key = Key::new(SimTime::from_nanos(word >> 30), 1, number % 10, 0, 0, number);
        ladder.push(key, number);
        heap.push(key, number);
    }
    for number in 50_000..150_000u32 {
        let (popped, same) = (ladder.pop(), heap.pop());
        assert_eq!(popped, same);
        let (key, _) = popped.expect("there are many");
        let delay = sim_core::draws::mix64(u64::from(number)) >> 30;
        let at = SimTime::from_nanos(key.time.as_nanos() + delay);
        let key = Key::new(at, 1, number % 10, 0, 0, number);
        ladder.push(key, number);
        heap.push(key, number);
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
    assert!(queue.stored() <= 20_000 + 64, "{} entries are stored", queue.stored());
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
#[should_panic(expected = "two events with the key")]
fn a_key_used_twice_among_many_is_a_bug() {
    let mut queue = EventQueue::new();
    let key = |number: u32| Key::new(SimTime::from_nanos(u64::from(number)), 1, 2, 3, 4, number);
    (0..5_000).for_each(|number| queue.push(key(number), ()));
    queue.push(key(4_000), ());
    while queue.pop().is_some() {}
}

#[test]
#[should_panic(expected = "two events with the key")]
fn a_key_used_twice_is_a_bug_when_the_first_was_the_last_taken_out_in_advance() {
    let mut queue = EventQueue::new();
    let key = |number: u32| Key::new(SimTime::from_nanos(u64::from(number)), 1, 2, 3, 4, number);
    (0..8).for_each(|number| queue.push(key(number), ()));
    (0..7).for_each(|_| assert!(queue.pop().is_some()));
    queue.push(key(7), ());
    while queue.pop().is_some() {}
}

#[test]
fn a_key_gives_back_what_was_packed_into_it() {
    let key = Key::new(SimTime::from_nanos(9), 7, u32::MAX, 255, 12, u32::MAX);
    assert_eq!((key.lane(), key.destination(), key.kind()), (7, u32::MAX, 255));
    assert_eq!((key.source(), key.number()), (12, u32::MAX));
}
