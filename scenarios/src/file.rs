//! A scenario file as text: read whole, or refused with a plain sentence before any parser sees it.
//!
//! Nothing here knows TOML. What is refused: whatever is not a regular file of at most 1 MiB, whatever
//! is not plain UTF-8, and text that is plainly something else (JSON, YAML, an unfinished merge).

use crate::problem::{Place, Problem, Report};
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;

/// Bytes of a scenario file at most. The longest of the catalogue has some five thousand.
pub const SIZE_MAX: u64 = 1 << 20;

/// A scenario's text and the name by which messages call it.
#[derive(Clone, Debug)]
pub struct Text {
    /// The path as the user typed it, or the name of a catalogue entry.
    pub shown: String,
    /// The text.
    pub text: String,
}

impl Text {
    /// Line and column, both from 1, of a byte. Columns count characters.
    pub fn line_column(&self, offset: usize) -> (usize, usize) {
        let mut end = offset.min(self.text.len());
        while !self.text.is_char_boundary(end) {
            end -= 1;
        }
        let before = &self.text[..end];
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
    }
}

/// Reads a scenario file.
///
/// # Errors
/// The one problem that refuses it.
pub fn read(path: &Path) -> Result<Text, Report> {
    let shown = path.display().to_string();
    match read_regular(path) {
        Ok(bytes) => decode(shown, bytes),
        Err(problem) => Err(refuse(shown, String::new(), problem)),
    }
}

/// Turns the bytes of a scenario into text.
///
/// # Errors
/// As [`read`].
pub fn decode(shown: String, bytes: Vec<u8>) -> Result<Text, Report> {
    if let Some(problem) = foreign_encoding(&bytes) {
        return Err(refuse(shown, String::new(), problem));
    }
    let text = match String::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => return Err(invalid_utf8(shown, error)),
    };
    let refusals = [unwanted_character, nothing_in_it, other_format, merge_conflict];
    match refusals.iter().find_map(|look| look(&text)) {
        Some(problem) => Err(refuse(shown, text, problem)),
        None => Ok(Text { shown, text }),
    }
}

fn refuse(shown: String, text: String, problem: Problem) -> Report {
    Report { text: Text { shown, text }, problems: problem.into() }
}

fn read_regular(path: &Path) -> Result<Vec<u8>, Problem> {
    let facts = fs::metadata(path).map_err(|error| unreadable(path, &error))?;
    if facts.is_dir() {
        return Err(Problem::whole("is a folder, expected a scenario file")
            .help("give the .toml file itself; `lastcopy list` shows the catalogue"));
    }
    if !facts.is_file() {
        return Err(Problem::whole(
            "is no regular file (a pipe, a socket or a device), expected a scenario file",
        )
        .help("save the scenario to a file first"));
    }
    let mut bytes = Vec::new();
    File::open(path)
        .and_then(|file| file.take(SIZE_MAX + 1).read_to_end(&mut bytes))
        .map_err(|error| unreadable(path, &error))?;
    if bytes.len() as u64 > SIZE_MAX {
        return Err(Problem::whole("is larger than 1 MiB, too large for a scenario").help(
            "data belongs in files of its own: traces in CSV files, content in source = { path = \"...\" }",
        ));
    }
    Ok(bytes)
}

/// The operating system's reason in plain words.
fn unreadable(path: &Path, error: &io::Error) -> Problem {
    let is_link = fs::symlink_metadata(path).is_ok_and(|facts| facts.is_symlink());
    match error.kind() {
        io::ErrorKind::PermissionDenied => {
            Problem::whole("cannot be read: no permission").help("change its permissions, or copy it")
        }
        _ if is_link => Problem::whole("is a symbolic link that leads nowhere or round in a circle")
            .help("give the file itself"),
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => Problem::whole(
            "no such file, and no scenario of that name",
        )
        .help("`lastcopy list` shows the catalogue, `lastcopy new NAME` writes a scenario to start from"),
        kind => Problem::whole(format!("cannot be read: {kind}")),
    }
}

fn foreign_encoding(bytes: &[u8]) -> Option<Problem> {
    let name = match bytes {
        [0xEF, 0xBB, 0xBF, ..] => "a byte order mark",
        [0xFF, 0xFE, ..] | [0xFE, 0xFF, ..] => "UTF-16 text",
        _ => return None,
    };
    Some(
        Problem::whole(format!("begins with {name}, expected plain UTF-8"))
            .help("save it as \"UTF-8\" without byte order mark"),
    )
}

fn invalid_utf8(shown: String, error: std::string::FromUtf8Error) -> Report {
    let valid = error.utf8_error().valid_up_to();
    let byte = error.as_bytes()[valid];
    let text = String::from_utf8_lossy(error.as_bytes()).into_owned();
    let problem = at(valid, format!("byte 0x{byte:02x} is no UTF-8 text"))
        .help("save the file as \"UTF-8\"; if this is no text file at all, it is the wrong file");
    refuse(shown, text, problem)
}

/// Control characters, lone carriage returns, and characters that hide or reorder others.
fn unwanted_character(text: &str) -> Option<Problem> {
    let (offset, character) = text.char_indices().find(|&(offset, c)| match c {
        '\n' | '\t' => false,
        '\r' => !text[offset + 1..].starts_with('\n'),
        c => c.is_control() || is_invisible(c),
    })?;
    let code = character as u32;
    Some(match character {
        '\r' => at(offset, "a carriage return without a line feed".into())
            .help("save the file with \"LF\" (Unix) or \"CRLF\" (Windows) line ends"),
        c if c.is_control() => at(offset, format!("control character U+{code:04X}, expected text"))
            .help("delete it; if this is no text file at all, it is the wrong file"),
        _ => {
            at(offset, format!("invisible character U+{code:04X}")).help("delete it and type the word again")
        }
    })
}

/// Zero-width characters and those that turn the direction of writing.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{061C}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{2069}' | '\u{FEFF}')
}

fn nothing_in_it(text: &str) -> Option<Problem> {
    let lines: Vec<_> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let what = match lines.iter().all(|line| line.starts_with('#')) {
        true if lines.is_empty() => "is empty",
        true => "holds only comments",
        false => return None,
    };
    Some(Problem::whole(what).help("`lastcopy new NAME` writes a scenario to start from"))
}

fn other_format(text: &str) -> Option<Problem> {
    let offset = first_content(text)?;
    let line = text[offset..].lines().next().unwrap_or_default().trim_end();
    let format = if line.starts_with('{') || line == "[" || line.starts_with("[{") {
        "JSON"
    } else if line == "---" || line.starts_with("%YAML") || is_yaml_pair(line) {
        "YAML"
    } else {
        return None;
    };
    Some(
        at(offset, format!("looks like {format}, expected TOML"))
            .help("write `key = value` lines under [table] headings; `lastcopy new NAME` writes a scenario to start from"),
    )
}

/// Offset of the first line that is neither empty nor a comment.
fn first_content(text: &str) -> Option<usize> {
    let mut offset = 0;
    for line in text.split_inclusive('\n') {
        let trimmed = line.trim_start();
        if !trimmed.is_empty() && !trimmed.starts_with('#') {
            return Some(offset + line.len() - trimmed.len());
        }
        offset += line.len();
    }
    None
}

/// `word: ...`, which no TOML line begins with.
fn is_yaml_pair(line: &str) -> bool {
    line.split_once(':').is_some_and(|(key, rest)| {
        let word = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
        !key.is_empty() && key.chars().all(word) && (rest.is_empty() || rest.starts_with(' '))
    })
}

fn merge_conflict(text: &str) -> Option<Problem> {
    let mut offset = 0;
    for line in text.split_inclusive('\n') {
        let marker = line.trim_end();
        if marker.starts_with("<<<<<<< ") || marker.starts_with(">>>>>>> ") || marker == "=======" {
            return Some(
                at(offset, "a marker of an unfinished merge".into())
                    .help("choose one of the two versions and delete the lines <<<<<<<, ======= and >>>>>>>"),
            );
        }
        offset += line.len();
    }
    None
}

fn at(offset: usize, message: String) -> Problem {
    Problem::error(Place::Span(offset..offset + 1), "", message)
}
