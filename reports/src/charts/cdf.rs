//! Cumulative distributions of samples, such as latencies.

use super::axis::{Linear, Scale};
use super::frame::FIGURES;
use super::lines::Marker;
use super::plane::{Axis, Margins, Placer, Plane, series_pen};
use super::{Draw, Quantity, known};
use crate::document::Align;
use crate::labels::{Language, fill};
use crate::scene::{Canvas, LabelStyle, Paint, Point, Size, Stroke, at};
use crate::text::Face;
use serde::{Deserialize, Serialize};

/// Which part of the samples lies at or below each value.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CdfChart {
    /// The distributions.
    pub series: Vec<Samples>,
    /// What the samples measure.
    pub quantity: Quantity,
    /// The name of the horizontal axis with its unit.
    pub axis: String,
    /// A value that matters, such as a limit.
    pub marker: Option<Marker>,
}

/// Samples of one thing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Samples {
    /// What was sampled.
    pub name: String,
    /// The samples in any order.
    pub samples: Vec<f64>,
}

impl Samples {
    /// Known samples in ascending order.
    pub(super) fn sorted(&self) -> Vec<f64> {
        let mut samples: Vec<f64> = self.samples.iter().filter_map(|sample| known(Some(*sample))).collect();
        samples.sort_by(f64::total_cmp);
        samples
    }
}

/// The least sample that at least the `part` of all samples does not exceed: the nearest-rank percentile.
pub(super) fn percentile(sorted: &[f64], part: f64) -> Option<f64> {
    let rank = (part * sorted.len() as f64 - 1e-9).ceil().max(1.0) as usize;
    sorted.get(rank - 1).copied()
}

/// The percentiles that are told.
const TOLD: [(f64, &str); 2] = [(0.5, "p50"), (0.99, "p99")];
/// More steps than this are thinned; none of them is wider than the pen then.
const MOST_STEPS: usize = 160;
/// The shares on the vertical axis.
const SHARES: [f64; 5] = [0.0, 0.25, 0.5, 0.75, 1.0];

impl CdfChart {
    fn distributions(&self) -> Vec<(usize, &str, Vec<f64>)> {
        let all = self.series.iter().enumerate();
        all.map(|(index, series)| (index, series.name.as_str(), series.sorted()))
            .filter(|(_, _, samples)| samples.len() > 1)
            .collect()
    }

    fn told(&self, sorted: &[f64], language: Language) -> String {
        let told = TOLD.iter().filter_map(|(part, name)| {
            // A 99th percentile of fewer samples is the greatest sample under another name.
            let enough = sorted.len() as f64 * (1.0 - part) >= 1.0;
            let value = percentile(sorted, *part).filter(|_| enough)?;
            Some(format!("{name} {}", self.quantity.label(value, language)))
        });
        told.collect::<Vec<_>>().join(", ")
    }
}

/// The corners of the step line.
fn steps(plane: &Plane, sorted: &[f64]) -> Vec<Point> {
    let count = sorted.len();
    let every = count.div_ceil(MOST_STEPS).max(1);
    let mut points = Vec::new();
    let mut share = 0.0;
    for (index, value) in sorted.iter().enumerate() {
        let is_told = index == 0 || index + 1 == count || (index + 1) % every == 0 || count - index < MOST_STEPS / 8;
        if is_told {
            points.push(plane.place(*value, share));
            share = (index + 1) as f64 / count as f64;
            points.push(plane.place(*value, share));
        }
    }
    points
}

impl Draw for CdfChart {
    fn is_empty(&self) -> bool {
        self.distributions().is_empty()
    }

    fn draw(&self, canvas: &mut Canvas<'_>, size: Size) {
        let language = canvas.set.language;
        let mut all = self.distributions();
        let mut values: Vec<f64> = all.iter().flat_map(|(_, _, samples)| samples.iter().copied()).collect();
        values.extend(self.marker.as_ref().and_then(|marker| known(Some(marker.x))));
        let x = Axis { scale: Scale::fitting(&values, 6, 8.0), quantity: &self.quantity, name: &self.axis };
        let shares = Scale::Linear(Linear::within(0.0, 1.0, SHARES.len() - 1, &[0.25]));
        let name = language.words().share_of_samples;
        let y = Axis { scale: shares, quantity: &Quantity::Fraction, name };
        let plane = Plane::draw(canvas, size, &x, &y, &Margins { top: 2.0, right: 12.0 });
        if let Some(marker) = &self.marker {
            plane.remark(canvas, marker.x, &marker.text);
        }
        let mut placer = Placer::new(plane.plot);
        if let Some(x) = self.marker.as_ref().and_then(|marker| known(Some(marker.x))) {
            let x = plane.place_x(x);
            placer.avoid_line(&[at(x, plane.plot.y), at(x, plane.plot.bottom())]);
        }
        for (index, _, samples) in &all {
            let line = steps(&plane, samples);
            placer.avoid_line(&line);
            let pen = series_pen(canvas, *index);
            canvas.polyline(&line, Paint::stroke(pen));
        }
        // From the left, so that each name finds room at its own line.
        all.sort_by(|a, b| {
            percentile(&a.2, 0.5).partial_cmp(&percentile(&b.2, 0.5)).unwrap_or(std::cmp::Ordering::Equal)
        });
        for (index, name, samples) in &all {
            let pen = series_pen(canvas, *index);
            let style = LabelStyle::new(Face::SemiBold, FIGURES, pen.color);
            let figures = LabelStyle::new(Face::Regular, FIGURES - 0.6, pen.color);
            let told = self.told(samples, language);
            let narrow = canvas.set.width(style.face, style.size, name).min(plane.plot.width * 0.4) + 2.0;
            let wide = canvas.set.width(figures.face, figures.size, &told).min(plane.plot.width * 0.4) + 2.0;
            // Name and percentiles where both find room, else the name alone.
            let both = Size { width: narrow.max(wide), height: 17.0 };
            let alone = Size { width: narrow, height: 9.0 };
            let shares = [0.5, 0.6, 0.4, 0.7, 0.3, 0.8, 0.2, 0.9, 0.1];
            // Right of its line a name is not taken for that of the line before.
            let tries = [(both, true), (alone, true), (both, false), (alone, false)];
            let place = tries.into_iter().find_map(|(size, right)| {
                shares.into_iter().find_map(|share| {
                    let anchor = plane.place(percentile(samples, share)?, share);
                    let found =
                        if right { placer.place_right(anchor, size, 1.5) } else { placer.place(anchor, size, 1.5) };
                    Some((found?, anchor))
                })
            });
            let Some((area, anchor)) = place else { continue };
            let near = at(anchor.x.clamp(area.x, area.right()), anchor.y.clamp(area.y, area.bottom()));
            canvas.line(anchor, near, Stroke::solid(pen.color, 0.5));
            canvas.label_within(at(area.x + 1.0, area.y + 7.0), area.width - 1.0, name, style, Align::Left);
            if area.height == both.height {
                canvas.label_within(at(area.x + 1.0, area.y + 14.6), area.width - 1.0, &told, figures, Align::Left);
            }
        }
    }

    fn describe(&self, language: Language) -> String {
        let words = language.words();
        let series: Vec<String> = self
            .distributions()
            .iter()
            .map(|(_, name, samples)| format!("{name}: {}", self.told(samples, language)))
            .collect();
        let marker = self.marker.as_ref().map_or(String::new(), |marker| format!(" {}.", marker.text));
        fill(words.alt_cdf, &[&self.axis, &series.join("; ")]) + &marker
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_nearest_ranks() {
        let samples: Vec<f64> = (1..=100).map(f64::from).collect();
        assert_eq!(percentile(&samples, 0.5), Some(50.0));
        assert_eq!(percentile(&samples, 0.99), Some(99.0));
        assert_eq!(percentile(&samples, 1.0), Some(100.0));
        assert_eq!(percentile(&[], 0.5), None);
    }

    #[test]
    fn the_99th_percentile_of_few_samples_is_not_told() {
        let chart = |count: u32| CdfChart {
            series: vec![Samples { name: "a".to_owned(), samples: (1..=count).map(f64::from).collect() }],
            quantity: Quantity::Number,
            axis: "x".to_owned(),
            marker: None,
        };
        assert!(!chart(50).describe(Language::English).contains("p99"));
        assert!(chart(200).describe(Language::English).contains("p99"));
    }
}
