//! One look for all figures: sizes, colours, and the embedded font.
//!
//! Text is set with DejaVu Sans from this crate and not with a font of the system, so that a figure's
//! bytes are the same on every machine. Colours of curves are those of Okabe and Ito (2008), told apart
//! by colour-blind readers as well; rungs are a ramp of blue from served (dark) over online (light) to
//! stored (grey), and lost is the one warm colour.

use super::scene::Anchor;
use ab_glyph::{Font, FontRef, ScaleFont, point};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters_backend::{BackendColor, BackendCoord, BackendTextStyle, FontFamily};
use std::sync::OnceLock;

/// Width of a figure, in pixels.
pub(super) const WIDTH: f64 = 900.0;
/// Height of a figure, in pixels.
pub(super) const HEIGHT: f64 = 540.0;
/// Space kept free at the left and right edge.
pub(super) const MARGIN: f64 = 20.0;

/// Size of the title, in pixels an em.
pub(super) const TITLE: f64 = 18.0;
/// Size of everything else that is read.
pub(super) const BODY: f64 = 12.5;
/// Size of the line that says where a figure comes from.
pub(super) const FOOT: f64 = 10.5;

/// A colour as red, green, blue.
pub(super) type Rgb = (u8, u8, u8);

/// Text and axes.
pub(super) const INK: Rgb = (33, 37, 41);
/// Secondary text.
pub(super) const MUTED: Rgb = (92, 99, 106);
/// Grid lines.
pub(super) const GRID: Rgb = (225, 228, 232);
/// Rows without a state, such as objects that are not published yet.
pub(super) const BLANK: Rgb = (237, 239, 242);

/// Colours of curves, in order of use.
pub(super) const SERIES: [Rgb; 8] = [
    (0, 114, 178),
    (213, 94, 0),
    (0, 158, 115),
    (204, 121, 167),
    (230, 159, 0),
    (86, 180, 233),
    (0, 0, 0),
    (127, 127, 127),
];

/// Rungs from the highest to none, with their colours and what they are called.
pub(super) const RUNGS: [(&str, Rgb, &str); 5] = [
    ("served", (8, 69, 148), "served"),
    ("discoverable", (66, 146, 198), "discoverable only"),
    ("online", (158, 202, 225), "online only"),
    ("stored", (190, 190, 190), "stored, off line"),
    ("lost", (213, 94, 0), "lost"),
];

static FONT_BYTES: &[u8] = include_bytes!("../../assets/DejaVuSans.ttf");

/// Where viewers of an SVG look for the font. Measured widths hold for the first; the others are no wider.
const FAMILY: &str = "DejaVu Sans, Verdana, sans-serif";

/// Half the height of a lower-case letter, in ems: from the middle of a line to its baseline.
const MIDDLE_TO_BASELINE: f64 = 0.27;

fn font() -> &'static FontRef<'static> {
    static FONT: OnceLock<FontRef<'static>> = OnceLock::new();
    FONT.get_or_init(|| FontRef::try_from_slice(FONT_BYTES).expect("the embedded font is a font"))
}

/// The font's scale for an em of `size` pixels: `ab_glyph` measures line heights, SVG measures ems.
fn scale(size: f64) -> f32 {
    let font = font();
    size as f32 * font.height_unscaled() / font.units_per_em().expect("a scalable font has an em")
}

/// Width of a line of text at `size` pixels an em, in pixels.
pub(super) fn text_width(text: &str, size: f64) -> f64 {
    let font = font().as_scaled(scale(size));
    let mut width = 0.0;
    let mut last = None;
    for glyph in text.chars().map(|letter| font.glyph_id(letter)) {
        width += last.map_or(0.0, |last| font.kern(last, glyph)) + font.h_advance(glyph);
        last = Some(glyph);
    }
    f64::from(width)
}

/// The text, shortened with an ellipsis until it is no wider than `width`.
pub(super) fn fit(text: &str, size: f64, width: f64) -> String {
    if text_width(text, size) <= width {
        return text.to_owned();
    }
    let mut letters: Vec<char> = text.chars().collect();
    while letters.pop().is_some() {
        let mut shorter: String = letters.iter().collect();
        shorter.truncate(shorter.trim_end().len());
        shorter.push('…');
        if text_width(&shorter, size) <= width {
            return shorter;
        }
    }
    String::new()
}

/// The text, shortened in its middle until it is no wider than `width`: names often differ at their end.
pub(super) fn fit_middle(text: &str, size: f64, width: f64) -> String {
    let letters: Vec<char> = text.chars().collect();
    let mut kept = letters.len();
    let mut shown = text.to_owned();
    while kept > 0 && text_width(&shown, size) > width {
        kept -= 1;
        let head: String = letters[..kept.div_ceil(2)].iter().collect();
        let tail: String = letters[letters.len() - kept / 2..].iter().collect();
        shown = format!("{}…{}", head.trim_end(), tail.trim_start());
    }
    shown
}

/// The text in lines no wider than `width`, broken between words.
pub(super) fn wrap(text: &str, size: f64, width: f64) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if text_width(&format!("{line} {word}"), size) <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(fit(word, size, width)),
        }
    }
    lines
}

/// A line of text as a backend of plotters draws it: centred on its height.
///
/// Plotters' own way of setting text drops the space before each letter, which makes pairs such as `il`
/// touch; this one places glyphs where the font says, to a fraction of a pixel.
#[derive(Debug)]
pub(super) struct Label {
    /// Pixels an em.
    pub(super) size: f64,
    /// Colour.
    pub(super) color: Rgb,
    /// Which end of the line is at the given place.
    pub(super) anchor: Anchor,
}

/// Setting text from the embedded font cannot fail.
#[derive(Debug, thiserror::Error)]
pub(super) enum NoFontError {}

impl BackendTextStyle for Label {
    type FontError = NoFontError;

    fn color(&self) -> BackendColor {
        BackendColor { alpha: 1.0, rgb: self.color }
    }

    fn size(&self) -> f64 {
        // The SVG backend divides by this factor.
        self.size * 1.24
    }

    fn anchor(&self) -> Pos {
        let across = match self.anchor {
            Anchor::Left => HPos::Left,
            Anchor::Center => HPos::Center,
            Anchor::Right => HPos::Right,
        };
        Pos::new(across, VPos::Center)
    }

    fn family(&self) -> FontFamily<'_> {
        FontFamily::Name(FAMILY)
    }

    fn layout_box(&self, text: &str) -> Result<(BackendCoord, BackendCoord), NoFontError> {
        Ok(((0, 0), (text_width(text, self.size).round() as i32, 2 * self.size.ceil() as i32)))
    }

    fn draw<E, F: FnMut(i32, i32, BackendColor) -> Result<(), E>>(
        &self,
        text: &str,
        (left, top): BackendCoord,
        mut pixel: F,
    ) -> Result<Result<(), E>, NoFontError> {
        let font = font();
        let scaled = font.as_scaled(scale(self.size));
        let baseline = (self.size.ceil() + MIDDLE_TO_BASELINE * self.size) as f32;
        let mut x = 0.0;
        let mut last = None;
        for id in text.chars().map(|letter| font.glyph_id(letter)) {
            x += last.map_or(0.0, |last| scaled.kern(last, id));
            last = Some(id);
            let glyph = id.with_scale_and_position(scaled.scale(), point(x, baseline));
            x += scaled.h_advance(id);
            let Some(outline) = font.outline_glyph(glyph) else {
                continue;
            };
            let corner = outline.px_bounds().min;
            let mut result = Ok(());
            outline.draw(|dx, dy, coverage| {
                if result.is_ok() && coverage > 0.0 {
                    let color = BackendColor { alpha: f64::from(coverage.min(1.0)), rgb: self.color };
                    let (x, y) = (corner.x as i32 + dx as i32, corner.y as i32 + dy as i32);
                    result = pixel(left + x, top + y, color);
                }
            });
            if result.is_err() {
                return Ok(result);
            }
        }
        Ok(Ok(()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_cut_and_broken_to_its_width() {
        let long = "a rather long line of text that does not fit";
        let cut = fit(long, BODY, 100.0);
        assert!(cut.ends_with('…') && text_width(&cut, BODY) <= 100.0, "{cut}");
        let cut = fit_middle(long, BODY, 100.0);
        assert!(cut.starts_with("a ra") && cut.ends_with(" fit"), "{cut}");
        assert_eq!(fit_middle("short", BODY, 100.0), "short");
        let lines = wrap(long, BODY, 100.0);
        assert!(lines.len() > 1 && lines.iter().all(|line| text_width(line, BODY) <= 100.0), "{lines:?}");
        assert_eq!(lines.join(" "), long);
    }
}
