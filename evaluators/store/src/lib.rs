//! The store of measurements: append-only segments on disk, and what is asked of them.
//!
//! A study keeps its measurements in `measurements/`, one segment a run ([`segment`]). A [`Store`] reads them all,
//! and takes in those of another study. [`query`] selects measurements, [`verdict`] compares two sets of them,
//! [`frame`] and [`compare`] turn them into tables, [`export`] into what other tools read. [`importers`] read what others published; [`published`] keeps
//! that beside the measurements, apart from them, and answers from it. This is the only crate that names polars.

pub mod compare;
pub mod error;
pub mod export;
pub mod frame;
mod import;
pub mod importers;
pub mod published;
pub mod query;
mod record;
pub mod segment;
mod store;
pub mod verdict;

pub use error::{Problem, StoreError, Warning};
pub use import::{ImportReport, Rejection};
pub use segment::RunWriter;
pub use store::{Loaded, RunSummary, Store};
