//! Objects and their pieces, event by event.
//!
//! A piece is here or gone. While it is here its life runs; when it is gone a repair may. An object of which fewer than
//! `needed` pieces are here is lost, for good or until a new one takes its place. Every clock is an event on the engine
//! that can be cancelled, and remembers when it began: so it can be drawn anew from its age ([`Store::redraw`]).

use sim_core::dist::{Law, Sampler, below, unit};
use sim_core::draws::{Domain, Draw, Draws, Entity};
use sim_core::engine::{Cx, Engine, Event, Stopped, World};
use sim_core::queue::{Handle, Key};
use sim_core::time::{SimSpan, SimTime};
use std::collections::VecDeque;
use thiserror::Error;

const LIFE: Domain = Domain::new("durability/life");
const REPAIR: Domain = Domain::new("durability/repair");
const SESSION: Domain = Domain::new("durability/session");
const PLACE: Domain = Domain::new("durability/place");
const OUTAGE: Domain = Domain::new("durability/outage");
/// Who draws for what happens to a region.
const REGIONS: Entity = Entity::named("durability/regions");

/// How missing pieces come back.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Repair {
    /// They do not.
    None,
    /// Each by a repair of its own.
    Parallel(Law),
    /// One after the other, the first gone first.
    Single(Law),
    /// All of an object at once, whenever that span has passed.
    Check(SimSpan),
}

/// Up and down in turn.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Sessions {
    /// Law of the spells online.
    pub up: Law,
    /// Law of the spells offline.
    pub down: Law,
}

/// Regions of one size, over which pieces are placed evenly, each on its own.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Regions {
    /// How many. Bounds: at least 1.
    pub count: u32,
    /// From one outage to the next, of any region, which loses all that is in it.
    pub outages: Law,
}

/// What becomes of a lost object.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum AfterLoss {
    /// Nothing more.
    Nothing,
    /// A new one takes its place: at once, or at the next check where there are checks.
    Replaced,
}

/// What a store is made of.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Plan {
    /// Objects.
    pub objects: u32,
    /// Pieces of an object.
    pub pieces: u32,
    /// Pieces that rebuild it. Bounds: 1 to `pieces`.
    pub needed: u32,
    /// Law of a piece's life; without one it lasts.
    pub life: Option<Law>,
    /// How missing pieces come back.
    pub repair: Repair,
    /// When holders are online; without, always.
    pub sessions: Option<Sessions>,
    /// Where pieces are; without, nowhere in particular.
    pub regions: Option<Regions>,
    /// What becomes of a lost object.
    pub after_loss: AfterLoss,
}

/// A plan that cannot be carried out.
#[derive(Clone, PartialEq, Debug, Error)]
pub enum PlanError {
    /// Too few or too many of something.
    #[error("{what}: expected {expected}, found {found}")]
    Count {
        /// Of what.
        what: &'static str,
        /// What would do.
        expected: String,
        /// What is there.
        found: u64,
    },
    /// A law out of its bounds.
    #[error(transparent)]
    Law(#[from] sim_core::dist::LawError),
}

impl Plan {
    /// One object of that kind, which ends with its loss and never goes offline.
    pub fn one(pieces: u32, needed: u32, life: Law, repair: Repair) -> Self {
        let (sessions, regions) = (None, None);
        let after_loss = AfterLoss::Nothing;
        Plan { objects: 1, pieces, needed, life: Some(life), repair, sessions, regions, after_loss }
    }

    /// The first thing that is wrong with it.
    ///
    /// # Errors
    /// If a count or a law is out of its bounds.
    pub fn check(&self) -> Result<(), PlanError> {
        let count = |what, found: u64, low: u64, high: u64| {
            let expected = || format!("a whole number from {low} to {high}");
            if (low..=high).contains(&found) {
                Ok(())
            } else {
                Err(PlanError::Count { what, expected: expected(), found })
            }
        };
        count("objects", u64::from(self.objects), 1, 1 << 24)?;
        count("pieces", u64::from(self.pieces), 1, 1_000)?;
        count("needed", u64::from(self.needed), 1, u64::from(self.pieces))?;
        count("pieces of all objects", u64::from(self.objects) * u64::from(self.pieces), 1, 1 << 28)?;
        if let Some(regions) = self.regions {
            count("regions", u64::from(regions.count), 1, 1 << 16)?;
        }
        if let Repair::Check(every) = self.repair {
            count("nanoseconds between checks", every.as_nanos(), 1, u64::MAX)?;
        }
        for law in self.laws().into_iter().flatten() {
            law.check()?;
        }
        Ok(())
    }

    fn laws(&self) -> [Option<Law>; 5] {
        let repair = match self.repair {
            Repair::Parallel(law) | Repair::Single(law) => Some(law),
            Repair::None | Repair::Check(_) => None,
        };
        let (up, down) = (self.sessions.map(|s| s.up), self.sessions.map(|s| s.down));
        [self.life, repair, up, down, self.regions.map(|regions| regions.outages)]
    }
}

/// What can happen.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Happening {
    /// A piece is gone.
    Fail,
    /// A piece is back.
    Repaired,
    /// A holder goes online or offline.
    Flip,
    /// Everything missing comes back.
    Check,
    /// A region loses all that it holds.
    Outage,
}

impl Event for Happening {
    fn kind(&self) -> u8 {
        *self as u8
    }

    fn content(&self) -> u64 {
        0
    }
}

#[derive(Clone, Debug)]
struct Piece {
    here: bool,
    online: bool,
    region: u16,
    /// Draws so far, of all kinds.
    drawn: u32,
    /// The life or the repair that is running, and since when.
    clock: Option<Handle>,
    since: SimTime,
}

#[derive(Clone, Debug)]
struct Object {
    missing: u32,
    online: u32,
    lost: bool,
    born: SimTime,
    /// Since when it has been as retrievable as it is.
    seen: SimTime,
    /// With one repair at a time: those that wait, the one under way first.
    waiting: VecDeque<u32>,
}

/// What came of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Pieces that went.
    pub failures: u64,
    /// Lives of the objects that were lost, in the order of the losses.
    pub lives: Vec<SimSpan>,
    /// Nanoseconds that objects were retrievable, summed over objects up to the end.
    pub retrievable: u128,
}

/// Laws made ready, once.
#[derive(Clone, Copy, Debug)]
struct Laws {
    life: Option<Sampler>,
    repair: Option<Sampler>,
    sessions: Option<(Sampler, Sampler)>,
    outages: Option<Sampler>,
}

/// The world of a [`Plan`].
#[derive(Clone, Debug)]
pub struct Store {
    plan: Plan,
    laws: Laws,
    draws: Draws,
    stream: Entity,
    pieces: Vec<Piece>,
    objects: Vec<Object>,
    /// Objects with something missing since the last check.
    damaged: Vec<u32>,
    outages: u32,
    outage: (Option<Handle>, SimTime),
    tally: Tally,
}

impl Store {
    /// A running engine with everything in place. Draws are those of `stream`.
    ///
    /// # Panics
    /// If [`Plan::check`] finds an error.
    pub fn engine(plan: Plan, draws: Draws, stream: Entity) -> Engine<Store> {
        plan.check().unwrap_or_else(|error| panic!("{error}"));
        let [life, repair, up, down, outages] = plan.laws().map(|law| law.map(|law| law.sampler()));
        let laws = Laws { life, repair, sessions: up.zip(down), outages };
        let piece =
            Piece { here: true, online: true, region: 0, drawn: 0, clock: None, since: SimTime::ZERO };
        let object = Object {
            missing: 0,
            online: plan.pieces,
            lost: false,
            born: SimTime::ZERO,
            seen: SimTime::ZERO,
            waiting: VecDeque::new(),
        };
        let store = Store {
            plan,
            laws,
            draws,
            stream,
            pieces: vec![piece; plan.objects as usize * plan.pieces as usize],
            objects: vec![object; plan.objects as usize],
            damaged: Vec::new(),
            outages: 0,
            outage: (None, SimTime::ZERO),
            tally: Tally::default(),
        };
        Engine::new(store, Store::start)
    }

    /// Runs a plan up to `end` and says what came of it.
    pub fn run(plan: Plan, draws: Draws, end: SimTime) -> Tally {
        let mut engine = Store::engine(plan, draws, Entity::named("durability"));
        assert_eq!(engine.run_until(end, u64::MAX), Stopped::AtEnd);
        engine.check().expect("events are conserved");
        let store = engine.world_mut();
        (0..store.plan.objects).for_each(|object| store.look(object, end));
        std::mem::take(&mut store.tally)
    }

    /// Missing pieces of an object.
    pub fn missing(&self, object: u32) -> u32 {
        self.objects[object as usize].missing
    }

    /// What has come of it so far.
    pub fn tally(&self) -> &Tally {
        &self.tally
    }

    /// The regions of an object's pieces.
    pub fn regions(&self, object: u32) -> impl Iterator<Item = u16> + '_ {
        self.pieces_of(object).map(|piece| self.pieces[piece as usize].region)
    }

    fn start(&mut self, cx: &mut Cx<Happening>) {
        for piece in 0..self.pieces.len() as u32 {
            self.place(piece);
            self.live(piece, cx);
            if let Some((up, down)) = self.laws.sessions {
                let (means, mut draw) = (self.plan.sessions.expect("sessions"), self.draw(piece, SESSION));
                let share = means.up.mean().as_nanos() as f64;
                let online = unit(&mut draw) * (share + means.down.mean().as_nanos() as f64) < share;
                let spell = if online { up } else { down }.sample_residual(&mut draw);
                self.pieces[piece as usize].online = online;
                let object = self.object(piece) as usize;
                self.objects[object].online -= u32::from(!online);
                cx.schedule(cx.now().saturating_add(spell), piece, piece, Happening::Flip);
            }
        }
        if let Repair::Check(every) = self.plan.repair {
            cx.schedule(cx.now() + every, self.everyone(), self.everyone(), Happening::Check);
        }
        self.next_outage(None, cx);
    }

    /// Draws every clock anew that is running, given for how long it has been; all draws from here on are those of
    /// `stream`. What has happened depends on a clock only through its not having come up. Sessions go on as drawn.
    pub fn redraw(&mut self, stream: Entity, cx: &mut Cx<Happening>) {
        self.stream = stream;
        for piece in 0..self.pieces.len() as u32 {
            let (here, since) = (self.pieces[piece as usize].here, self.pieces[piece as usize].since);
            if self.stop(piece, cx) {
                let age = Some(cx.now().since(since));
                if here {
                    self.run_life(piece, age, cx)
                } else {
                    self.run_repair(piece, age, cx)
                }
                self.pieces[piece as usize].since = since;
            }
        }
        if let (Some(handle), since) = self.outage {
            cx.cancel(handle);
            self.next_outage(Some(since), cx);
        }
    }

    fn everyone(&self) -> u32 {
        self.pieces.len() as u32
    }

    fn object(&self, piece: u32) -> u32 {
        piece / self.plan.pieces
    }

    fn pieces_of(&self, object: u32) -> std::ops::Range<u32> {
        object * self.plan.pieces..(object + 1) * self.plan.pieces
    }

    fn draw(&mut self, piece: u32, domain: Domain) -> Draw {
        let drawn = &mut self.pieces[piece as usize].drawn;
        *drawn += 1;
        self.draws.at(domain, self.stream.member(u64::from(piece)), u64::from(*drawn))
    }

    fn place(&mut self, piece: u32) {
        if let Some(regions) = self.plan.regions {
            let mut draw = self.draw(piece, PLACE);
            self.pieces[piece as usize].region = below(&mut draw, u64::from(regions.count)) as u16;
        }
    }

    /// Stops the clock of a piece; false if none was running.
    fn stop(&mut self, piece: u32, cx: &mut Cx<Happening>) -> bool {
        self.pieces[piece as usize].clock.take().is_some_and(|handle| cx.cancel(handle))
    }

    fn live(&mut self, piece: u32, cx: &mut Cx<Happening>) {
        self.run_life(piece, None, cx);
    }

    fn run_life(&mut self, piece: u32, age: Option<SimSpan>, cx: &mut Cx<Happening>) {
        self.clock(piece, self.laws.life, (LIFE, Happening::Fail), age, cx);
    }

    fn run_repair(&mut self, piece: u32, age: Option<SimSpan>, cx: &mut Cx<Happening>) {
        self.clock(piece, self.laws.repair, (REPAIR, Happening::Repaired), age, cx);
    }

    fn clock(
        &mut self,
        piece: u32,
        law: Option<Sampler>,
        (domain, event): (Domain, Happening),
        age: Option<SimSpan>,
        cx: &mut Cx<Happening>,
    ) {
        let Some(law) = law else { return };
        let mut draw = self.draw(piece, domain);
        let span = match age {
            None => law.sample(&mut draw),
            Some(age) => law.sample_left(age, &mut draw),
        };
        let handle = cx.schedule_cancellable(cx.now().saturating_add(span), piece, piece, event);
        let piece = &mut self.pieces[piece as usize];
        (piece.clock, piece.since) = (Some(handle), cx.now());
    }

    /// Sets the next outage, or draws it anew given when the last one was.
    fn next_outage(&mut self, since: Option<SimTime>, cx: &mut Cx<Happening>) {
        let Some(law) = self.laws.outages else { return };
        let entity = REGIONS.member(self.stream.0);
        let mut draw = self.draws.at(OUTAGE, entity, u64::from(self.outages));
        let span = match since {
            None => law.sample(&mut draw),
            Some(since) => law.sample_left(cx.now().since(since), &mut draw),
        };
        let at = cx.now().saturating_add(span);
        let handle = cx.schedule_cancellable(at, self.everyone(), self.everyone(), Happening::Outage);
        self.outage = (Some(handle), since.unwrap_or(cx.now()));
    }

    /// Whether an object is retrievable is about to change: what it was until now counts.
    fn look(&mut self, object: u32, now: SimTime) {
        let object = &mut self.objects[object as usize];
        if !object.lost && object.online >= self.plan.needed {
            self.tally.retrievable += u128::from(now.since(object.seen).as_nanos());
        }
        object.seen = now;
    }

    fn fail(&mut self, piece: u32, cx: &mut Cx<Happening>) {
        self.take(piece, cx);
        self.settle(piece, cx);
    }

    /// A piece is gone; what follows from that is settled after all that go at the instant are.
    fn take(&mut self, piece: u32, cx: &mut Cx<Happening>) {
        self.stop(piece, cx);
        let object = self.object(piece);
        self.look(object, cx.now());
        let (state, own) = (&mut self.objects[object as usize], &mut self.pieces[piece as usize]);
        own.here = false;
        state.missing += 1;
        state.online -= u32::from(own.online);
        self.tally.failures += 1;
        if state.missing == 1 && matches!(self.plan.repair, Repair::Check(_)) {
            self.damaged.push(object);
        }
    }

    fn settle(&mut self, piece: u32, cx: &mut Cx<Happening>) {
        let object = self.object(piece);
        let state = &mut self.objects[object as usize];
        if state.lost || self.pieces[piece as usize].here {
            return;
        }
        if self.plan.pieces - state.missing < self.plan.needed {
            return self.lose(object, cx);
        }
        match self.plan.repair {
            Repair::Parallel(_) => self.run_repair(piece, None, cx),
            Repair::Single(_) => {
                state.waiting.push_back(piece);
                if state.waiting.len() == 1 {
                    self.run_repair(piece, None, cx);
                }
            }
            Repair::None | Repair::Check(_) => {}
        }
    }

    fn lose(&mut self, object: u32, cx: &mut Cx<Happening>) {
        for piece in self.pieces_of(object) {
            self.stop(piece, cx);
        }
        let state = &mut self.objects[object as usize];
        state.lost = true;
        state.waiting.clear();
        self.tally.lives.push(cx.now().since(state.born));
        if self.plan.after_loss == AfterLoss::Replaced && !matches!(self.plan.repair, Repair::Check(_)) {
            self.renew(object, cx);
        }
    }

    /// All pieces that are not here are, and a lost object is a new one.
    fn renew(&mut self, object: u32, cx: &mut Cx<Happening>) {
        self.look(object, cx.now());
        let anew = self.objects[object as usize].lost;
        for piece in self.pieces_of(object) {
            if !self.pieces[piece as usize].here || anew {
                self.come_back(piece, cx);
            }
        }
        let state = &mut self.objects[object as usize];
        if anew {
            (state.lost, state.born) = (false, cx.now());
        }
    }

    /// A piece is here, at a place of its own, with a whole life before it.
    fn come_back(&mut self, piece: u32, cx: &mut Cx<Happening>) {
        let object = self.object(piece);
        self.look(object, cx.now());
        let own = &mut self.pieces[piece as usize];
        if !own.here {
            let state = &mut self.objects[object as usize];
            own.here = true;
            state.missing -= 1;
            state.online += u32::from(own.online);
        }
        self.place(piece);
        self.live(piece, cx);
    }

    fn repaired(&mut self, piece: u32, cx: &mut Cx<Happening>) {
        self.pieces[piece as usize].clock = None;
        self.come_back(piece, cx);
        let object = self.object(piece);
        let waiting = &mut self.objects[object as usize].waiting;
        if waiting.pop_front().is_some()
            && let Some(next) = waiting.front().copied()
        {
            self.run_repair(next, None, cx);
        }
    }

    fn check(&mut self, every: SimSpan, cx: &mut Cx<Happening>) {
        for object in std::mem::take(&mut self.damaged) {
            if !self.objects[object as usize].lost || self.plan.after_loss == AfterLoss::Replaced {
                self.renew(object, cx);
            }
        }
        if self.objects.iter().any(|object| !object.lost) {
            cx.schedule(cx.now().saturating_add(every), self.everyone(), self.everyone(), Happening::Check);
        }
    }

    fn lose_region(&mut self, cx: &mut Cx<Happening>) {
        let count = self.plan.regions.expect("an outage is of a region").count;
        let entity = REGIONS.member(self.stream.0).member(0);
        let region =
            below(&mut self.draws.at(OUTAGE, entity, u64::from(self.outages)), u64::from(count)) as u16;
        self.outages += 1;
        let hit: Vec<u32> = (0..self.everyone())
            .filter(|piece| {
                let own = &self.pieces[*piece as usize];
                own.here && own.region == region && !self.objects[self.object(*piece) as usize].lost
            })
            .collect();
        hit.iter().for_each(|piece| self.take(*piece, cx));
        hit.iter().for_each(|piece| self.settle(*piece, cx));
        self.next_outage(None, cx);
    }

    fn flip(&mut self, piece: u32, cx: &mut Cx<Happening>) {
        let object = self.object(piece);
        self.look(object, cx.now());
        let own = &mut self.pieces[piece as usize];
        own.online = !own.online;
        let (online, here) = (own.online, own.here);
        if here {
            let count = &mut self.objects[object as usize].online;
            *count = if online { *count + 1 } else { *count - 1 };
        }
        let (up, down) = self.laws.sessions.expect("who flips has sessions");
        let spell = if online { up } else { down }.sample(&mut self.draw(piece, SESSION));
        cx.schedule(cx.now().saturating_add(spell), piece, piece, Happening::Flip);
    }
}

impl World for Store {
    type Event = Happening;

    fn handle(&mut self, key: Key, event: Happening, cx: &mut Cx<Happening>) {
        match (event, self.plan.repair) {
            (Happening::Fail, _) => self.fail(key.destination(), cx),
            (Happening::Repaired, _) => self.repaired(key.destination(), cx),
            (Happening::Flip, _) => self.flip(key.destination(), cx),
            (Happening::Check, Repair::Check(every)) => self.check(every, cx),
            (Happening::Check, other) => panic!("a check where repair is {other:?}"),
            (Happening::Outage, _) => self.lose_region(cx),
        }
    }
}
