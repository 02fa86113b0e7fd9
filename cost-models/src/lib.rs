//! The cost models: pure functions from numbers to numbers. No input or output, clock, thread or global state.
//!
//! Amounts are in the main unit of one currency, rates are fractions (0.08 is 8 %), times are named. Every formula
//! names its source. What is undefined is `None` or its own variant, never NaN and never 0; what is out of range is
//! refused by a [`CostError`] that names the field and the range.

mod error;

pub mod break_even;
pub mod calc;
pub mod capacity;
pub mod commitments;
pub mod demand;
pub mod depreciation;
pub mod effort;
pub mod evaluation;
pub mod growth;
pub mod lease_vs_buy;
pub mod options;
pub mod queueing;
pub mod roofline;
pub mod simulation;
pub mod time_value;
pub mod uncertainty;
pub mod unit_cost;

pub use error::CostError;
pub use evaluation::{Assumptions, Estimate, Evaluation, OptionInput, Payment, evaluate};
