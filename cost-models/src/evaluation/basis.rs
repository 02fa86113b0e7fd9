//! What a rate or a power is measured against, so that unlike ones cannot be mixed unnoticed.

use serde::{Deserialize, Serialize};

use crate::error::{CostError, rate};

/// Whether a rate contains inflation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RateBasis {
    /// It does: amounts are those on the invoice.
    #[default]
    Nominal,
    /// It does not: amounts are in the money of t = 0.
    Real,
}

/// The time a rate is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RatePeriod {
    /// A month.
    Month,
    /// A year.
    Year,
}

/// A steady change of a price: compound, up or down, with the period and the basis that its fraction is for.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Change {
    /// The change in a period: -0.1 falls by 10 %. Above -1.
    pub fraction: f64,
    /// The period.
    pub per: RatePeriod,
    /// Whether it contains inflation.
    pub basis: RateBasis,
}

impl Change {
    /// A nominal change a year.
    pub fn per_year(fraction: f64) -> Self {
        Self { fraction, per: RatePeriod::Year, basis: RateBasis::Nominal }
    }

    /// A nominal change a month.
    pub fn per_month(fraction: f64) -> Self {
        Self { fraction, per: RatePeriod::Month, basis: RateBasis::Nominal }
    }

    /// The same change a year: twelve months compound.
    pub fn annual(&self) -> f64 {
        match self.per {
            RatePeriod::Year => self.fraction,
            RatePeriod::Month => (12.0 * self.fraction.ln_1p()).exp_m1(),
        }
    }

    /// The same change in another basis, `1 + nominal = (1 + real) (1 + inflation)` (Fisher).
    ///
    /// # Errors
    /// A fraction of -1 or below, or another basis without a rate of inflation.
    pub fn in_basis(&self, basis: RateBasis, inflation_annual: Option<f64>) -> Result<Self, CostError> {
        rate("fraction", self.fraction)?;
        if basis == self.basis {
            return Ok(*self);
        }
        let Some(inflation) = inflation_annual else {
            let (own, study) = match basis {
                RateBasis::Real => ("nominal", "real"),
                RateBasis::Nominal => ("real", "nominal"),
            };
            let problem =
                format!("a {own} change meets a {study} discount rate; state the inflation, or use one basis");
            return Err(CostError::invalid("basis", problem));
        };
        rate("inflation_annual", inflation)?;
        let inflation = match self.per {
            RatePeriod::Year => 1.0 + inflation,
            RatePeriod::Month => (inflation.ln_1p() / 12.0).exp(),
        };
        let factor = match basis {
            RateBasis::Real => (1.0 + self.fraction) / inflation,
            RateBasis::Nominal => (1.0 + self.fraction) * inflation,
        };
        Ok(Self { fraction: factor - 1.0, basis, ..*self })
    }
}

/// What a power was measured around. Each level contains the one before it, so each is multiplied with something else.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PowerBasis {
    /// The accelerator boards alone: the host is added where its power is given, then PUE.
    Board,
    /// The whole unit at its power supply: PUE is added.
    #[default]
    Unit,
    /// At the meter, cooling included: nothing is added.
    Facility,
}

impl PowerBasis {
    /// The words for messages.
    pub fn label(self) -> &'static str {
        match self {
            Self::Board => "board power",
            Self::Unit => "unit power",
            Self::Facility => "PUE-inclusive power",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_keeps_its_period_and_its_basis() {
        let monthly = Change::per_month(0.01);
        assert!((monthly.annual() - 0.126_825_030_131_969_7).abs() < 1e-12);
        let real = Change::per_year(0.05).in_basis(RateBasis::Real, Some(0.02)).unwrap();
        assert!((real.fraction - (1.05 / 1.02 - 1.0)).abs() < 1e-15);
        let back = real.in_basis(RateBasis::Nominal, Some(0.02)).unwrap();
        assert!((back.fraction - 0.05).abs() < 1e-15);
        let refused = Change::per_year(0.05).in_basis(RateBasis::Real, None).unwrap_err();
        assert!(refused.to_string().contains("state the inflation"), "{refused}");
    }
}
