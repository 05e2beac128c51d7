//! The machine: what peers do when they come, go, hear of a change, notice a silence, recover.

use super::allocate::{Allocation, Candidate, allocate};
use super::clock::Clock;
use super::members::{Known, Members, place_of};
use super::state::{Place, State};
use super::tracker;
use super::{ClusterConfig, Context, Holder, Slot, View, Wish};
use crate::ids::ObjectId;
use sim_core::dist;
use sim_core::draws::Domain;
use sim_core::time::{SimSpan, SimTime};
use std::collections::BTreeSet;

pub(super) const LUCK: Domain = Domain::new("cluster/luck");
pub(super) const AGE: Domain = Domain::new("cluster/age");

/// How long a process that is there at the start has been running at most: longer than every loop.
pub(super) const AGE_MAX: SimSpan = SimSpan::from_hours(1);
/// After so many looks at an old silence a peer takes it for new. Source: `monitor/metrics/checker.go`.
const LOOKS_TO_FORGET: u64 = 300;
/// A client whose pin was refused asks again (assumption).
const ASK_AGAIN: SimSpan = SimSpan::from_mins(1);
/// One-way delays until a change is known: the head comes, the delta is asked for, the delta comes.
const DELAYS: u64 = 3;

/// Something that is due. What holds for one process of a peer names it, and is void after it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, serde::Serialize, serde::Deserialize)]
enum Task {
    /// A peer that was away hears of all pins.
    CatchUp { slot: Slot, session: u32 },
    /// A peer hears of a change of a pin.
    Learn { slot: Slot, session: u32, object: ObjectId },
    /// A pin may have had no progress for too long.
    TimeOut { slot: Slot, session: u32, object: ObjectId },
    /// A peer tries again what is in error.
    Recover { slot: Slot, session: u32 },
    /// The metrics of a silent peer have run out.
    RunOut { silent: Holder, quiet: u32 },
    /// A peer notices a silence.
    Alert { slot: Slot, session: u32, silent: Holder, quiet: u32 },
    /// A client asks for a pin.
    Ask { object: ObjectId },
    /// The operator pins everything again with other factors.
    Change,
    /// A pin expires.
    Expire { object: ObjectId },
    /// A peer looks whether a pin has expired.
    Sync { slot: Slot, session: u32, object: ObjectId },
}

/// What a cluster did so far.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, serde::Serialize, serde::Deserialize)]
pub struct Stats {
    /// Times a pin was allocated anew because a peer fell silent.
    pub repins: u64,
    /// Time from that silence to the new allocation, over all repins.
    pub detection: SimSpan,
    /// Allocations that failed for lack of peers.
    pub refused: u64,
    /// Pins that were given up for want of progress.
    pub timed_out: u64,
}

/// A cluster.
#[derive(Clone, Debug, Default, serde::Serialize, serde::Deserialize)]
pub struct Cluster {
    members: Members,
    state: State,
    agenda: BTreeSet<(SimTime, Task)>,
    stats: Stats,
}

impl Cluster {
    /// A cluster with that many places, all of them vacant, and without pins.
    pub fn new(places: u32, config: &ClusterConfig) -> Self {
        let change = config.change.map(|(at, _)| (at, Task::Change));
        Cluster {
            members: Members::new(places),
            state: State::default(),
            agenda: change.into_iter().collect(),
            stats: Stats::default(),
        }
    }

    /// When it has something to do next.
    pub fn next_wake(&self) -> SimTime {
        self.agenda.first().map_or(SimTime::NEVER, |&(at, _)| at)
    }

    /// What it did so far.
    pub fn stats(&self) -> &Stats {
        &self.stats
    }

    /// The peers that a pin is allocated to; empty if it is on every peer or on none.
    pub fn allocations(&self, object: ObjectId) -> &[Holder] {
        self.state.allocations(object)
    }

    /// The pins of the state.
    pub fn pins(&self) -> impl Iterator<Item = ObjectId> {
        self.state.pins().filter(|(_, pin)| pin.place != Place::Nowhere).map(|(object, _)| object)
    }

    /// The peers that are to have a pin: its allocations, or whoever is there.
    pub fn wanted_on(&self, object: ObjectId) -> Vec<Holder> {
        match self.state.pin(object).map(|pin| &pin.place) {
            Some(Place::On(holders)) => holders.clone(),
            Some(Place::Everywhere) => {
                self.members.slots().filter_map(|slot| self.members.holder(slot)).collect()
            }
            Some(Place::Nowhere) | None => Vec::new(),
        }
    }

    /// Copies that a pin is to have; none: one on every peer.
    pub fn copies_sought(&self, object: ObjectId) -> Option<u32> {
        self.state.pin(object)?.max
    }

    /// A client pins an object.
    pub fn pin<V: View>(&mut self, object: ObjectId, context: &mut Context<'_, V>) {
        self.plan(context.now, Task::Ask { object });
        if let Some(after) = context.config.expire_after {
            self.plan(context.now.saturating_add(after), Task::Expire { object });
        }
        self.wake(context);
    }

    /// A peer's process has started, on machine number `life` of its place.
    pub fn peer_up<V: View>(&mut self, slot: Slot, life: u32, context: &mut Context<'_, V>) {
        let now = context.now;
        let entity = context.view.entity(slot);
        let peer = self.members.peer_mut(slot);
        if peer.life != Some(life) {
            let name = [context.draws.run_seed(), entity.0, u64::from(life)].map(u64::to_be_bytes).concat();
            peer.place = place_of(&name);
            peer.life = Some(life);
            peer.known = Known::Nothing;
            peer.reported = None;
        }
        peer.is_up = true;
        peer.session += 1;
        peer.is_catching_up = false;
        peer.clock = Clock::started(now);
        if now == SimTime::ZERO {
            let age = dist::below(&mut context.draws.at(AGE, entity, 0), AGE_MAX.as_nanos());
            peer.clock = Clock::running_for(SimSpan::from_nanos(age));
            peer.known = Known::All;
        }
        let session = peer.session;
        self.members.end_silence(Holder { slot, life });
        self.plan(now, Task::Recover { slot, session });
        self.let_catch_up(context);
        self.wake(context);
    }

    /// A peer's process has ended.
    pub fn peer_down<V: View>(&mut self, slot: Slot, context: &mut Context<'_, V>) {
        let (now, config) = (context.now, context.config);
        for object in self.members.peer_mut(slot).tracker.clear() {
            context.out.push(Wish::Stop { slot, object });
        }
        let Some(silent) = self.members.fell_silent(slot, now, config) else { return };
        let silence = self.members.silence(silent).expect("it was just noted");
        let pings = silence.pinged.saturating_add(config.ping_ttl());
        let quiet = silence.session;
        self.plan(pings.max(now), Task::RunOut { silent, quiet });
        self.let_catch_up(context);
    }

    /// The blocks on a peer's disk are about to change.
    pub fn disk_changes<V: View>(&mut self, slot: Slot, context: &Context<'_, V>) {
        let Some(last) = self.members.last_report(slot, context.now, context.config) else { return };
        let peer = self.members.peer_mut(slot);
        if peer.reported.is_none_or(|(at, _)| at < last) {
            peer.reported = Some((last, context.view.free(slot)));
        }
    }

    /// A block of a pin that is being fetched has come.
    pub fn progress(&mut self, slot: Slot, object: ObjectId, now: SimTime) {
        self.members.peer_mut(slot).tracker.progress(object, now);
    }

    /// A node has fetched and pinned an object.
    pub fn pinned<V: View>(&mut self, slot: Slot, object: ObjectId, context: &mut Context<'_, V>) {
        self.members.peer_mut(slot).tracker.forget(object);
        self.work(slot, context);
    }

    /// Does all that is due.
    pub fn wake<V: View>(&mut self, context: &mut Context<'_, V>) {
        while self.next_wake() <= context.now {
            let (_, task) = self.agenda.pop_first().expect("its time was just read");
            self.carry_out(task, context);
        }
    }

    fn plan(&mut self, at: SimTime, task: Task) {
        if at != SimTime::NEVER {
            self.agenda.insert((at, task));
        }
    }

    fn carry_out<V: View>(&mut self, task: Task, context: &mut Context<'_, V>) {
        let of_process = match task {
            Task::CatchUp { slot, session }
            | Task::Learn { slot, session, .. }
            | Task::TimeOut { slot, session, .. }
            | Task::Recover { slot, session }
            | Task::Alert { slot, session, .. }
            | Task::Sync { slot, session, .. } => Some((slot, session)),
            Task::RunOut { .. } | Task::Ask { .. } | Task::Change | Task::Expire { .. } => None,
        };
        if of_process.is_some_and(|(slot, session)| !self.members.runs(slot, session)) {
            if let Task::Sync { object, .. } = task {
                self.expire(object, context);
            }
            return;
        }
        match task {
            Task::CatchUp { slot, .. } => self.catch_up(slot, context),
            Task::Learn { slot, object, .. } => self.learn(slot, object, context),
            Task::TimeOut { slot, session, object } => self.time_out(slot, session, object, context),
            Task::Recover { slot, .. } => self.recover(slot, context),
            Task::RunOut { silent, quiet } => self.run_out(silent, quiet, context),
            Task::Alert { slot, session, silent, quiet } => self.alert(slot, session, silent, quiet, context),
            Task::Ask { object } => self.ask(object, context),
            Task::Change => {
                let objects: Vec<ObjectId> = self.pins().collect();
                objects.into_iter().for_each(|object| self.ask(object, context));
            }
            Task::Expire { object } => self.expire(object, context),
            Task::Sync { slot, object, .. } => self.sync(slot, object, context),
        }
    }

    /// Every broken invariant.
    pub fn check(&self, config: &ClusterConfig, broken: &mut Vec<String>) {
        let factors = [config.factor, config.change.map(|(_, factor)| factor)];
        self.state.check(factors.iter().flatten().map(|factor| factor.max).max(), broken);
        for peer in &self.members.peers {
            peer.tracker.check(config.concurrent_pins, broken);
        }
    }
}

/// The state and what peers hear of it.
impl Cluster {
    /// A client asks some peer for a pin, for the first time or with other factors.
    fn ask<V: View>(&mut self, object: ObjectId, context: &mut Context<'_, V>) {
        let now = context.now;
        let peer = self.members.informed().next();
        let place = peer.and_then(|_| match context.config.factor_at(now) {
            None => Some(Place::Everywhere),
            Some(_) => match self.allocate(object, None, context) {
                Allocation::New(holders) => Some(Place::On(holders)),
                Allocation::Keep => Some(Place::On(self.state.allocations(object).to_vec())),
                Allocation::NotEnough => None,
            },
        });
        match (peer, place) {
            (Some(peer), Some(place)) => self.write(peer, object, place, context),
            _ => {
                self.stats.refused += 1;
                self.plan(now.saturating_add(ASK_AGAIN), Task::Ask { object });
            }
        }
    }

    fn allocate<V: View>(
        &self,
        object: ObjectId,
        except: Option<Holder>,
        context: &Context<'_, V>,
    ) -> Allocation {
        let (now, config) = (context.now, context.config);
        let factor = config.factor_at(now).expect("only pins with factors are allocated");
        let present = self.state.allocations(object);
        let writes = self.state.pin(object).map_or(0, |pin| u64::from(pin.writes));
        let (mut current, mut candidates) = (Vec::new(), Vec::new());
        for holder in self.members.reporting(now, config).filter(|&holder| Some(holder) != except) {
            let free = self.reported_free(holder, context);
            if free == 0 {
                // A full disk is not reported, so that the peer counts as one that is not there.
                continue;
            }
            let entity = context.view.entity(holder.slot).member(u64::from(holder.life));
            let luck = context.draws.word(LUCK, entity.member(u64::from(object.0)), writes);
            let candidate = Candidate { holder, tag: context.view.region(holder.slot), free, luck };
            if present.contains(&holder) { current.push(candidate) } else { candidates.push(candidate) }
        }
        allocate(factor, current, candidates, config.by_region)
    }

    /// Free space as a peer last reported it.
    fn reported_free<V: View>(&self, holder: Holder, context: &Context<'_, V>) -> u64 {
        let peer = self.members.peer(holder.slot);
        if peer.life != Some(holder.life) {
            // Its place has been taken in the half minute since its last report, which nobody keeps.
            return 0;
        }
        let last = self.members.last_report(holder.slot, context.now, context.config);
        match peer.reported {
            Some((at, free)) if Some(at) == last => free,
            _ => context.view.free(holder.slot),
        }
    }

    /// Writes a pin at a peer; the others hear of it.
    fn write<V: View>(&mut self, by: Slot, object: ObjectId, place: Place, context: &mut Context<'_, V>) {
        let max = context.config.factor_at(context.now).map(|factor| factor.max);
        let before = self.state.write(object, place.clone(), max, context.now);
        let concerns = |holder: Holder, place: &Place| match place {
            Place::Everywhere => true,
            Place::On(holders) => holders.contains(&holder),
            Place::Nowhere => false,
        };
        for slot in self.members.slots() {
            let Some(holder) = self.members.holder(slot) else { continue };
            let peer = self.members.peer(slot);
            if peer.is_up && (concerns(holder, &before) || concerns(holder, &place)) {
                let after = if slot == by { SimSpan::ZERO } else { travel(by, slot, context.view) };
                let at = context.now.saturating_add(after);
                let session = peer.session;
                self.plan(at, Task::Learn { slot, session, object });
            }
        }
    }

    /// A peer hears of a change, if it knows what came before.
    fn learn<V: View>(&mut self, slot: Slot, object: ObjectId, context: &mut Context<'_, V>) {
        if self.members.peer(slot).known == Known::All {
            self.track(slot, object, context);
            self.work(slot, context);
        }
    }

    /// Tells peers that came up when they will hear of the state: at the next announcement by anybody who knows it. A
    /// peer that knew it and finds nobody who knows more goes on with what it has.
    fn let_catch_up<V: View>(&mut self, context: &mut Context<'_, V>) {
        let every = context.config.rebroadcast_interval;
        let behind = |peer: &super::members::Peer| peer.is_up && peer.known != Known::All;
        for slot in self.members.slots().filter(|slot| behind(self.members.peer(*slot))).collect::<Vec<_>>() {
            let hears = |from: Slot| {
                let next = self.members.peer(from).clock.next(context.now, every);
                next.saturating_add(travel(from, slot, context.view))
            };
            let first = self.members.informed().map(hears).min();
            let peer = self.members.peer_mut(slot);
            let session = peer.session;
            match first {
                Some(at) if !peer.is_catching_up => {
                    peer.is_catching_up = true;
                    self.plan(at, Task::CatchUp { slot, session });
                }
                None if peer.known != Known::Nothing => peer.known = Known::All,
                Some(_) | None => {}
            }
        }
    }

    fn catch_up<V: View>(&mut self, slot: Slot, context: &mut Context<'_, V>) {
        let knows = self.members.informed().next().is_some();
        let peer = self.members.peer_mut(slot);
        peer.is_catching_up = false;
        if !knows {
            return self.let_catch_up(context);
        }
        peer.known = Known::All;
        let objects: Vec<ObjectId> = self.state.pins().map(|(object, _)| object).collect();
        for object in objects {
            self.track(slot, object, context);
        }
        self.work(slot, context);
        self.let_catch_up(context);
    }
}

/// Trackers.
impl Cluster {
    /// A peer does what the state says of a pin: pins or unpins it.
    fn track<V: View>(&mut self, slot: Slot, object: ObjectId, context: &mut Context<'_, V>) {
        let Some(holder) = self.members.holder(slot) else { return };
        if self.state.wants(holder, object) {
            return self.enqueue(slot, object, context);
        }
        if self.members.peer_mut(slot).tracker.forget(object) {
            context.out.push(Wish::Stop { slot, object });
        }
        if context.view.is_pinned(slot, object) {
            context.out.push(Wish::Unpin { slot, object });
        }
    }

    fn enqueue<V: View>(&mut self, slot: Slot, object: ObjectId, context: &Context<'_, V>) {
        if !context.view.is_pinned(slot, object) {
            let asked = self.state.pin(object).map_or(context.now, |pin| pin.written);
            self.members.peer_mut(slot).tracker.enqueue(object, asked, context.now);
        }
    }

    /// Free workers of a peer take what waits.
    fn work<V: View>(&mut self, slot: Slot, context: &mut Context<'_, V>) {
        let (now, config) = (context.now, context.config);
        while let Some(object) = self.members.peer_mut(slot).tracker.begin(config.concurrent_pins, now) {
            if !context.view.can_come(object) {
                self.members.peer_mut(slot).tracker.fail(object);
                continue;
            }
            let session = self.members.peer(slot).session;
            self.plan(now.saturating_add(config.pin_timeout), Task::TimeOut { slot, session, object });
            let is_repair = self.is_repair(slot, object);
            context.out.push(Wish::Fetch { slot, object, is_repair });
        }
    }

    /// Whether a fetch makes up for something: the pin was allocated anew, or the peer came after it.
    fn is_repair(&self, slot: Slot, object: ObjectId) -> bool {
        let clock = self.members.peer(slot).clock;
        self.state.pin(object).is_some_and(|pin| pin.writes > 1 || !clock.is_running(pin.first))
    }

    /// Looks, every so often since a pin began, whether a block has come in the meantime.
    fn time_out<V: View>(
        &mut self,
        slot: Slot,
        session: u32,
        object: ObjectId,
        context: &mut Context<'_, V>,
    ) {
        let (now, config) = (context.now, context.config);
        let tracker = &mut self.members.peer_mut(slot).tracker;
        let Some(tracker::State::Running { since, progress }) = tracker.state(object) else { return };
        let next = Clock::started(since).next(now, config.pin_timeout);
        if Clock::started(since).last(now, config.pin_timeout) != now || now == since {
            // The look of an earlier attempt.
            return;
        }
        if now.since(progress) < config.pin_timeout {
            return self.plan(next, Task::TimeOut { slot, session, object });
        }
        tracker.fail(object);
        self.stats.timed_out += 1;
        context.out.push(Wish::Stop { slot, object });
        let clock = self.members.peer(slot).clock;
        self.plan(clock.next(now, config.pin_recover_interval), Task::Recover { slot, session });
        self.work(slot, context);
    }

    /// A peer tries again what is in error or missing, as far as it knows the state.
    fn recover<V: View>(&mut self, slot: Slot, context: &mut Context<'_, V>) {
        let Some(holder) = self.members.holder(slot) else { return };
        let known = self.members.peer(slot).known;
        let knows = |written: SimTime| match known {
            Known::All => true,
            Known::Until(at) => written <= at,
            Known::Nothing => false,
        };
        let missing: Vec<ObjectId> = self
            .state
            .pins()
            .filter(|&(object, pin)| knows(pin.written) && self.state.wants(holder, object))
            .map(|(object, _)| object)
            .collect();
        for object in missing {
            self.enqueue(slot, object, context);
        }
        self.work(slot, context);
    }
}

/// Silences and what follows from them.
impl Cluster {
    /// The pings of a silent peer have run out: whoever heard the last one will notice at its next look.
    fn run_out<V: View>(&mut self, silent: Holder, quiet: u32, context: &Context<'_, V>) {
        let Some(silence) = self.members.silence(silent).filter(|silence| silence.session == quiet) else {
            return;
        };
        let (pinged, now, check) = (silence.pinged, context.now, context.config.check_interval);
        let (pings, again) =
            (pinged.saturating_add(context.config.ping_ttl()), check.saturating_mul(LOOKS_TO_FORGET));
        if context.config.disable_repinning || !self.state.is_holder(silent) {
            return self.forget_silence(silent, quiet, context);
        }
        for slot in self.members.slots() {
            let peer = self.members.peer(slot);
            if peer.is_up && peer.clock.is_running(pinged) {
                let first = peer.clock.next(pings, check);
                // A pin that came to the silent one after that look has to wait for the next notice.
                let at = if first > now { first } else { first.saturating_add(again) };
                let session = peer.session;
                self.plan(at, Task::Alert { slot, session, silent, quiet });
            }
        }
    }

    /// Forgets a silence that leads to nothing once its last report has run out too.
    fn forget_silence<V: View>(&mut self, silent: Holder, quiet: u32, context: &Context<'_, V>) {
        let Some(silence) = self.members.silence(silent) else { return };
        let until = silence.informed.saturating_add(context.config.metric_ttl);
        if context.now > until {
            self.members.end_silence(silent);
        } else {
            self.plan(until.saturating_add(SimSpan::from_nanos(1)), Task::RunOut { silent, quiet });
        }
    }

    /// A peer notices a silence: it allocates anew what it is the closest to.
    fn alert<V: View>(
        &mut self,
        slot: Slot,
        session: u32,
        silent: Holder,
        quiet: u32,
        context: &mut Context<'_, V>,
    ) {
        let (now, config) = (context.now, context.config);
        let Some(since) = self.members.silence(silent).filter(|s| s.session == quiet).map(|s| s.since) else {
            return;
        };
        if self.members.peer(slot).known == Known::All {
            for object in self.state.of(silent) {
                let place = place_of(context.view.cid(object).as_bytes());
                if self.members.is_closest(slot, &place, Some(silent), now, config) {
                    self.repin(slot, object, silent, since, context);
                }
            }
        }
        if self.state.is_holder(silent) {
            let again = now.saturating_add(config.check_interval.saturating_mul(LOOKS_TO_FORGET));
            self.plan(again, Task::Alert { slot, session, silent, quiet });
        } else {
            self.forget_silence(silent, quiet, context);
        }
    }

    fn repin<V: View>(
        &mut self,
        by: Slot,
        object: ObjectId,
        silent: Holder,
        since: SimTime,
        context: &mut Context<'_, V>,
    ) {
        match self.allocate(object, Some(silent), context) {
            Allocation::Keep => {}
            Allocation::NotEnough => self.stats.refused += 1,
            Allocation::New(holders) => {
                self.stats.repins += 1;
                self.stats.detection += context.now.since(since);
                self.write(by, object, Place::On(holders), context);
            }
        }
    }

    /// A pin has expired: the closest peer will see it at its next state sync.
    fn expire<V: View>(&mut self, object: ObjectId, context: &mut Context<'_, V>) {
        let (now, config) = (context.now, context.config);
        let place = place_of(context.view.cid(object).as_bytes());
        let closest =
            self.members.informed().find(|&slot| self.members.is_closest(slot, &place, None, now, config));
        match closest {
            Some(slot) => {
                let peer = self.members.peer(slot);
                let (at, session) = (peer.clock.next(now, config.state_sync_interval), peer.session);
                self.plan(at, Task::Sync { slot, session, object });
            }
            // The closest one is silent or does not know the state yet.
            None => {
                self.plan(now.saturating_add(config.ping_interval), Task::Expire { object });
            }
        }
    }

    fn sync<V: View>(&mut self, slot: Slot, object: ObjectId, context: &mut Context<'_, V>) {
        let place = place_of(context.view.cid(object).as_bytes());
        if self.members.is_closest(slot, &place, None, context.now, context.config) {
            self.write(slot, object, Place::Nowhere, context);
        } else {
            self.expire(object, context);
        }
    }
}

/// How long a change takes from one peer to another.
fn travel(from: Slot, to: Slot, view: &impl View) -> SimSpan {
    view.delay(from, to).saturating_mul(DELAYS)
}
