//! What an accelerator is and what it costs: hardware profiles, their offers, and the price book's memory.
//!
//! A [`Profile`] is one YAML file. It holds the specification of one accelerator (or CPU) and the [`Offer`]s by which
//! it can be had. Every figure names its source, and through it a date and a confidence; what is unknown is absent.
//! YAML carries units people use (`memory_gb`, `peak_tflops`); the accessors of [`Profile`] answer in SI.
//!
//! - [`Catalog`] gives the built-in profiles, overlaid by a folder of the user's.
//! - [`Offer::quote_in_force`] chooses the quote that holds on a pricing date, with its age and drift.
//! - [`check::check_file`] and [`check::check_all`] find what is wrong, with file, line and column.
//! - [`import`] turns price lists and bills of others into quotes of the user's profiles.
//! - [`schema::json_schema`] describes the files to an editor.

pub mod catalog;
pub mod check;
pub mod export_control;
pub mod import;
pub mod offer;
pub mod portability;
pub mod profile;
mod rules;
pub mod schema;
pub mod source;
pub mod template;

pub use catalog::{Catalog, CatalogError, Origin};
pub use check::{Finding, Severity};
pub use export_control::{ExportControl, Screening};
pub use offer::{CostReference, NoQuote, Offer, OfferKind, PriceUnit, PriceWarning, Quote, QuoteInForce};
pub use portability::{Portability, PortabilityFact, PortabilityTopic};
pub use profile::{
    HardwareKind, Interconnect, Lifecycle, LifecycleStage, Profile, Quantity, SchemaVersion, Specification,
};
pub use source::{Confidence, Figure, Provenance, Source};
