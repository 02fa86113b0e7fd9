//! Paper sizes and margins.

use serde::{Deserialize, Serialize};

/// The paper.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Paper {
    /// 210 × 297 mm.
    #[default]
    A4,
    /// 8.5 × 11 inches.
    Letter,
}

/// A page's size and margins in points.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Geometry {
    pub width: f32,
    pub height: f32,
    /// Left and right.
    pub side: f32,
    pub top: f32,
    pub bottom: f32,
}

impl Geometry {
    pub(crate) fn of(paper: Paper) -> Self {
        match paper {
            Paper::A4 => Self { width: 595.28, height: 841.89, side: 54.0, top: 72.0, bottom: 62.0 },
            Paper::Letter => Self { width: 612.0, height: 792.0, side: 60.0, top: 70.0, bottom: 60.0 },
        }
    }

    /// The width of the column.
    pub(crate) fn column(&self) -> f32 {
        self.width - 2.0 * self.side
    }

    /// The height between the margins.
    pub(crate) fn body(&self) -> f32 {
        self.height - self.top - self.bottom
    }

    /// The lower end of the body.
    pub(crate) fn body_end(&self) -> f32 {
        self.height - self.bottom
    }
}
