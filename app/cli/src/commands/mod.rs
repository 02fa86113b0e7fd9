//! One module a command.

pub mod calc;
pub mod capacity;
pub mod cost;
pub mod demo;
pub mod devices;
pub mod estimate;
mod model_report;
pub mod new;
pub mod profiles;
pub mod report;
pub mod results;
pub mod run;
pub mod verify;
