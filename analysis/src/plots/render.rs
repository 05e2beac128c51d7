//! Paints a [`Scene`] through plotters: as SVG, and as PNG.
//!
//! Plotters places everything on whole pixels. Both pictures are therefore painted larger and shown at
//! their size: the SVG by its view box, the PNG by averaging blocks of pixels.

use super::scene::{Scene, Shape};
use super::theme::{HEIGHT, Label, WIDTH};
use plotters::prelude::{BitMapBackend, RGBColor, SVGBackend};
use plotters::style::{Color, RGBAColor, ShapeStyle};
use plotters_backend::{BackendStyle, DrawingBackend, DrawingErrorKind};

/// Units of the SVG's view box for each pixel of its size.
const SVG_SCALE: u32 = 4;
/// Painted pixels for each pixel of the PNG, in each direction: what `shrink` averages.
const PNG_SCALE: u32 = 2;

/// The figure as an SVG document.
pub(super) fn svg(scene: &Scene) -> String {
    let (width, height) = size(SVG_SCALE);
    let mut text = String::new();
    let mut backend = SVGBackend::with_string(&mut text, (width, height));
    let paper = RGBColor(u8::MAX, u8::MAX, u8::MAX).filled();
    backend.draw_rect((0, 0), (width as i32, height as i32), &paper, true).expect("a string takes all");
    paint(scene, SVG_SCALE, &mut Vector(&mut backend)).expect("a string takes all and the font is embedded");
    backend.present().expect("a string takes all");
    drop(backend);
    let painted = format!("width=\"{width}\" height=\"{height}\"");
    let shown = format!("width=\"{WIDTH}\" height=\"{HEIGHT}\"");
    text.replacen(&painted, &shown, 1)
}

/// The figure as a PNG file.
pub(super) fn png(scene: &Scene) -> Vec<u8> {
    let (width, height) = size(PNG_SCALE);
    let mut pixels = vec![u8::MAX; (width * height * 3) as usize];
    let mut backend = BitMapBackend::with_buffer(&mut pixels, (width, height));
    paint(scene, PNG_SCALE, &mut Raster(&mut backend)).expect("memory takes all and the font is embedded");
    drop(backend);
    let mut bytes = Vec::new();
    let (shown_width, shown_height) = size(1);
    let mut encoder = png::Encoder::new(&mut bytes, shown_width, shown_height);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_compression(png::Compression::Default);
    let mut writer = encoder.write_header().expect("memory takes all");
    writer.write_image_data(&shrink(&pixels, width as usize)).expect("the buffer has the size of the image");
    writer.finish().expect("memory takes all");
    bytes
}

fn size(scale: u32) -> (u32, u32) {
    (WIDTH as u32 * scale, HEIGHT as u32 * scale)
}

/// The average of each block of two by two pixels.
fn shrink(pixels: &[u8], width: usize) -> Vec<u8> {
    let stride = width * 3;
    let mut small = Vec::with_capacity(pixels.len() / 4);
    for rows in pixels.chunks_exact(2 * stride) {
        let (upper, lower) = rows.split_at(stride);
        let mut left = 0;
        while left < stride {
            for i in [left, left + 1, left + 2] {
                let above = u32::from(upper[i]) + u32::from(upper[i + 3]);
                let below = u32::from(lower[i]) + u32::from(lower[i + 3]);
                small.push(((above + below + 2) / 4) as u8);
            }
            left += 6;
        }
    }
    small
}

type Point = (i32, i32);
type Painted<B> = Result<(), DrawingErrorKind<<B as DrawingBackend>::ErrorType>>;

/// The shapes that a vector picture and a raster picture want painted differently.
trait Surface {
    type Backend: DrawingBackend;

    fn backend(&mut self) -> &mut Self::Backend;
    /// The pixel at `to` is the first one outside.
    fn rect(&mut self, from: Point, to: Point, style: &ShapeStyle) -> Painted<Self::Backend>;
    fn line(&mut self, points: &[Point], style: &ShapeStyle) -> Painted<Self::Backend>;
    fn band(&mut self, points: &[(f64, f64, f64)], style: &ShapeStyle) -> Painted<Self::Backend>;
}

/// One element a shape: viewers smooth it.
struct Vector<'a, B>(&'a mut B);

/// Rectangles wherever edges allow it, and slanted lines pixel by pixel: plotters' polygons leave gaps at
/// steep steps and blots at the joints of short lines.
struct Raster<'a, B>(&'a mut B);

impl<B: DrawingBackend> Surface for Vector<'_, B> {
    type Backend = B;

    fn backend(&mut self) -> &mut B {
        self.0
    }

    fn rect(&mut self, from: Point, to: Point, style: &ShapeStyle) -> Painted<B> {
        self.0.draw_rect(from, to, style, true)
    }

    fn line(&mut self, points: &[Point], style: &ShapeStyle) -> Painted<B> {
        self.0.draw_path(points.iter().copied(), style)
    }

    fn band(&mut self, points: &[(f64, f64, f64)], style: &ShapeStyle) -> Painted<B> {
        let upper = points.iter().map(|&(x, upper, _)| (round(x), round(upper)));
        let lower = points.iter().rev().map(|&(x, _, lower)| (round(x), round(lower)));
        self.0.fill_polygon(upper.chain(lower), style)
    }
}

impl<B: DrawingBackend> Raster<'_, B> {
    /// A slanted line with round ends: each pixel near it is as dark as the line covers it.
    fn slanted(&mut self, from: Point, to: Point, color: &RGBAColor, half: f64) -> Painted<B> {
        // Seen with the axis along which it runs longer first.
        let steep = (to.1 - from.1).abs() > (to.0 - from.0).abs();
        let turn = |(a, b): Point| if steep { (b, a) } else { (a, b) };
        let (from, to) = (turn(from).min(turn(to)), turn(from).max(turn(to)));
        let (length, rise) = (f64::from(to.0 - from.0), f64::from(to.1 - from.1));
        let slope = rise / length;
        let reach = half * (1.0 + slope * slope).sqrt() + 1.0;
        let beyond = half.ceil() as i32;
        for along in (from.0 - beyond)..(to.0 + beyond) {
            let ahead = f64::from(along - from.0) + 0.5;
            let middle = f64::from(from.1) + slope * ahead.clamp(0.0, length);
            for across in ((middle - reach).floor() as i32)..((middle + reach).ceil() as i32) {
                let aside = f64::from(across - from.1) + 0.5;
                let share = (ahead * length + aside * rise) / (length * length + rise * rise);
                let nearest = share.clamp(0.0, 1.0);
                let (dx, dy) = (ahead - nearest * length, aside - nearest * rise);
                let coverage = (half + 0.5 - (dx * dx + dy * dy).sqrt()).clamp(0.0, 1.0);
                if coverage > 0.0 {
                    self.0.draw_pixel(turn((along, across)), color.mix(coverage).color())?;
                }
            }
        }
        Ok(())
    }
}

impl<B: DrawingBackend> Surface for Raster<'_, B> {
    type Backend = B;

    fn backend(&mut self) -> &mut B {
        self.0
    }

    fn rect(&mut self, from: Point, to: Point, style: &ShapeStyle) -> Painted<B> {
        // However thin, it shows.
        self.0.draw_rect(from, (to.0.max(from.0 + 1), to.1.max(from.1 + 1)), style, true)
    }

    fn line(&mut self, points: &[Point], style: &ShapeStyle) -> Painted<B> {
        let half = style.stroke_width as i32 / 2;
        let other_half = style.stroke_width as i32 - half;
        for pair in points.windows(2) {
            let (from, to) = (pair[0].min(pair[1]), pair[0].max(pair[1]));
            if from.0 == to.0 || from.1 == to.1 {
                let corner = (to.0 + other_half, to.1 + other_half);
                self.0.draw_rect((from.0 - half, from.1 - half), corner, &style.color, true)?;
            } else {
                self.slanted(pair[0], pair[1], &style.color, f64::from(style.stroke_width) / 2.0)?;
            }
        }
        Ok(())
    }

    fn band(&mut self, points: &[(f64, f64, f64)], style: &ShapeStyle) -> Painted<B> {
        let mut segment = 0;
        let (Some(first), Some(last)) = (points.first(), points.last()) else {
            return Ok(());
        };
        for column in round(first.0)..round(last.0) {
            let x = f64::from(column) + 0.5;
            while segment + 2 < points.len() && points[segment + 1].0 <= x {
                segment += 1;
            }
            let (a, b) = (points[segment], points[segment + 1]);
            let share = if b.0 > a.0 { ((x - a.0) / (b.0 - a.0)).clamp(0.0, 1.0) } else { 0.0 };
            let upper = round(a.1 + share * (b.1 - a.1));
            let lower = round(a.2 + share * (b.2 - a.2));
            if lower > upper {
                self.0.draw_rect((column, upper), (column + 1, lower), style, true)?;
            }
        }
        Ok(())
    }
}

fn round(x: f64) -> i32 {
    x.round() as i32
}

fn paint<S: Surface>(scene: &Scene, scale: u32, surface: &mut S) -> Painted<S::Backend> {
    debug_assert!(scene.is_on_page(), "a shape or label leaves the page");
    let factor = f64::from(scale);
    let place = |&(x, y): &(f64, f64)| (round(x * factor), round(y * factor));
    for shape in &scene.shapes {
        match shape {
            Shape::Rect { from, to, color } => {
                let style = RGBColor(color.0, color.1, color.2).filled();
                surface.rect(place(from), place(to), &style)?;
            }
            Shape::Line { points, color, width } => {
                let color = RGBColor(color.0, color.1, color.2).to_rgba();
                let stroke_width = (width * factor).round().max(1.0) as u32;
                let style = ShapeStyle { color, filled: false, stroke_width };
                surface.line(&points.iter().map(place).collect::<Vec<_>>(), &style)?;
            }
            Shape::Band { points, color, alpha } => {
                let style = RGBColor(color.0, color.1, color.2).mix(*alpha).filled();
                let points: Vec<_> =
                    points.iter().map(|&(x, a, b)| (x * factor, a * factor, b * factor)).collect();
                surface.band(&points, &style)?;
            }
            Shape::Dot { at, radius, color } => {
                let style = RGBColor(color.0, color.1, color.2).filled();
                let radius = (radius * factor).round() as u32;
                surface.backend().draw_circle(place(at), radius, &style.color(), true)?;
            }
            Shape::Text { text, at, size, color, anchor } => {
                let label = Label { size: size * factor, color: *color, anchor: *anchor };
                surface.backend().draw_text(text, &label, place(at))?;
            }
        }
    }
    Ok(())
}
