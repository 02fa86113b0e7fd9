//! Screening for export control: a number and a band, never a legal answer.

use assay_base::NumericFormat;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::source::Figure;

/// Total processing performance from which ECCN 3A090.a.1 is met by the number alone.
pub const TPP_MET: f64 = 4800.0;

/// Total processing performance from which the performance density decides (ECCN 3A090.a.2).
pub const TPP_DENSITY: f64 = 1600.0;

/// Performance density (total processing performance by mm² of die) from which ECCN 3A090.a.2 is met.
pub const DENSITY_MET: f64 = 5.92;

/// What the numeric test of ECCN 3A090.a needs. Screening only: the rules have changed several times since 2022 and
/// hold more than numbers, so counsel signs off.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ExportControl {
    /// Total processing performance: dense TOP/s (or TFLOP/s) times the format's bits, the largest over all formats.
    /// Rates with structured sparsity do not count.
    pub total_processing_performance: Figure,
    /// The format that gives it.
    pub limiting_format: NumericFormat,
    /// Total processing performance by mm² of die. Absent where the die area is not published.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub performance_density: Option<Figure>,
}

/// What the numbers of ECCN 3A090.a say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Screening {
    /// The numeric test is met.
    Met,
    /// The performance density decides, and it is not known.
    DensityDecides,
    /// The numeric test is not met.
    NotMet,
}

impl Screening {
    /// A sentence for tables and documents.
    pub fn label(self) -> &'static str {
        match self {
            Self::Met => "meets the numeric test of ECCN 3A090.a",
            Self::DensityDecides => "the performance density decides under ECCN 3A090.a; the die area is not known",
            Self::NotMet => "below the numeric test of ECCN 3A090.a",
        }
    }
}

impl ExportControl {
    /// The band: TPP ≥ 4800, or TPP ≥ 1600 with a performance density ≥ 5.92 (ECCN 3A090.a).
    pub fn screening(&self) -> Screening {
        let tpp = self.total_processing_performance.value;
        match &self.performance_density {
            _ if tpp >= TPP_MET => Screening::Met,
            _ if tpp < TPP_DENSITY => Screening::NotMet,
            None => Screening::DensityDecides,
            Some(density) if density.value >= DENSITY_MET => Screening::Met,
            Some(_) => Screening::NotMet,
        }
    }
}

/// The bits of an operand as the rule counts them; tf32 is stored in 32.
pub(crate) fn bits(format: NumericFormat) -> f64 {
    format.bytes() * 8.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn control(tpp: f64, density: Option<f64>) -> Screening {
        ExportControl {
            total_processing_performance: Figure::new(tpp, "s"),
            limiting_format: NumericFormat::Int8,
            performance_density: density.map(|value| Figure::new(value, "s")),
        }
        .screening()
    }

    #[test]
    fn the_bands_are_those_of_the_rule() {
        assert_eq!(control(4800.0, None), Screening::Met);
        assert_eq!(control(4799.9, None), Screening::DensityDecides);
        assert_eq!(control(1600.0, Some(5.92)), Screening::Met);
        assert_eq!(control(1600.0, Some(5.91)), Screening::NotMet);
        assert_eq!(control(1599.9, Some(9.0)), Screening::NotMet);
    }
}
