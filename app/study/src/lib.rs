//! The study: the document the user edits. A folder with `study.yaml`, `measurements/` and `reports/`.

pub mod assumptions;
pub mod capacity;
pub mod demand;
pub mod document;
pub mod edit;
pub mod finance;
pub mod folder;
pub mod migration;
pub mod presentation;
pub mod price;
pub mod quantity;
pub mod schema;
pub mod text;
pub mod validate;

pub use assumptions::{ASSUMPTIONS, AssumptionSpec, Assumptions};
pub use capacity::{Capacity, Quarter};
pub use demand::{Demand, Growth, LinearGrowth, LogisticGrowth, Tokens};
pub use document::{
    Correlation, Migration, Narrative, PowerBasis, PublishedWork, Remarks, Requirements, Scenario, SpotTerms, Study,
    StudyOption, TargetSpec, ThroughputSource,
};
pub use edit::{PathError, set_path, set_paths};
pub use finance::{
    Carbon, Cost, CostComponent, Depreciation, DepreciationMethod, Every, ExchangeRate, Finance, Lens, Per, Tax,
    Waiting, WaitingScenario,
};
pub use folder::{StudyError, StudyFolder};
pub use presentation::{DocumentLanguage, OwnWords, PaperSize, Presentation, SectionWords};
pub use price::{Basis, Change, Price, PriceSource};
pub use quantity::{Distribution, Quantity};
