//! The study: the document the user edits. A folder with `study.yaml`, `measurements/` and `reports/`.

pub mod assumptions;
pub mod document;
pub mod edit;
pub mod folder;
pub mod schema;
pub mod validate;

pub use assumptions::{ASSUMPTIONS, AssumptionSpec, Assumptions};
pub use document::{
    Demand, Migration, Narrative, PriceSource, Requirements, Scenario, Study, StudyOption, TargetSpec, ThroughputSource,
};
pub use edit::{PathError, set_path, set_paths};
pub use folder::{StudyError, StudyFolder};
