//! The numbers behind cost and return, with their defaults, units, ranges and sources in one table.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The numbers behind cost and return. Fractions are 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Assumptions {
    /// Months over which cost and return are counted.
    pub horizon_months: f64,
    /// Nominal discount rate a year.
    pub discount_rate_annual: f64,
    /// Share of full load at which units are run in the peak hour.
    pub target_utilisation: f64,
    /// Share of time a unit is up.
    pub availability: f64,
    /// Price of electricity for a kWh, in the study's currency.
    pub electricity_price_per_kwh: f64,
    /// Power usage effectiveness of the data centre (ISO/IEC 30134-2).
    pub pue: f64,
    /// Yearly upkeep of owned hardware as a fraction of its price.
    pub upkeep_fraction_per_year: f64,
    /// Value of owned hardware at the end of the horizon as a fraction of its price.
    pub residual_fraction: f64,
    /// Cost of an engineer's day, in the study's currency.
    pub engineer_cost_per_day: f64,
    /// Share of a projection that is believed at the low end.
    pub projection_low_factor: f64,
    /// Share of a projection that is believed at the high end; never above the roofline.
    pub projection_high_factor: f64,
    /// Share of a vendor's peak figures that a measured ceiling reaches, for projections.
    pub vendor_peak_fraction: f64,
    /// Time to start one operation on a device of the catalogue, for projections.
    pub launch_overhead_secs: f64,
}

/// What is known of one assumption.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AssumptionSpec {
    /// The key in `study.yaml`.
    pub key: &'static str,
    /// The name in tables and on sliders.
    pub label: &'static str,
    /// The unit, empty for a plain number; `currency` stands for the study's currency.
    pub unit: &'static str,
    /// The default.
    pub default: f64,
    /// Smallest sensible value.
    pub min: f64,
    /// Largest sensible value.
    pub max: f64,
    /// Whether the value is a fraction shown in percent.
    pub percent: bool,
    /// Where the default comes from.
    pub source: &'static str,
}

const fn spec(
    key: &'static str,
    label: &'static str,
    unit: &'static str,
    default: f64,
    range: (f64, f64),
    percent: bool,
    source: &'static str,
) -> AssumptionSpec {
    AssumptionSpec { key, label, unit, default, min: range.0, max: range.1, percent, source }
}

/// Every assumption, in the order of tables.
pub const ASSUMPTIONS: [AssumptionSpec; 13] = [
    spec(
        "horizon_months",
        "Horizon",
        "months",
        36.0,
        (1.0, 120.0),
        false,
        "Customary refresh cycle of accelerators; choose the one your finance department uses",
    ),
    spec(
        "discount_rate_annual",
        "Discount rate",
        "a year",
        0.08,
        (0.0, 0.5),
        true,
        "Placeholder for your cost of capital; ask your finance department",
    ),
    spec(
        "target_utilisation",
        "Target utilisation at peak",
        "",
        0.6,
        (0.05, 1.0),
        true,
        "Headroom so that queues stay short; Erlang C gives the value for a latency objective",
    ),
    spec(
        "availability",
        "Availability of a unit",
        "",
        0.99,
        (0.5, 1.0),
        true,
        "Assumed; replace it by your operations record",
    ),
    spec(
        "electricity_price_per_kwh",
        "Electricity price",
        "currency/kWh",
        0.10,
        (0.0, 1.0),
        false,
        "Assumed industrial tariff; replace it by your contract",
    ),
    spec(
        "pue",
        "Power usage effectiveness",
        "",
        1.4,
        (1.0, 3.0),
        false,
        "Assumed; ISO/IEC 30134-2 defines it, your data centre reports it",
    ),
    spec(
        "upkeep_fraction_per_year",
        "Upkeep of owned hardware",
        "of price a year",
        0.05,
        (0.0, 0.5),
        true,
        "Assumed support contract",
    ),
    spec(
        "residual_fraction",
        "Residual value at the end",
        "of price",
        0.15,
        (0.0, 1.0),
        true,
        "Assumed; resale prices of accelerators vary widely",
    ),
    spec(
        "engineer_cost_per_day",
        "Cost of an engineer's day",
        "currency",
        900.0,
        (0.0, 5000.0),
        false,
        "Assumed fully loaded cost",
    ),
    spec(
        "projection_low_factor",
        "Projection, low end",
        "of the efficiency measured here",
        0.3,
        (0.01, 1.0),
        true,
        "Assumed: efficiency does not carry over between architectures; measure to replace it",
    ),
    spec(
        "projection_high_factor",
        "Projection, high end",
        "of the efficiency measured here",
        1.2,
        (1.0, 3.0),
        true,
        "Assumed; capped by the roofline",
    ),
    spec(
        "vendor_peak_fraction",
        "Share of vendor peaks reached",
        "of the specification",
        0.75,
        (0.1, 1.0),
        true,
        "Measured on an H200: cuBLASLt bf16 680 to 790 of 989 TFLOP/s, triad 4.38 of 4.8 TB/s; assumed for other devices",
    ),
    spec(
        "launch_overhead_secs",
        "Launch overhead of an operation",
        "s",
        5e-6,
        (0.0, 1e-3),
        false,
        "Order of magnitude of a kernel launch on a discrete accelerator; assumed",
    ),
];

impl Default for Assumptions {
    fn default() -> Self {
        let of = |key: &str| ASSUMPTIONS.iter().find(|spec| spec.key == key).map_or(0.0, |spec| spec.default);
        Self {
            horizon_months: of("horizon_months"),
            discount_rate_annual: of("discount_rate_annual"),
            target_utilisation: of("target_utilisation"),
            availability: of("availability"),
            electricity_price_per_kwh: of("electricity_price_per_kwh"),
            pue: of("pue"),
            upkeep_fraction_per_year: of("upkeep_fraction_per_year"),
            residual_fraction: of("residual_fraction"),
            engineer_cost_per_day: of("engineer_cost_per_day"),
            projection_low_factor: of("projection_low_factor"),
            projection_high_factor: of("projection_high_factor"),
            vendor_peak_fraction: of("vendor_peak_fraction"),
            launch_overhead_secs: of("launch_overhead_secs"),
        }
    }
}

impl Assumptions {
    /// The value of an assumption by its key.
    pub fn get(&self, key: &str) -> Option<f64> {
        Some(match key {
            "horizon_months" => self.horizon_months,
            "discount_rate_annual" => self.discount_rate_annual,
            "target_utilisation" => self.target_utilisation,
            "availability" => self.availability,
            "electricity_price_per_kwh" => self.electricity_price_per_kwh,
            "pue" => self.pue,
            "upkeep_fraction_per_year" => self.upkeep_fraction_per_year,
            "residual_fraction" => self.residual_fraction,
            "engineer_cost_per_day" => self.engineer_cost_per_day,
            "projection_low_factor" => self.projection_low_factor,
            "projection_high_factor" => self.projection_high_factor,
            "vendor_peak_fraction" => self.vendor_peak_fraction,
            "launch_overhead_secs" => self.launch_overhead_secs,
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_covers_every_field_once() {
        let value = serde_json::to_value(Assumptions::default()).unwrap();
        let keys: Vec<&str> = value.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(keys, ASSUMPTIONS.map(|spec| spec.key));
        for spec in ASSUMPTIONS {
            assert_eq!(Assumptions::default().get(spec.key), Some(spec.default), "{}", spec.key);
            assert!((spec.min..=spec.max).contains(&spec.default), "{}", spec.key);
        }
    }
}
