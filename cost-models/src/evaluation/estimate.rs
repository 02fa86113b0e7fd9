//! A figure with its interval and its class.

use assay_base::Evidence;
use serde::{Deserialize, Serialize};

use crate::error::{CostError, finite, positive};

/// A figure, the interval it is believed to lie in, and the class of evidence behind it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Estimate {
    /// The best single figure.
    pub value: f64,
    /// The lower end, at most `value`.
    pub low: f64,
    /// The upper end, at least `value`.
    pub high: f64,
    /// Where it comes from.
    pub evidence: Evidence,
}

impl Estimate {
    /// A figure with its interval.
    pub fn new(value: f64, low: f64, high: f64, evidence: Evidence) -> Self {
        Self { value, low, high, evidence }
    }

    /// A figure whose interval is not known or has no width.
    pub fn exact(value: f64, evidence: Evidence) -> Self {
        Self { value, low: value, high: value, evidence }
    }

    /// The figure and its interval times a factor of 0 or more.
    #[must_use]
    pub fn scaled(self, factor: f64) -> Self {
        Self { value: self.value * factor, low: self.low * factor, high: self.high * factor, ..self }
    }

    /// Checks that the figure is finite and lies in its interval.
    ///
    /// # Errors
    /// With the field named as `name`.
    pub fn validated(&self, name: &str) -> Result<(), CostError> {
        // Names are made only when something is wrong: this is called for every estimate of every evaluation.
        if !(self.low.is_finite() && self.value.is_finite() && self.high.is_finite()) {
            finite(name, self.value)?;
            finite(&format!("{name}.low"), self.low)?;
            finite(&format!("{name}.high"), self.high)?;
        }
        if self.low <= self.value && self.value <= self.high {
            Ok(())
        } else {
            let problem = format!("{} is not between its low {} and its high {}", self.value, self.low, self.high);
            Err(CostError::invalid(name, problem))
        }
    }

    /// Checks, too, that the whole interval is above 0.
    ///
    /// # Errors
    /// With the field named as `name`.
    pub fn validated_positive(&self, name: &str) -> Result<(), CostError> {
        self.validated(name)?;
        if self.low > 0.0 { Ok(()) } else { positive(&format!("{name}.low"), self.low).map(|_| ()) }
    }
}
