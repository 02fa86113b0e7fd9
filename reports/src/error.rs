//! What can go wrong while a document is written.

/// A document could not be written.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// A bundled font cannot be used.
    #[error("the bundled font {name} is damaged ({reason}); reinstall Assay")]
    Font {
        /// The font.
        name: &'static str,
        /// What the reader of fonts said.
        reason: String,
    },
    /// A shape has a coordinate that is not a number.
    #[error("page {page} has a shape with a coordinate that is not a number; this is a defect, please report it")]
    NotFinite {
        /// The page, counted from 1.
        page: usize,
    },
    /// The file could not be put together.
    #[error("the PDF could not be written: {0}")]
    Pdf(String),
    /// The document's time is out of range.
    #[error("the document's time, {unix_secs} seconds since 1970, cannot be written as a date ({reason})")]
    Time {
        /// The time.
        unix_secs: i64,
        /// Why it cannot be written.
        reason: String,
    },
    /// The logo cannot be used.
    #[error("the logo cannot be used ({reason}); give a PNG image of at most two million pixels")]
    Logo {
        /// What is wrong with it.
        reason: String,
    },
    /// An attachment's name is used twice, is empty, or is one of those that Assay adds itself.
    #[error("the attachment name `{0}` is empty, used twice or reserved; give each attachment its own name")]
    AttachmentName(String),
}
