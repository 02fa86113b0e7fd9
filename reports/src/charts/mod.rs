//! Charts, drawn once as primitives: the PDF, SVG files and the desktop show the same shapes.
//!
//! A chart is data with a [`Chart::draw`]. Values that are unknown or not finite are left out, never drawn as zero,
//! and a chart without anything to draw says so in a panel. Colours differ in lightness, dashes and labels tell
//! series apart, so every chart can be read in grey.

mod axis;
mod bars;
mod break_even;
mod cdf;
mod frame;
mod gantt;
mod grouped;
mod heat;
mod lines;
mod plane;
mod quantity;
mod radar;
mod risk;
mod roofline;
mod rows;
mod scatter;
mod stacked;
mod tornado;
mod violin;
mod waterfall;

pub use bars::{Bar, BarChart};
pub use break_even::{BreakEvenChart, CostCurve, Crossing};
pub use cdf::{CdfChart, Samples};
pub use gantt::{GanttChart, GanttRow, GanttSpan, GanttWave};
pub use grouped::{BarGroup, GroupedChart, GroupedValue};
pub use heat::HeatMap;
pub use lines::{LineChart, Marker, Series};
pub use quantity::Quantity;
pub use radar::{RadarChart, RadarSeries};
pub use risk::{Risk, RiskMatrix};
pub use roofline::{Roof, RooflineChart, RooflinePoint};
pub use scatter::{Better, ScatterChart, ScatterPoint};
pub use stacked::{StackedBar, StackedChart};
pub use tornado::{TornadoChart, TornadoRow};
pub use violin::{ViolinChart, density};
pub use waterfall::{WaterfallChart, WaterfallStep};

use crate::labels::Language;
use crate::scene::{Canvas, Prim, Size};
use crate::text::Typesetter;
use serde::{Deserialize, Serialize};

/// A chart of a document.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Chart {
    /// Horizontal bars with intervals.
    Bars(BarChart),
    /// Horizontal bars in groups, with intervals.
    Grouped(GroupedChart),
    /// Horizontal bars made of parts.
    Stacked(StackedChart),
    /// Lines over an axis, with bands.
    Lines(LineChart),
    /// Measured points under the roofs of processors.
    Roofline(RooflineChart),
    /// The effect of one input at a time.
    Tornado(TornadoChart),
    /// Steps from one sum to another.
    Waterfall(WaterfallChart),
    /// Cumulative distributions of samples.
    Cdf(CdfChart),
    /// The shapes of distributions side by side.
    Violin(ViolinChart),
    /// Points over two measures, with the Pareto front.
    Scatter(ScatterChart),
    /// Cost curves over volume, with the places where the cheapest changes.
    BreakEven(BreakEvenChart),
    /// Tasks, milestones and waves over time.
    Gantt(GanttChart),
    /// Risks by likelihood and impact.
    Risks(RiskMatrix),
    /// A table of numbers as shades.
    Heat(HeatMap),
    /// Scores on several criteria.
    Radar(RadarChart),
}

/// What every kind of chart can do.
trait Draw {
    /// Whether there is nothing to draw.
    fn is_empty(&self) -> bool;
    /// Draws into `canvas`, from the origin to `size`.
    fn draw(&self, canvas: &mut Canvas<'_>, size: Size);
    /// The content in sentences, for those who cannot see it.
    fn describe(&self, language: Language) -> String;
}

impl Chart {
    /// The part of its height to which a drawing may be lowered: charts with a line of text for each row less than
    /// others, and those with lists beside them not at all.
    pub(crate) fn least_height(&self) -> f32 {
        match self {
            Self::Grouped(_) | Self::Gantt(_) | Self::Risks(_) | Self::Roofline(_) => 1.0,
            Self::Bars(_) | Self::Stacked(_) | Self::Tornado(_) | Self::Heat(_) => 0.8,
            _ => 0.7,
        }
    }

    fn inner(&self) -> &dyn Draw {
        match self {
            Self::Bars(chart) => chart,
            Self::Grouped(chart) => chart,
            Self::Stacked(chart) => chart,
            Self::Lines(chart) => chart,
            Self::Roofline(chart) => chart,
            Self::Tornado(chart) => chart,
            Self::Waterfall(chart) => chart,
            Self::Cdf(chart) => chart,
            Self::Violin(chart) => chart,
            Self::Scatter(chart) => chart,
            Self::BreakEven(chart) => chart,
            Self::Gantt(chart) => chart,
            Self::Risks(chart) => chart,
            Self::Heat(chart) => chart,
            Self::Radar(chart) => chart,
        }
    }

    /// Whether there is nothing to draw; the drawing then says so.
    pub fn is_empty(&self) -> bool {
        self.inner().is_empty()
    }

    /// Draws the chart from the origin to `size`.
    pub fn draw(&self, set: &Typesetter, size: Size) -> Vec<Prim> {
        let mut canvas = Canvas::new(set);
        if self.is_empty() {
            frame::empty_panel(&mut canvas, size);
        } else {
            self.inner().draw(&mut canvas, size);
        }
        canvas.prims
    }

    /// A height in points at which the drawing is easy to read, for a column of a page.
    pub fn suggested_height_pt(&self) -> f32 {
        let rows = |count: usize, pitch: f32, around: f32| around + pitch * count.clamp(2, 24) as f32;
        match self {
            Self::Bars(chart) => rows(chart.bars.len(), 17.0, 34.0),
            Self::Grouped(chart) => rows(chart.groups.iter().map(|group| group.values.len()).sum(), 14.0, 34.0),
            Self::Stacked(chart) => rows(chart.bars.len(), 24.0, 54.0),
            Self::Tornado(chart) => rows(chart.rows.len(), 17.0, 40.0),
            Self::Violin(chart) => rows(chart.series.len(), 34.0, 34.0),
            Self::Gantt(chart) => rows(chart.rows.len(), 14.5, 42.0),
            Self::Heat(chart) => rows(chart.rows.len(), 22.0, 40.0),
            Self::Radar(chart) => 12.0 + 128.0 * chart.series.len().clamp(1, 6).div_ceil(3) as f32,
            Self::Waterfall(_) => 170.0,
            Self::Cdf(_) | Self::Lines(_) => 180.0,
            Self::Risks(_) => 190.0,
            Self::Scatter(_) | Self::BreakEven(_) | Self::Roofline(_) => 210.0,
        }
    }

    /// The content in sentences, for those who cannot see it.
    pub fn describe(&self, language: Language) -> String {
        if self.is_empty() { language.words().no_data.to_owned() } else { self.inner().describe(language) }
    }
}

/// The number when it is known and finite, held within what a drawing can scale.
fn known(value: Option<f64>) -> Option<f64> {
    value.filter(|value| value.is_finite()).map(|value| value.clamp(-1e290, 1e290))
}
