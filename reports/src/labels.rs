//! The words that documents carry besides their content.

pub(crate) const CONTENTS_EMPTY: &str = "This document has no sections.";
pub(crate) const CONTINUED: &str = "continued";
pub(crate) const EVIDENCE: &str = "Evidence";
pub(crate) const FIGURE: &str = "Figure";
pub(crate) const NO_COLUMNS: &str = "This table has no columns.";
pub(crate) const NO_ROWS: &str = "No rows.";
pub(crate) const REPRODUCE: &str = "Reproduce:";
pub(crate) const SAMPLE: &str = "SAMPLE";
pub(crate) const SAMPLE_FOOT: &str = "Sample study, not for decisions";
pub(crate) const SOURCE: &str = "Source:";
pub(crate) const TABLE: &str = "Table";

/// `Page 3 of 9`.
pub(crate) fn page_of(page: usize, pages: usize) -> String {
    format!("Page {page} of {pages}")
}
