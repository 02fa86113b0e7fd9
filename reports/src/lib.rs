//! Documents: what a report says, how it is set on pages, and how the pages become a PDF.
//!
//! The crate has three floors. [`document`] is the model: sections, blocks, inline text, and a table of values that
//! the text refers to. [`layout`] sets a document on pages of backend-neutral primitives ([`scene`]); [`charts`]
//! draws with the same primitives. [`pdf`] writes pages as a tagged, archival, deterministic PDF, and [`svg`] as
//! vector graphics. [`content`] composes each document from a study's results.
//!
//! Nothing here reads a clock, a file or the environment: the same input gives the same bytes.

mod brand;
pub mod charts;
pub mod content;
mod diagnostics;
pub mod document;
mod error;
mod labels;
pub mod layout;
mod markdown;
pub mod pdf;
pub mod proof;
pub mod scene;
pub mod svg;
pub mod text;
pub mod theme;

pub use brand::Brand;
pub use content::{ReportInput, ReportKind, compose};
pub use diagnostics::Diagnostic;
pub use error::ReportError;
pub use labels::Language;
pub use layout::Paper;
pub use markdown::to_markdown;
pub use pdf::{Attachment, Pdf, RenderOptions, render_pdf};
