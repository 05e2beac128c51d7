//! Stories and losses as text for a terminal.

use super::causes::{CAME, WENT, words};
use super::{CaseLosses, CopyRow, Fate, Loss, Losses, Story};
use crate::text::{count, percent, plural, span};
use std::collections::BTreeMap;
use std::fmt::{self, Write as _};

/// Copies shown unless all are asked for: the last ones to go.
const SHOWN: usize = 20;

/// Cells listed by their names.
const CELLS: usize = 12;

impl Story {
    /// The story in words: the first cell in which the object was lost, else the first, in full; `all` shows every copy.
    pub fn text(&self, all: bool) -> String {
        let mut text = String::new();
        let told = self.fates.iter().find(|fate| fate.loss.is_some()).or(self.fates.first());
        if let Some(fate) = told {
            self.write_fate(&mut text, fate, all).expect("a string takes all");
            if self.fates.len() > 1 {
                self.write_cells(&mut text, fate).expect("a string takes all");
            }
        }
        text
    }

    fn write_fate(&self, text: &mut String, fate: &Fate, all: bool) -> fmt::Result {
        // Data in sectors has no root that the run knows, and is not read.
        let is_data = fate.root_cid.is_empty();
        let verb = if is_data { "stored" } else { "published" };
        let published =
            fate.published_s.map_or(format!("never {verb}"), |at| format!("{verb} at {}", instant(at)));
        writeln!(text, "{}", format!("{}  {}", self.object, fate.root_cid).trim_end())?;
        let bytes = plural(fate.size_bytes, "byte");
        writeln!(text, "{bytes}, of {}, {published}; cell {}", fate.stored_by, fate.cell)?;
        match &fate.loss {
            Some(loss) => {
                let wish = if loss.deliberate { "; its owner wanted that" } else { "" };
                writeln!(
                    text,
                    "lost at {} with the copy of {}: {} ({}){wish}",
                    span(loss.lost_s),
                    loss.last_holder,
                    words(WENT, &loss.cause),
                    loss.cause_key
                )?;
            }
            None => {
                let copies = plural(fate.copies_end, "whole copy").replace("copys", "copies");
                writeln!(text, "not lost: {} at the end, {copies}", fate.rung)?;
            }
        }
        writeln!(text, "\ncopies, in the order in which they went")?;
        write_copies(text, &fate.copies, all)?;
        writeln!(text)?;
        writeln!(text, "at most one copy for {}", span(fate.exposure_s))?;
        if !is_data {
            writeln!(text, "{}, {} ended well", plural(fate.reads, "read"), count(fate.reads_ok))?;
        }
        let Some(loss) = &fate.loss else { return Ok(()) };
        if !is_data {
            write_reads(text, loss)?;
        }
        writeln!(text, "\nwhat would have kept it then, all else being as it was")?;
        loss.would_have_kept.iter().try_for_each(|remedy| writeln!(text, "  - {remedy}"))
    }

    /// Its fate in each cell in a line.
    fn write_cells(&self, text: &mut String, told: &Fate) -> fmt::Result {
        writeln!(text, "\nlost in {} of {}", self.times_lost(), plural(self.fates.len() as u64, "cell"))?;
        let rows = self.fates.iter().take(CELLS).map(|fate| {
            let fate_words = match &fate.loss {
                Some(loss) => format!("lost at {}: {}", span(loss.lost_s), loss.cause),
                None => format!("{} at the end, copies: {}", fate.rung, fate.copies_end),
            };
            vec![fate.cell.clone(), fate_words]
        });
        table(text, &[], &rows.collect::<Vec<_>>())?;
        if self.fates.len() > CELLS {
            writeln!(text, "  and {} more", self.fates.len() - CELLS)?;
        }
        let other = self.fates.iter().find(|fate| fate.cell != told.cell).map_or("", |fate| &fate.cell);
        writeln!(text, "told above: {}; `--cell {other}` tells another", told.cell)
    }
}

/// What came of its being read.
fn write_reads(text: &mut String, loss: &Loss) -> fmt::Result {
    let when = |at: Option<f64>| at.map_or("never".into(), span);
    writeln!(text, "online until {}", when(loss.online_until_s))?;
    writeln!(text, "last read that ended well: {}", when(loss.last_read_s))?;
    writeln!(text, "fetched by others: {}", count(loss.fetched))?;
    if loss.reads_too_late > 0 {
        writeln!(text, "came too late: {}", plural(loss.reads_too_late, "read"))?;
    }
    Ok(())
}

fn write_copies(text: &mut String, copies: &[CopyRow], all: bool) -> fmt::Result {
    let hidden = if all { 0 } else { copies.len().saturating_sub(SHOWN) };
    if hidden > 0 {
        let mut causes: BTreeMap<&str, u64> = BTreeMap::new();
        for copy in &copies[..hidden] {
            *causes.entry(copy.went_by.as_deref().unwrap_or("still there")).or_default() += 1;
        }
        let causes: Vec<String> = causes.iter().map(|(cause, n)| format!("{cause} {n}")).collect();
        writeln!(text, "  {hidden} that went first: {} (`--all` lists them)", causes.join(", "))?;
    }
    let rows: Vec<Vec<String>> = copies[hidden..].iter().map(copy_row).collect();
    table(text, &["holder", "came", "from", "until", "went"], &rows)
}

fn copy_row(copy: &CopyRow) -> Vec<String> {
    let came = format!("{}{}", words(CAME, &copy.came_by), in_brackets(facts(&copy.came_facts)));
    let went = match &copy.went_by {
        None => "still there".into(),
        Some(cause) => {
            let mut known = facts(&copy.went_facts);
            match (copy.pinned_s, copy.unpinned_s) {
                (None, _) if copy.went_facts.contains_key("trigger") => known.push("never pinned".into()),
                (Some(_), Some(at)) if copy.until_s != Some(at) => {
                    known.push(format!("unpinned at {}", span(at)))
                }
                _ => {}
            }
            let last = if copy.is_last { "; the last copy" } else { "" };
            format!("{}{}{last}", words(WENT, cause), in_brackets(known))
        }
    };
    let until = copy.until_s.map_or("-".into(), span);
    vec![copy.holder.clone(), came, instant(copy.from_s), until, went]
}

/// `last_block_from=library/0` as `last block from library/0`, `promised_until_s=864000` as `promised until 10 days`.
fn facts(facts: &BTreeMap<String, String>) -> Vec<String> {
    let fact = |(key, value): (&String, &String)| {
        let time = key.strip_suffix("_s").zip(value.parse::<f64>().ok());
        let (key, shown) = match time {
            Some((key, seconds)) => (key, instant(seconds)),
            None => (key.as_str(), value.parse().map_or(value.clone(), count)),
        };
        format!("{} {shown}", key.replace('_', " "))
    };
    facts.iter().map(fact).collect()
}

/// An instant of the run.
fn instant(seconds: f64) -> String {
    if seconds == 0.0 { "the start".into() } else { span(seconds) }
}

fn in_brackets(words: Vec<String>) -> String {
    if words.is_empty() { String::new() } else { format!(" ({})", words.join(", ")) }
}

impl Losses {
    /// The losses as a table of causes.
    pub fn text(&self) -> String {
        let mut text = String::new();
        for (number, case) in self.cases.iter().enumerate() {
            if number > 0 {
                text.push('\n');
            }
            write_case(&mut text, case).expect("a string takes all");
        }
        text
    }
}

fn write_case(text: &mut String, case: &CaseLosses) -> fmt::Result {
    let label = if case.label.is_empty() { String::new() } else { format!("{}: ", case.label) };
    let (lost, all) = (count(case.lost), plural(case.objects, "object"));
    writeln!(text, "{label}{lost} of {all} lost ({})", plural(case.replicates, "replicate"))?;
    if case.lost == 0 {
        return Ok(());
    }
    let rows = case.causes.iter().map(|cause| {
        vec![
            cause.cause.clone(),
            count(cause.lost),
            format!("{} %", percent(cause.lost as f64 / case.lost as f64)),
            count(cause.deliberate),
            count(cause.never_fetched),
            span(cause.first_s),
            span(cause.median_s),
            span(cause.exposure_mean_s),
            cause.key.clone(),
        ]
    });
    let header = [
        "last copy",
        "lost",
        "share",
        "by owner",
        "never fetched",
        "first at",
        "median at",
        "with one copy",
        "decided by",
    ];
    table(text, &header, &rows.collect::<Vec<_>>())?;
    if !case.earlier_copies.is_empty() {
        writeln!(text, "  copies before the last: {}", counted(&case.earlier_copies))?;
    }
    writeln!(text, "  would have kept, losses: {}", counted(&case.remedies))
}

fn counted(counts: &BTreeMap<String, u64>) -> String {
    let words: Vec<String> = counts.iter().map(|(name, n)| format!("{name} {}", count(*n))).collect();
    words.join(", ")
}

/// Writes rows in columns, each as wide as it has to be.
fn table(text: &mut String, header: &[&str], rows: &[Vec<String>]) -> fmt::Result {
    let header: Vec<String> = header.iter().map(|&word| word.to_owned()).collect();
    let all = || std::iter::once(&header).filter(|header| !header.is_empty()).chain(rows);
    let columns = all().map(Vec::len).max().unwrap_or(0);
    let width =
        |column: usize| all().filter_map(|row| row.get(column)).map(|field| field.chars().count()).max();
    let widths: Vec<usize> = (0..columns).map(|column| width(column).unwrap_or(0)).collect();
    for row in all() {
        let mut line = String::from(" ");
        for (field, width) in row.iter().zip(&widths) {
            write!(line, " {field:<width$} ")?;
        }
        writeln!(text, "{}", line.trim_end())?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn copy(number: u32, until_s: f64) -> CopyRow {
        CopyRow {
            holder: format!("reader/{number}"),
            from_s: 0.0,
            until_s: Some(until_s),
            came_by: "fetched".into(),
            went_by: Some("collected".into()),
            came_facts: BTreeMap::new(),
            went_facts: BTreeMap::from([("trigger".into(), "watermark".into())]),
            went_key: "population.reader.storage.automatic_gc".into(),
            pinned_s: None,
            unpinned_s: None,
            is_last: false,
        }
    }

    #[test]
    fn of_many_copies_the_last_twenty_are_shown_and_the_others_counted() {
        let copies: Vec<CopyRow> = (0..25).map(|number| copy(number, 60.0 + f64::from(number))).collect();
        let lines = |all| {
            let mut text = String::new();
            write_copies(&mut text, &copies, all).expect("a string takes all");
            text.lines().map(String::from).collect::<Vec<_>>()
        };
        // A header, and one line for those that are not shown.
        assert_eq!((lines(true).len(), lines(false).len()), (26, 22));
        assert_eq!(lines(false)[0], "  5 that went first: collected 5 (`--all` lists them)");
        assert!(lines(false)[2].trim_start().starts_with("reader/5 "), "{:?}", lines(false));
    }

    #[test]
    fn columns_are_as_wide_as_their_widest_field() {
        let mut text = String::new();
        table(&mut text, &["a", "b"], &[vec!["long".into(), "x".into()], vec!["s".into()]])
            .expect("a string");
        assert_eq!(text, "  a     b\n  long  x\n  s\n");
    }
}
