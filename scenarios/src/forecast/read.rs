//! A forecast file and `--set` -> inputs of the model, or all that is wrong with them.
//!
//! Values are read where they stand, so that every problem has its line and column; one that `--set` replaces is not
//! judged. Then comes what is missing, then what inputs demand of each other.

use super::date;
use super::keys::{DAYS_MAX, INPUTS, Input, Shape, find};
use crate::file::Text;
use crate::keys::kind::{RealBounds, Refusal};
use crate::keys::{Kind, Need, Value};
use crate::layer::{Set, parse_toml};
use crate::path::KeyPath;
use crate::problem::{Place, Problem, Problems, Report};
use crate::raw::Raw;
use crate::suggest::nearest;
use indexmap::IndexMap;
use models::filecoin::forecast::{Daily, Forecast, Inputs, RewardRelease, forecast};
use std::ops::Range;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// The table of a forecast file.
const TABLE: &str = "forecast";

/// A checked forecast file.
#[derive(Clone, Debug)]
pub struct Plan {
    /// What it calls itself.
    pub name: String,
    /// What the model is told.
    pub inputs: Inputs,
}

/// A value that its input has accepted.
enum Content {
    One(Value),
    Days { values: Daily, given: Option<usize> },
    Date(i64),
}

/// A value of the file or of `--set`, good or not.
struct Entry {
    content: Result<Content, Problem>,
    place: Place,
}

/// Values by the names of their inputs.
type Entries = IndexMap<&'static str, Entry>;

/// Turns a span of the text being read into a place.
type ToPlace<'a> = &'a dyn Fn(Range<usize>) -> Place;

/// Reads a forecast file with `--set` arguments on top.
///
/// # Errors
/// All that is wrong with it.
pub fn read(text: Text, sets: &[String]) -> Result<Plan, Report> {
    let mut problems = Problems::new();
    match plan(&text.text, sets, &mut problems) {
        Some(plan) if !problems.refused() => Ok(plan),
        _ => Err(Report { text, problems }),
    }
}

impl Plan {
    /// Runs the model.
    ///
    /// # Errors
    /// If the network shrinks to nothing; `text` is what the problem is about.
    pub fn run(&self, text: &Text) -> Result<Forecast, Report> {
        forecast(&self.inputs).map_err(|error| {
            let problem = Problem::error(Place::Whole, TABLE, error.to_string());
            let problem =
                problem.help("raise renewal_rate or rb_onboard_pib_per_day, or end the forecast before");
            Report { text: text.clone(), problems: problem.into() }
        })
    }
}

fn plan(text: &str, sets: &[String], problems: &mut Problems) -> Option<Plan> {
    let table = parse_toml(text, problems)?;
    let mut entries = Entries::new();
    let place = top(table.get_ref(), &mut entries, problems);
    for (index, set) in sets.iter().enumerate() {
        let read = Set::parse(index, set, "forecast.renewal_rate=0.8");
        if let Some(set) = problems.take(read) {
            override_with(&set, &mut entries, problems);
        }
    }
    let values = complete(entries, place?, problems);
    if problems.refused() { None } else { values.plan(problems) }
}

/// Reads the file's tables; returns the place of `[forecast]`.
fn top(table: &DeTable<'_>, entries: &mut Entries, problems: &mut Problems) -> Option<Place> {
    let mut place = None;
    let mut unknown = false;
    for (key, value) in table.iter() {
        let key_place = Place::Span(key.span());
        match (key.get_ref().as_ref(), value.get_ref()) {
            (TABLE, DeValue::Table(inputs)) => {
                place = Some(key_place);
                inputs_of(inputs, entries, problems);
            }
            (TABLE, other) => {
                let message = format!("expected a table, got {}", Raw::from_toml(other).found());
                problems.push(Problem::error(Place::Span(value.span()), TABLE, message));
                unknown = true;
            }
            ("schema", version) => {
                let raw = Raw::from_toml(version);
                let refused = |refusal| refuse(Place::Span(value.span()), "schema", refusal);
                problems.take(Kind::Version.read(&raw).map_err(refused));
            }
            (name, _) => {
                unknown = true;
                problems.push(unknown_at_top(name, key_place));
            }
        }
    }
    if place.is_none() && !unknown {
        let help = "`lastcopy forecast mainnet-like --show` prints a file to start from";
        problems.push(Problem::whole("has no [forecast] table").help(help));
    }
    place
}

fn unknown_at_top(name: &str, place: Place) -> Problem {
    let help = match nearest(name, [TABLE, "schema"]) {
        _ if find(name).is_some() => format!("{name} is a key of [forecast]"),
        Some(near) => format!("did you mean {near}?"),
        None => "known here: schema, forecast; scenarios are for `lastcopy run`".into(),
    };
    Problem::error(place, name, "unknown key").help(help)
}

fn inputs_of(table: &DeTable<'_>, entries: &mut Entries, problems: &mut Problems) {
    for (key, value) in table.iter() {
        match find(key.get_ref()) {
            Some(input) => {
                entries.insert(input.name, entry(input, value, &Place::Span));
            }
            None => problems.push(unknown_input(key.get_ref(), Place::Span(key.span()))),
        }
    }
}

fn unknown_input(name: &str, place: Place) -> Problem {
    let help = match nearest(name, INPUTS.iter().map(|input| input.name)) {
        Some(near) => format!("did you mean {near}?"),
        None => "`lastcopy explain forecast` lists what there is".into(),
    };
    Problem::error(place, key_of(name), "unknown key").help(help)
}

fn key_of(name: &str) -> KeyPath {
    KeyPath::new([TABLE, name])
}

/// `--set forecast.gamma=0.7`, or without the table's name, since there is no other.
fn override_with(set: &Set, entries: &mut Entries, problems: &mut Problems) {
    let names: Vec<&str> = set.path.names().iter().map(String::as_str).collect();
    let name = match names[..] {
        [TABLE, name] | [name] => name,
        _ => {
            let problem = Problem::error(set.place.clone(), &set.path, "unknown key");
            problems.push(problem.help("inputs have no keys below them; give the whole value"));
            return;
        }
    };
    let Some(input) = find(name) else {
        problems.push(unknown_input(name, set.place.clone()));
        return;
    };
    let table = DeTable::parse(&set.line).expect("it has been read once");
    let first = table.get_ref().iter().next().expect("it has one key").1;
    let value = match first.get_ref() {
        DeValue::Table(inner) if names.len() == 2 => inner.iter().next().expect("it has one key").1,
        _ => first,
    };
    // The start is said in one of two ways: a new one replaces either.
    match input.name {
        "start_day" => entries.shift_remove("start_date"),
        "start_date" => entries.shift_remove("start_day"),
        _ => None,
    };
    entries.insert(input.name, entry(input, value, &|_| set.place.clone()));
}

/// Reads the value of an input.
fn entry(input: &Input, value: &Spanned<DeValue<'_>>, to_place: ToPlace<'_>) -> Entry {
    let place = to_place(value.span());
    let content = match &input.shape {
        Shape::One(kind) => kind
            .read(&Raw::from_toml(value.get_ref()))
            .map(Content::One)
            .map_err(|refusal| refuse(place.clone(), key_of(input.name), refusal)),
        Shape::Date => calendar_day(input, value.get_ref(), &place),
        Shape::Daily(bounds) => days(input, bounds, value, to_place),
    };
    Entry { content, place }
}

fn refuse(place: Place, key: impl std::fmt::Display, refusal: Refusal) -> Problem {
    Problem::error(place, key, refusal.message).maybe_help(refusal.help)
}

/// `expected ..., got ...`.
fn refuse_shape(input: &Input, value: &DeValue<'_>, place: &Place) -> Problem {
    let message = format!("expected {}, got {}", input.shape.expected(), Raw::from_toml(value).found());
    Problem::error(place.clone(), key_of(input.name), message)
}

fn calendar_day(input: &Input, value: &DeValue<'_>, place: &Place) -> Result<Content, Problem> {
    let day = match Raw::from_toml(value) {
        Raw::Date(text) | Raw::Text(text) => date::day(&text),
        _ => None,
    };
    let day = day.filter(|day| u64::try_from(*day).is_ok_and(|day| day <= DAYS_MAX));
    day.map(Content::Date).ok_or_else(|| refuse_shape(input, value, place))
}

/// A number, a list, or `{ constant, n }`.
fn days(
    input: &Input,
    bounds: &RealBounds,
    value: &Spanned<DeValue<'_>>,
    to_place: ToPlace<'_>,
) -> Result<Content, Problem> {
    let place = to_place(value.span());
    match value.get_ref() {
        DeValue::Array(items) if !items.is_empty() => {
            let number = |(index, item): (usize, &Spanned<DeValue<'_>>)| {
                number(bounds, item).map_err(|refusal| {
                    let message = format!("item {}: {}", index + 1, refusal.message);
                    Problem::error(to_place(item.span()), key_of(input.name), message)
                })
            };
            let values = items.iter().enumerate().map(number).collect::<Result<Vec<_>, _>>()?;
            Ok(Content::Days { given: Some(values.len()), values: Daily::List(values) })
        }
        DeValue::Table(table) => constant(input, bounds, table, &place, to_place),
        single @ (DeValue::Integer(_) | DeValue::Float(_)) => number(bounds, value)
            .map(|x| Content::Days { values: Daily::Constant(x), given: None })
            .map_err(|_| refuse_shape(input, single, &place)),
        other => Err(refuse_shape(input, other, &place)),
    }
}

fn number(bounds: &RealBounds, value: &Spanned<DeValue<'_>>) -> Result<f64, Refusal> {
    match Kind::Real(*bounds).read(&Raw::from_toml(value.get_ref()))? {
        Value::Real(x) => Ok(x),
        other => unreachable!("a number was read as {other:?}"),
    }
}

/// `{ constant = 0.3, n = 3650 }`: n values, all the same.
fn constant(
    input: &Input,
    bounds: &RealBounds,
    table: &DeTable<'_>,
    place: &Place,
    to_place: ToPlace<'_>,
) -> Result<Content, Problem> {
    let (mut constant, mut n) = (None, None);
    for (key, value) in table.iter() {
        let key_path = key_of(input.name).child(key.get_ref());
        let read = |kind: &Kind| {
            kind.read(&Raw::from_toml(value.get_ref()))
                .map_err(|refusal| refuse(to_place(value.span()), &key_path, refusal))
        };
        match key.get_ref().as_ref() {
            "constant" => constant = Some(read(&Kind::Real(*bounds))?),
            "n" => n = Some(read(&Kind::Whole(1, 2 * DAYS_MAX))?),
            _ => {
                let problem = Problem::error(to_place(key.span()), &key_path, "unknown key");
                return Err(problem.help("known here: constant, n"));
            }
        }
    }
    match (constant, n) {
        (Some(Value::Real(x)), Some(Value::Whole(n))) => {
            Ok(Content::Days { values: Daily::Constant(x), given: usize::try_from(n).ok() })
        }
        (constant, _) => {
            let name = if constant.is_none() { "constant" } else { "n" };
            Err(Problem::error(place.clone(), key_of(input.name).child(name), "missing")
                .help("write { constant = 0.3, n = 3650 }, or the number alone"))
        }
    }
}

/// Inputs with good values, given or by default.
struct Values(IndexMap<&'static str, (Content, Place)>);

/// Sorts good values from bad ones and from those that are missing.
fn complete(mut entries: Entries, table: Place, problems: &mut Problems) -> Values {
    let mut values = IndexMap::new();
    for input in INPUTS {
        match (entries.shift_remove(input.name), input.need, &input.shape) {
            (Some(Entry { content, place }), ..) => {
                if let Some(content) = problems.take(content) {
                    values.insert(input.name, (content, place));
                }
            }
            (None, Need::Default(text), Shape::One(kind)) => {
                values.insert(input.name, (Content::One(kind.default(text)), table.clone()));
            }
            (None, Need::Required, shape) => {
                let message = format!("missing, expected {}", shape.expected());
                problems.push(Problem::error(table.clone(), key_of(input.name), message));
            }
            (None, ..) => {}
        }
    }
    Values(values)
}

impl Values {
    /// The plan, if the inputs agree with each other.
    fn plan(&self, problems: &mut Problems) -> Option<Plan> {
        let start_day = problems.take(self.start_day());
        let length = self.count("forecast_length");
        for (name, (content, place)) in &self.0 {
            if let Content::Days { given: Some(given), .. } = content
                && *given < length
            {
                let message = format!(
                    "expected at least {length} values, one for each day of forecast_length, got {given}"
                );
                problems.push(Problem::error(place.clone(), key_of(name), message));
            }
        }
        let inputs = self.inputs(start_day?);
        Some(Plan { name: self.text("name").into(), inputs })
    }

    fn inputs(&self, start_day: u32) -> Inputs {
        Inputs {
            start_day,
            forecast_length: self.count("forecast_length"),
            sector_duration_days: self.count("sector_duration_days"),
            rb_power_zero_eib: self.real("rb_power_zero_eib"),
            qa_power_zero_eib: self.real("qa_power_zero_eib"),
            rb_onboard_pib_per_day: self.days("rb_onboard_pib_per_day"),
            renewal_rate: self.days("renewal_rate"),
            fil_plus_rate: self.days("fil_plus_rate"),
            lock_target: self.days("lock_target"),
            fil_plus_multiplier: self.real("fil_plus_multiplier"),
            gamma: self.days("gamma"),
            zero_cum_capped_power_eib_days: self.real("zero_cum_capped_power_eib_days"),
            init_baseline_eib: self.real("init_baseline_eib"),
            baseline_at_liftoff_eib: self.real("baseline_at_liftoff_eib"),
            circ_supply_zero: self.real("circ_supply_zero"),
            locked_fil_zero: self.real("locked_fil_zero"),
            locked_pledge_share: self.real("locked_pledge_share"),
            burnt_zero: self.real("burnt_zero"),
            daily_burnt_fil: self.real("daily_burnt_fil"),
            start_vested_amt: self.real("start_vested_amt"),
            known_expiry_days: self.count("known_expiry_days"),
            hist_qa_onboard_pib: self.real("hist_qa_onboard_pib"),
            reward_release: match self.text("reward_release") {
                "linear" => RewardRelease::Linear,
                _ => RewardRelease::Geometric,
            },
        }
    }

    /// The first day, from its number, its date, or both if they agree.
    fn start_day(&self) -> Result<u32, Problem> {
        let number = self.0.get("start_day").map(|(content, place)| match content {
            Content::One(Value::Whole(day)) => (*day, place),
            _ => panic!("start_day is no number"),
        });
        let date = self.0.get("start_date").map(|(content, _)| match content {
            Content::Date(day) => u64::try_from(*day).expect("dates before liftoff are refused"),
            _ => panic!("start_date is no date"),
        });
        let day = match (number, date) {
            (Some((day, place)), Some(of_date)) if day != of_date => {
                let message = format!("is {day}, but start_date is day {of_date}");
                let problem = Problem::error(place.clone(), key_of("start_day"), message);
                return Err(problem.help("give one of the two; the other follows"));
            }
            (Some((day, _)), _) | (None, Some(day)) => day,
            (None, None) => {
                let message = "missing, expected start_day or start_date";
                return Err(Problem::error(Place::Whole, key_of("start_day"), message));
            }
        };
        Ok(u32::try_from(day).expect("a bounded day"))
    }

    fn one(&self, name: &str) -> &Value {
        match self.0.get(name) {
            Some((Content::One(value), _)) => value,
            _ => panic!("{name} is no single value"),
        }
    }

    fn real(&self, name: &str) -> f64 {
        match self.one(name) {
            Value::Real(x) => *x,
            other => panic!("{name} is {other:?}"),
        }
    }

    fn count(&self, name: &str) -> usize {
        match self.one(name) {
            Value::Whole(n) => usize::try_from(*n).expect("a bounded count"),
            other => panic!("{name} is {other:?}"),
        }
    }

    fn text(&self, name: &str) -> &str {
        match self.one(name) {
            Value::Text(text) => text,
            other => panic!("{name} is {other:?}"),
        }
    }

    fn days(&self, name: &str) -> Daily {
        match self.0.get(name) {
            Some((Content::Days { values, .. }, _)) => values.clone(),
            _ => panic!("{name} is no daily value"),
        }
    }
}
