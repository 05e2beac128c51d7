//! Formulas of durability: chains of birth and death, binomial tails, checks, availability. Numbers with a fraction are
//! printed with as many digits as a double has.

use super::formulas::param;
use super::given::{Given, Kind, Param};
use super::{Answer, Formula};
use models::durability::formulas::{self, Chain, Crews};

const PIECES: Param = param("n", Kind::Count(1, 1_000), "pieces of an object");
const NEEDED: Param = param("k", Kind::Count(1, 1_000), "pieces that rebuild it; 1 for copies");
const LIFE: Param = param("life", Kind::Span, "mean life of a piece, without memory");
const REPAIR: Param = param("repair", Kind::Span, "mean time of a repair, without memory");
const HORIZON: Param = param("horizon", Kind::Span, "for how long");
const OF_CHAIN: &[Param] = &[PIECES, NEEDED, LIFE, REPAIR];
const OF_HORIZON: &[Param] = &[PIECES, NEEDED, LIFE, REPAIR, HORIZON];
const BIRTH_DEATH: &str = "birth and death by the positive recursion; Trivedi 2002, ch. 8";
const UNIFORM: &str = "the same chain made uniform; Jensen 1953";

pub(super) const MTTDL_PARALLEL: Formula = Formula {
    name: "mttdl-parallel",
    doc: "Mean time to loss of an object whose missing pieces are all repaired at once.",
    params: OF_CHAIN,
    unit: "days",
    source: BIRTH_DEATH,
    compute: |_, given| Ok(Answer::one(chain(given, Crews::Parallel)?.mean_time_to_loss())),
};

pub(super) const MTTDL_SINGLE: Formula = Formula {
    name: "mttdl-single",
    doc: "Mean time to loss of an object whose missing pieces are repaired one at a time.",
    params: OF_CHAIN,
    unit: "days",
    source: BIRTH_DEATH,
    compute: |_, given| Ok(Answer::one(chain(given, Crews::Single)?.mean_time_to_loss())),
};

pub(super) const LOSS_PARALLEL: Formula = Formula {
    name: "loss-parallel",
    doc: "Odds that an object is lost within a time, all missing pieces repaired at once.",
    params: OF_HORIZON,
    unit: "",
    source: UNIFORM,
    compute: |_, given| within(given, Crews::Parallel),
};

pub(super) const LOSS_SINGLE: Formula = Formula {
    name: "loss-single",
    doc: "Odds that an object is lost within a time, missing pieces repaired one at a time.",
    params: OF_HORIZON,
    unit: "",
    source: UNIFORM,
    compute: |_, given| within(given, Crews::Single),
};

pub(super) const TOO_FEW: Formula = Formula {
    name: "too-few-left",
    doc: "Odds that fewer than k of n pieces are left, each gone on its own, without repair.",
    params: &[PIECES, NEEDED, param("gone", Kind::Share, "odds that a piece is gone")],
    unit: "",
    source: "a binomial tail; Weatherspoon and Kubiatowicz 2002",
    compute: |_, given| {
        let (n, k) = code(given)?;
        Ok(Answer::one(formulas::too_few(n, k, given.share("gone"))))
    },
};

pub(super) const CHECKED: Formula = Formula {
    name: "periodic-check",
    doc: "Odds of loss in one period of a check that repairs all at once, and the mean life in days.",
    params: &[PIECES, NEEDED, LIFE, param("every", Kind::Span, "period of the check")],
    unit: "[odds, days]",
    source: "a binomial tail over one period",
    compute: |_, given| {
        let (n, k) = code(given)?;
        let (odds, days) = formulas::periodic_check(n, k, given.days("life"), given.days("every"));
        if odds > 0.0 {
            Ok(Answer::list([odds, days].map(Answer::one)))
        } else {
            Err("every: odds too small for a double".into())
        }
    },
};

pub(super) const AVAILABILITY: Formula = Formula {
    name: "availability",
    doc: "Share of time that a holder is online, whatever the laws of its spells.",
    params: &[param("up", Kind::Span, "mean spell online"), param("down", Kind::Span, "mean spell offline")],
    unit: "",
    source: "the renewal-reward theorem",
    compute: |_, given| Ok(Answer::one(formulas::availability(given.days("up"), given.days("down")))),
};

pub(super) const RETRIEVABLE: Formula = Formula {
    name: "retrievable",
    doc: "Odds that at least k of n pieces are online, each on its own.",
    params: &[PIECES, NEEDED, param("online", Kind::Share, "odds that a holder is online")],
    unit: "",
    source: "a binomial tail",
    compute: |_, given| {
        let (n, k) = code(given)?;
        Ok(Answer::one(formulas::retrievable(n, k, given.share("online"))))
    },
};

pub(super) const PLACED: Formula = Formula {
    name: "placement",
    doc: "Copies placed evenly over regions: odds that all are in one, that no two are, and that one region's loss loses all.",
    params: &[
        param("copies", Kind::Count(1, 1_000), "copies, each placed on its own"),
        param("regions", Kind::Count(1, 1_000_000), "regions of one size"),
    ],
    unit: "[odds, odds, odds]",
    source: "counting",
    compute: |_, given| {
        let placed = formulas::placement(given.count("copies"), given.count("regions"));
        Ok(Answer::list([placed.all_in_one, placed.all_apart, placed.lost_with_a_region].map(Answer::one)))
    },
};

fn code(given: &Given) -> Result<(u32, u32), String> {
    let (n, k) = (given.count("n"), given.count("k"));
    if k > n { Err(format!("k: at most n, {n}")) } else { Ok((n, k)) }
}

fn chain(given: &Given, crews: Crews) -> Result<Chain, String> {
    let (pieces, needed) = code(given)?;
    let (failure, repair) = (1.0 / given.days("life"), 1.0 / given.days("repair"));
    let chain = Chain { pieces, needed, failure, repair, crews };
    if chain.mean_time_to_loss().is_finite() {
        Ok(chain)
    } else {
        Err("life: the mean is past 1e308 days".into())
    }
}

fn within(given: &Given, crews: Crews) -> Result<Answer, String> {
    let most = formulas::MOST_SPARE;
    let odds = chain(given, crews)?.loss_within(given.days("horizon"));
    odds.map(Answer::one).ok_or_else(|| format!("n: at most {most} more than k"))
}
