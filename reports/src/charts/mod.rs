//! Charts, drawn once as primitives: the PDF, SVG files and the desktop show the same shapes.
//!
//! A chart is data with a [`Chart::draw`]. Values that are unknown or not finite are left out, never drawn as zero,
//! and a chart without anything to draw says so in a panel. Colours differ in lightness, dashes and labels tell
//! series apart, so every chart can be read in grey.

mod axis;
mod bars;
mod frame;
mod lines;
mod quantity;
mod roofline;
mod stacked;
mod tornado;
mod waterfall;

pub use bars::{Bar, BarChart};
pub use lines::{LineChart, Marker, Series};
pub use quantity::Quantity;
pub use roofline::{Roof, RooflineChart, RooflinePoint};
pub use stacked::{StackedBar, StackedChart};
pub use tornado::{TornadoChart, TornadoRow};
pub use waterfall::{WaterfallChart, WaterfallStep};

use crate::scene::{Canvas, Prim, Size};
use crate::text::Typesetter;
use serde::{Deserialize, Serialize};

/// A chart of a document.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Chart {
    /// Horizontal bars with intervals.
    Bars(BarChart),
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
}

/// What every kind of chart can do.
trait Draw {
    /// Whether there is nothing to draw.
    fn is_empty(&self) -> bool;
    /// Draws into `canvas`, from the origin to `size`.
    fn draw(&self, canvas: &mut Canvas<'_>, size: Size);
    /// The content in sentences, for those who cannot see it.
    fn describe(&self) -> String;
}

impl Chart {
    fn inner(&self) -> &dyn Draw {
        match self {
            Self::Bars(chart) => chart,
            Self::Stacked(chart) => chart,
            Self::Lines(chart) => chart,
            Self::Roofline(chart) => chart,
            Self::Tornado(chart) => chart,
            Self::Waterfall(chart) => chart,
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

    /// The content in sentences, for those who cannot see it.
    pub fn describe(&self) -> String {
        if self.is_empty() { frame::NO_DATA.to_owned() } else { self.inner().describe() }
    }
}

/// The number when it is known and finite, held within what a drawing can scale.
fn known(value: Option<f64>) -> Option<f64> {
    value.filter(|value| value.is_finite()).map(|value| value.clamp(-1e290, 1e290))
}
