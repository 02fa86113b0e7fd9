//! Uncertainty: distributions, stratified sampling, and what drives a result.

mod beta;
mod distribution;
mod normal;
mod sampling;
mod sensitivity;
mod statistics;
mod table;

pub use beta::{beta_cdf, beta_ppf};
pub use distribution::{Distribution, Moments, lognormal_parameters, pert_shape};
pub use normal::{normal_cdf, normal_pdf, normal_ppf};
pub use sampling::{Correlation, Dimension, LatinHypercube};
pub(crate) use sensitivity::sobol_indices_of_batches;
pub use sensitivity::{Bar, SobolIndices, sobol_indices, tornado};
pub use statistics::{mc_standard_error, quantile_sorted, quantile_type7};
pub(crate) use table::QuantileTable;
