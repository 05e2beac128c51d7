//! What is wrong with a scenario: where, which key, what was found, what is allowed, how to mend it.
//!
//! Checks push a [`Problem`] and go on, so that a user sees everything at once. Only [`Report`] knows
//! what a problem looks like:
//!
//! ```text
//! scenario.toml:12:9: peers.count: expected a whole number from 1 to 10000000, got -1
//! help: did you mean ...?
//! ```

use crate::file::Text;
use std::fmt::{self, Write as _};
use std::ops::Range;

/// Problems shown at most; the rest is counted.
pub const SHOWN: usize = 20;

/// Where a problem is. The order is the order in which problems are shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// The file as a whole.
    Whole,
    /// Bytes of the file.
    Span(Range<usize>),
    /// An argument of the command line, such as `--set population.peers.count`.
    Argument {
        /// Its number.
        index: usize,
        /// What a message calls it.
        shown: String,
    },
}

impl Place {
    fn rank(&self) -> (u8, usize, usize) {
        match self {
            Place::Whole => (0, 0, 0),
            Place::Span(span) => (1, span.start, span.end),
            Place::Argument { index, .. } => (2, *index, 0),
        }
    }
}

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// The scenario is refused.
    Error,
    /// The scenario runs, and the user is told.
    Warning,
}

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Where.
    pub place: Place,
    /// The key, empty if it is about no single one.
    pub key: String,
    /// What was found and what is allowed.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
    /// How bad it is.
    pub severity: Severity,
}

impl Problem {
    /// A problem that refuses the scenario.
    pub fn error(place: Place, key: impl fmt::Display, message: impl Into<String>) -> Self {
        Problem {
            place,
            key: key.to_string(),
            message: message.into(),
            help: None,
            severity: Severity::Error,
        }
    }

    /// Something the user should know.
    pub fn warning(place: Place, key: impl fmt::Display, message: impl Into<String>) -> Self {
        Problem { severity: Severity::Warning, ..Problem::error(place, key, message) }
    }

    /// A problem of the whole file.
    pub fn whole(message: impl Into<String>) -> Self {
        Problem::error(Place::Whole, "", message)
    }

    /// The same problem with advice.
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// The same problem with advice, if there is any.
    pub fn maybe_help(mut self, help: Option<String>) -> Self {
        self.help = help;
        self
    }
}

/// Problems as they are found.
#[derive(Clone, Debug, Default)]
pub struct Problems(Vec<Problem>);

impl Problems {
    /// None yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a problem. The same problem found twice, as in two arms, is one problem.
    pub fn push(&mut self, problem: Problem) {
        if !self.0.contains(&problem) {
            self.0.push(problem);
        }
    }

    /// Adds the problem of a failed step and passes on the value of a good one.
    pub fn take<T>(&mut self, result: Result<T, Problem>) -> Option<T> {
        result.map_err(|problem| self.push(problem)).ok()
    }

    /// Adds some problems.
    pub fn extend(&mut self, problems: impl IntoIterator<Item = Problem>) {
        problems.into_iter().for_each(|problem| self.push(problem));
    }

    /// Whether the scenario is refused.
    pub fn refused(&self) -> bool {
        self.0.iter().any(|problem| problem.severity == Severity::Error)
    }

    /// Number of problems, warnings included.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is nothing to say.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Problems in the order of their places; of one place, in the order in which they were found.
    pub fn sorted(&self) -> Vec<&Problem> {
        let mut sorted: Vec<_> = self.0.iter().collect();
        sorted.sort_by_key(|problem| problem.place.rank());
        sorted
    }
}

impl From<Problem> for Problems {
    fn from(problem: Problem) -> Self {
        Problems(vec![problem])
    }
}

/// Problems together with the text they are about.
#[derive(Clone, Debug)]
pub struct Report {
    /// The scenario as it was read.
    pub text: Text,
    /// What is wrong with it.
    pub problems: Problems,
}

impl Report {
    /// One line for each problem, with its help below it.
    pub fn plain(&self) -> String {
        let sorted = self.problems.sorted();
        let mut out = String::new();
        for problem in sorted.iter().take(SHOWN) {
            out.push_str(&self.line(problem));
            out.push('\n');
            if let Some(help) = &problem.help {
                writeln!(out, "help: {help}").expect("a string takes all");
            }
        }
        if sorted.len() > SHOWN {
            writeln!(out, "and {} more", sorted.len() - SHOWN).expect("a string takes all");
        }
        out
    }

    /// `place: key: message`.
    fn line(&self, problem: &Problem) -> String {
        let place = match &problem.place {
            Place::Whole => self.text.shown.clone(),
            Place::Span(span) => {
                let (line, column) = self.text.line_column(span.start);
                format!("{}:{line}:{column}", self.text.shown)
            }
            Place::Argument { shown, .. } => shown.clone(),
        };
        let severity = if problem.severity == Severity::Warning { "warning: " } else { "" };
        match problem.key.as_str() {
            "" => format!("{place}: {severity}{}", problem.message),
            key => format!("{place}: {key}: {severity}{}", problem.message),
        }
    }

    /// Problems that have a place in the file, for drawings of the source text; the rest as lines.
    pub fn diagnostics(&self) -> (Vec<Diagnostic>, Vec<String>) {
        let (mut drawn, mut lines) = (Vec::new(), Vec::new());
        for problem in self.problems.sorted().into_iter().take(SHOWN) {
            match &problem.place {
                Place::Span(span) => drawn.push(Diagnostic::new(self, problem, span.clone())),
                _ => lines.push(self.line(problem)),
            }
        }
        (drawn, lines)
    }
}

/// A problem as `miette` draws it: message, excerpt, caret, help.
#[derive(Debug)]
pub struct Diagnostic {
    title: String,
    label: String,
    help: Option<String>,
    severity: Severity,
    span: Range<usize>,
    source: miette::NamedSource<String>,
}

impl Diagnostic {
    fn new(report: &Report, problem: &Problem, span: Range<usize>) -> Self {
        Diagnostic {
            title: report.line(problem),
            label: if problem.key.is_empty() { "here".into() } else { problem.key.clone() },
            help: problem.help.clone(),
            severity: problem.severity,
            span,
            source: miette::NamedSource::new(&report.text.shown, report.text.text.clone()),
        }
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.title)
    }
}

impl std::error::Error for Diagnostic {}

impl miette::Diagnostic for Diagnostic {
    fn severity(&self) -> Option<miette::Severity> {
        Some(match self.severity {
            Severity::Error => miette::Severity::Error,
            Severity::Warning => miette::Severity::Warning,
        })
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.help.as_ref().map(|help| Box::new(help) as Box<dyn fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn miette::SourceCode> {
        Some(&self.source)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = miette::LabeledSpan> + '_>> {
        let label = miette::LabeledSpan::new_with_span(Some(self.label.clone()), self.span.clone());
        Some(Box::new(std::iter::once(label)))
    }
}
