//! What every room of Assay needs: evidence classes, money, SI formatting, YAML with positions, atomic files.
//!
//! This crate knows nothing of workloads, studies or documents.

pub mod evidence;
pub mod files;
pub mod format;
pub mod money;
pub mod numeric_format;
pub mod place;
pub mod yaml;

pub use evidence::Evidence;
pub use money::{Currency, CurrencyMismatch, Money};
pub use numeric_format::NumericFormat;
