//! Fonts, shaping and line breaking.

mod breaking;
mod faces;
mod sanitize;
mod shaping;
mod spans;

pub use faces::Face;
pub use shaping::{Cluster, Glyph, ShapedRun, Typesetter};

pub(crate) use breaking::{Line, LineItem, break_lines, measure};
pub(crate) use spans::{TextStyle, flatten, note_anchor};
