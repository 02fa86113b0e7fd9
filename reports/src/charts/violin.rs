//! The shapes of distributions side by side.

use super::cdf::{Samples, percentile};
use super::rows::{RowFrame, RowText, Rows};
use super::{Draw, Quantity};
use crate::labels::{Language, fill};
use crate::scene::{Area, Canvas, Color, Paint, Point, Size, Stroke, at};
use serde::{Deserialize, Serialize};

/// Distributions as mirrored densities, with median and middle half.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ViolinChart {
    /// The distributions.
    pub series: Vec<Samples>,
    /// What the samples measure.
    pub quantity: Quantity,
    /// The name of the axis with its unit.
    pub axis: String,
}

/// The fewest samples whose density is drawn.
const FEWEST: usize = 5;
/// The places at which a density is computed.
const PLACES: usize = 48;
/// More samples than this are thinned evenly in rank for the density.
const MOST: usize = 400;

impl ViolinChart {
    fn distributions(&self) -> Vec<(&str, Vec<f64>)> {
        let all = self.series.iter().map(|series| (series.name.as_str(), series.sorted()));
        all.filter(|(_, samples)| samples.len() >= FEWEST).collect()
    }
}

/// A Gaussian kernel density with Silverman's bandwidth, 0.9 min(s, IQR / 1.34) n^(-1/5) (Silverman, "Density
/// Estimation for Statistics and Data Analysis", 1986, eq. 3.31): places with densities relative to the highest. `sorted`
/// is in ascending order; nothing where its values do not differ.
pub fn density(sorted: &[f64]) -> Vec<(f64, f64)> {
    let count = sorted.len() as f64;
    let (Some(low), Some(high)) = (sorted.first(), sorted.last()) else { return Vec::new() };
    let scale = low.abs().max(high.abs()).max(f64::MIN_POSITIVE);
    let thinned: Vec<f64> =
        sorted.iter().step_by(sorted.len().div_ceil(MOST).max(1)).map(|sample| sample / scale).collect();
    let mean = thinned.iter().sum::<f64>() / thinned.len() as f64;
    let variance = thinned.iter().map(|sample| (sample - mean).powi(2)).sum::<f64>() / thinned.len() as f64;
    let middle = percentile(sorted, 0.75).zip(percentile(sorted, 0.25)).map_or(0.0, |(a, b)| (a / scale) - (b / scale));
    let spread = [variance.sqrt(), middle / 1.34].into_iter().filter(|s| *s > 0.0).fold(f64::INFINITY, f64::min);
    let span = high / scale - low / scale;
    let bandwidth = if spread.is_finite() { 0.9 * spread * count.powf(-0.2) } else { span / 10.0 };
    if bandwidth <= 0.0 || span <= 0.0 {
        return Vec::new();
    }
    let at = |index: usize| low / scale + span * index as f64 / (PLACES - 1) as f64;
    let raw: Vec<f64> = (0..PLACES)
        .map(|index| thinned.iter().map(|sample| (-0.5 * ((at(index) - sample) / bandwidth).powi(2)).exp()).sum())
        .collect();
    let highest = raw.iter().copied().fold(f64::MIN_POSITIVE, f64::max);
    raw.iter().enumerate().map(|(index, value)| (at(index) * scale, value / highest)).collect()
}

impl Draw for ViolinChart {
    fn is_empty(&self) -> bool {
        self.distributions().is_empty()
    }

    fn draw(&self, canvas: &mut Canvas<'_>, size: Size) {
        let language = canvas.set.language;
        let all = self.distributions();
        let texts: Vec<RowText> = all
            .iter()
            .enumerate()
            .map(|(index, (name, samples))| RowText {
                label: (*name).to_owned(),
                figure: percentile(samples, 0.5).map_or(String::new(), |median| self.quantity.label(median, language)),
                strong: index == 0,
            })
            .collect();
        let values = all.iter().flat_map(|(_, samples)| samples.first().into_iter().chain(samples.last()).copied());
        let frame = RowFrame { top: 3.0, least: 14.0, quantity: &self.quantity, axis: &self.axis };
        let rows = Rows::draw(canvas, size, &texts, values, &frame);
        let half = rows.thickness(0.84, 44.0) / 2.0;
        for (index, (_, samples)) in all.iter().take(rows.shown).enumerate() {
            let theme = canvas.set.theme.clone();
            let middle = rows.middle(index);
            let shape = density(samples);
            let edge = |sign: f32| -> Vec<Point> {
                shape.iter().map(|(x, y)| at(rows.place(*x), middle + sign * half * *y as f32)).collect()
            };
            let mut outline = edge(-1.0);
            outline.extend(edge(1.0).into_iter().rev());
            let color = if index == 0 { theme.accent } else { theme.quiet };
            canvas.polyline(&outline, Paint::both(color.mix(Color::WHITE, 0.45), Stroke::solid(color, 0.9)));
            if let (Some(low), Some(high)) = (percentile(samples, 0.25), percentile(samples, 0.75)) {
                let (low, high) = (rows.place(low), rows.place(high));
                canvas.rounded(Area::new(low, middle - 1.6, high - low, 3.2), 1.0, Paint::fill(theme.ink));
            }
            if let Some(median) = percentile(samples, 0.5) {
                let ring = Stroke::solid(theme.ink, 1.0);
                canvas.circle(at(rows.place(median), middle), 2.4, Paint::both(Color::WHITE, ring));
            }
            rows.figure(canvas, index, samples.last().map_or(0.0, |last| rows.place(*last)));
        }
    }

    fn describe(&self, language: Language) -> String {
        let words = language.words();
        let label = |value: Option<f64>| value.map_or(String::new(), |value| self.quantity.label(value, language));
        let rows: Vec<String> = self
            .distributions()
            .iter()
            .map(|(name, samples)| {
                let [low, median, high] = [0.25, 0.5, 0.75].map(|part| label(percentile(samples, part)));
                fill(words.alt_violin_row, &[name, &median, &low, &high, &samples.len().to_string()])
            })
            .collect();
        fill(words.alt_violin, &[&self.axis, &rows.join("; ")])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_density_is_highest_where_samples_are_dense() {
        let samples: Vec<f64> =
            (0..100).map(|i| if i < 80 { 10.0 + f64::from(i) * 0.01 } else { f64::from(i) }).collect();
        let shape = density(&samples);
        let top = shape.iter().max_by(|a, b| a.1.total_cmp(&b.1)).unwrap();
        assert!((9.0..13.0).contains(&top.0), "{top:?}");
        assert_eq!(density(&[3.0; 10]), []);
    }
}
