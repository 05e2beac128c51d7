//! A figure as a list of shapes, before it becomes SVG or PNG.
//!
//! Plots place shapes at fractions of a pixel and know nothing of file formats; [`super::render`] paints
//! one scene to both, so that both show the same thing.

use super::theme::{HEIGHT, INK, Rgb, WIDTH};

/// The shapes of a figure, in painting order, on [`WIDTH`] × [`HEIGHT`] pixels.
#[derive(Clone, Debug, Default)]
pub(super) struct Scene {
    /// The shapes.
    pub(super) shapes: Vec<Shape>,
}

/// Which point of a line of text is at its place.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Anchor {
    /// Its left end.
    Left,
    /// Its middle.
    Center,
    /// Its right end.
    Right,
}

/// One shape. Coordinates are pixels from the top left corner.
#[derive(Clone, Debug)]
pub(super) enum Shape {
    /// A filled rectangle.
    Rect {
        /// Top left corner.
        from: (f64, f64),
        /// Bottom right corner.
        to: (f64, f64),
        /// Colour.
        color: Rgb,
    },
    /// A line through points.
    Line {
        /// The points.
        points: Vec<(f64, f64)>,
        /// Colour.
        color: Rgb,
        /// Width in pixels.
        width: f64,
    },
    /// The area between two curves over x.
    Band {
        /// x, upper y and lower y, with x never falling.
        points: Vec<(f64, f64, f64)>,
        /// Colour.
        color: Rgb,
        /// Opacity from 0 to 1.
        alpha: f64,
    },
    /// A filled circle.
    Dot {
        /// Centre.
        at: (f64, f64),
        /// Radius.
        radius: f64,
        /// Colour.
        color: Rgb,
    },
    /// A line of text.
    Text {
        /// The text.
        text: String,
        /// Middle of the line's height, at the anchored end.
        at: (f64, f64),
        /// Pixels an em.
        size: f64,
        /// Colour.
        color: Rgb,
        /// Which end is at `at`.
        anchor: Anchor,
    },
}

/// A rectangle of the figure.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Area {
    /// Left edge.
    pub(super) left: f64,
    /// Top edge.
    pub(super) top: f64,
    /// Right edge.
    pub(super) right: f64,
    /// Bottom edge.
    pub(super) bottom: f64,
}

impl Area {
    /// Width.
    pub(super) fn width(&self) -> f64 {
        self.right - self.left
    }

    /// Height.
    pub(super) fn height(&self) -> f64 {
        self.bottom - self.top
    }

    /// x at a fraction of the width; what lies outside is put on the edge.
    pub(super) fn x(&self, fraction: f64) -> f64 {
        self.left + fraction.clamp(0.0, 1.0) * self.width()
    }

    /// y at a fraction of the height from the bottom; what lies outside is put on the edge.
    pub(super) fn y(&self, fraction: f64) -> f64 {
        self.bottom - fraction.clamp(0.0, 1.0) * self.height()
    }
}

impl Scene {
    /// Adds a filled rectangle.
    pub(super) fn rect(&mut self, from: (f64, f64), to: (f64, f64), color: Rgb) {
        self.shapes.push(Shape::Rect { from, to, color });
    }

    /// Adds a line through points.
    pub(super) fn line(&mut self, points: Vec<(f64, f64)>, color: Rgb, width: f64) {
        if points.len() > 1 {
            self.shapes.push(Shape::Line { points, color, width });
        }
    }

    /// Adds the area between two curves: x, upper y, lower y.
    pub(super) fn band(&mut self, points: Vec<(f64, f64, f64)>, color: Rgb, alpha: f64) {
        if points.len() > 1 {
            self.shapes.push(Shape::Band { points, color, alpha });
        }
    }

    /// Adds a dot.
    pub(super) fn dot(&mut self, at: (f64, f64), radius: f64, color: Rgb) {
        self.shapes.push(Shape::Dot { at, radius, color });
    }

    /// Adds text.
    pub(super) fn text(
        &mut self,
        text: impl Into<String>,
        at: (f64, f64),
        size: f64,
        color: Rgb,
        anchor: Anchor,
    ) {
        self.shapes.push(Shape::Text { text: text.into(), at, size, color, anchor });
    }

    /// Adds a message in the middle of an area, for a panel that has nothing to show.
    pub(super) fn notice(&mut self, text: &str, area: Area) {
        let middle = ((area.left + area.right) / 2.0, (area.top + area.bottom) / 2.0);
        self.text(text, middle, super::theme::BODY, INK, Anchor::Center);
    }

    /// Whether every corner of every shape lies on the figure.
    pub(super) fn is_on_page(&self) -> bool {
        let inside = |&(x, y): &(f64, f64)| (0.0..=WIDTH).contains(&x) && (0.0..=HEIGHT).contains(&y);
        self.shapes.iter().all(|shape| match shape {
            Shape::Rect { from, to, .. } => inside(from) && inside(to),
            Shape::Line { points, .. } => points.iter().all(inside),
            Shape::Band { points, .. } => points.iter().all(|&(x, a, b)| inside(&(x, a)) && inside(&(x, b))),
            Shape::Dot { at, .. } => inside(at),
            Shape::Text { text, at, size, anchor, .. } => {
                let width = super::theme::text_width(text, *size);
                let left = match anchor {
                    Anchor::Left => at.0,
                    Anchor::Center => at.0 - width / 2.0,
                    Anchor::Right => at.0 - width,
                };
                inside(&(left, at.1 - size / 2.0)) && inside(&(left + width, at.1 + size / 2.0))
            }
        })
    }
}
