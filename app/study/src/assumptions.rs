//! The numbers behind cost and return, with their defaults, units, ranges and sources in one table.

use assay_base::Currency;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::quantity::Quantity;

/// The numbers behind cost and return. Fractions are 0 to 1.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Assumptions {
    /// Months over which cost and return are counted.
    pub horizon_months: f64,
    /// Discount rate a year; `finance.rate_basis` says whether it contains inflation.
    pub discount_rate_annual: Quantity,
    /// Share of full load at which units are run in the peak hour.
    pub target_utilisation: Quantity,
    /// Share of time a unit is up.
    pub availability: Quantity,
    /// Share of the items that count, because they met the latency objective.
    pub goodput_fraction: Quantity,
    /// Repeated items as a fraction of those asked for.
    pub retry_fraction: Quantity,
    /// Hours of a month.
    pub hours_per_month: f64,
    /// Price of electricity for a kWh, in the study's currency. It has a default in USD and EUR alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub electricity_price_per_kwh: Option<Quantity>,
    /// Power usage effectiveness of the data centre (ISO/IEC 30134-2).
    pub pue: Quantity,
    /// Yearly upkeep of owned hardware as a fraction of its price.
    pub upkeep_fraction_per_year: f64,
    /// Value of owned hardware at the end of its life as a fraction of its price.
    pub residual_fraction: Quantity,
    /// Cost of an engineer's day, in the study's currency. It has a default in USD and EUR alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub engineer_cost_per_day: Option<f64>,
    /// Interruptions of a spot unit in an hour.
    pub spot_interruptions_per_hour: f64,
    /// Time to write a checkpoint on spot capacity.
    pub spot_checkpoint_secs: f64,
    /// Time until work goes on after a spot interruption.
    pub spot_restart_secs: f64,
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
    /// For an amount of money: the currencies in which the default and the range mean something. Empty for what is no
    /// amount.
    pub currencies: &'static [Currency],
    /// Whether the value is a fraction shown in percent.
    pub percent: bool,
    /// Whether it may be a distribution.
    pub uncertain: bool,
    /// Where the default comes from.
    pub source: &'static str,
    /// The day of the default.
    pub as_of: &'static str,
}

/// A plain number that may not be a distribution; the table's rows say what differs.
const PLAIN: AssumptionSpec = AssumptionSpec {
    key: "",
    label: "",
    unit: "",
    default: 0.0,
    min: 0.0,
    max: 1.0,
    currencies: &[],
    percent: false,
    uncertain: false,
    source: "",
    as_of: "2026-11-20",
};

/// Every assumption, in the order of tables.
pub const ASSUMPTIONS: [AssumptionSpec; 19] = [
    AssumptionSpec {
        key: "horizon_months",
        label: "Horizon",
        unit: "months",
        default: 36.0,
        min: 1.0,
        max: 120.0,
        source: "Customary refresh cycle of accelerators; choose the one your finance department uses",
        ..PLAIN
    },
    AssumptionSpec {
        key: "discount_rate_annual",
        label: "Discount rate",
        unit: "a year",
        default: 0.08,
        min: 0.0,
        max: 0.5,
        percent: true,
        uncertain: true,
        source: "Placeholder for your cost of capital; ask your finance department",
        ..PLAIN
    },
    AssumptionSpec {
        key: "target_utilisation",
        label: "Target utilisation at peak",
        default: 0.6,
        min: 0.05,
        max: 1.0,
        percent: true,
        uncertain: true,
        source: "Headroom so that queues stay short; Erlang C gives the value for a latency objective",
        ..PLAIN
    },
    AssumptionSpec {
        key: "availability",
        label: "Availability of a unit",
        default: 0.99,
        min: 0.5,
        max: 1.0,
        percent: true,
        uncertain: true,
        source: "Assumed; replace it by your operations record",
        ..PLAIN
    },
    AssumptionSpec {
        key: "goodput_fraction",
        label: "Goodput",
        unit: "of the items",
        default: 1.0,
        min: 0.01,
        max: 1.0,
        percent: true,
        uncertain: true,
        source: "Assumed: every item counts; replace it by the share answered within your latency objective",
        ..PLAIN
    },
    AssumptionSpec {
        key: "retry_fraction",
        label: "Retries",
        unit: "of the items",
        default: 0.0,
        min: 0.0,
        max: 10.0,
        percent: true,
        uncertain: true,
        source: "Assumed: none; replace it by your operations record",
        ..PLAIN
    },
    AssumptionSpec {
        key: "hours_per_month",
        label: "Hours of a month",
        unit: "h",
        default: 730.0,
        min: 672.0,
        max: 744.0,
        source: "A twelfth of 8,760 hours: what cloud price lists call a month",
        ..PLAIN
    },
    AssumptionSpec {
        key: "electricity_price_per_kwh",
        label: "Electricity price",
        unit: "currency/kWh",
        default: 0.10,
        min: 0.0,
        max: 1.0,
        currencies: &[Currency::USD, Currency::EUR],
        uncertain: true,
        source: "Assumed industrial tariff; replace it by your contract",
        ..PLAIN
    },
    AssumptionSpec {
        key: "pue",
        label: "Power usage effectiveness",
        default: 1.4,
        min: 1.0,
        max: 3.0,
        uncertain: true,
        source: "Assumed; ISO/IEC 30134-2 defines it, your data centre reports it",
        ..PLAIN
    },
    AssumptionSpec {
        key: "upkeep_fraction_per_year",
        label: "Upkeep of owned hardware",
        unit: "of price a year",
        default: 0.05,
        min: 0.0,
        max: 0.5,
        percent: true,
        source: "Assumed support contract",
        ..PLAIN
    },
    AssumptionSpec {
        key: "residual_fraction",
        label: "Residual value at the end of life",
        unit: "of price",
        default: 0.15,
        min: 0.0,
        max: 1.0,
        percent: true,
        uncertain: true,
        source: "Assumed; resale prices of accelerators vary widely",
        ..PLAIN
    },
    AssumptionSpec {
        key: "engineer_cost_per_day",
        label: "Cost of an engineer's day",
        unit: "currency",
        default: 900.0,
        min: 0.0,
        max: 5000.0,
        currencies: &[Currency::USD, Currency::EUR],
        source: "Assumed fully loaded cost",
        ..PLAIN
    },
    AssumptionSpec {
        key: "spot_interruptions_per_hour",
        label: "Spot interruptions of a unit",
        unit: "an hour",
        default: 0.01,
        min: 0.0,
        max: 10.0,
        source: "Assumed: once in 100 hours; providers publish monthly ranges only",
        ..PLAIN
    },
    AssumptionSpec {
        key: "spot_checkpoint_secs",
        label: "Spot, time of a checkpoint",
        unit: "s",
        default: 30.0,
        min: 0.001,
        max: 86400.0,
        source: "Assumed; Young's and Daly's interval follows from it",
        ..PLAIN
    },
    AssumptionSpec {
        key: "spot_restart_secs",
        label: "Spot, time of a restart",
        unit: "s",
        default: 300.0,
        min: 0.0,
        max: 86400.0,
        source: "Assumed: a new unit starts, loads the model and warms up",
        ..PLAIN
    },
    AssumptionSpec {
        key: "projection_low_factor",
        label: "Projection, low end",
        unit: "of the efficiency measured here",
        default: 0.3,
        min: 0.01,
        max: 1.0,
        percent: true,
        source: "Assumed: efficiency does not carry over between architectures; measure to replace it",
        ..PLAIN
    },
    AssumptionSpec {
        key: "projection_high_factor",
        label: "Projection, high end",
        unit: "of the efficiency measured here",
        default: 1.2,
        min: 1.0,
        max: 3.0,
        percent: true,
        source: "Assumed; capped by the roofline",
        ..PLAIN
    },
    AssumptionSpec {
        key: "vendor_peak_fraction",
        label: "Share of vendor peaks reached",
        unit: "of the specification",
        default: 0.75,
        min: 0.1,
        max: 1.0,
        percent: true,
        source: "Measured on an H200: cuBLASLt bf16 680 to 790 of 989 TFLOP/s, triad 4.38 of 4.8 TB/s; assumed for other devices",
        ..PLAIN
    },
    AssumptionSpec {
        key: "launch_overhead_secs",
        label: "Launch overhead of an operation",
        unit: "s",
        default: 5e-6,
        min: 0.0,
        max: 1e-3,
        source: "Order of magnitude of a kernel launch on a discrete accelerator; assumed",
        ..PLAIN
    },
];

impl Default for Assumptions {
    fn default() -> Self {
        let of = |key: &str| ASSUMPTIONS.iter().find(|spec| spec.key == key).map_or(0.0, |spec| spec.default);
        Self {
            horizon_months: of("horizon_months"),
            discount_rate_annual: of("discount_rate_annual").into(),
            target_utilisation: of("target_utilisation").into(),
            availability: of("availability").into(),
            goodput_fraction: of("goodput_fraction").into(),
            retry_fraction: of("retry_fraction").into(),
            hours_per_month: of("hours_per_month"),
            electricity_price_per_kwh: None,
            pue: of("pue").into(),
            upkeep_fraction_per_year: of("upkeep_fraction_per_year"),
            residual_fraction: of("residual_fraction").into(),
            engineer_cost_per_day: None,
            spot_interruptions_per_hour: of("spot_interruptions_per_hour"),
            spot_checkpoint_secs: of("spot_checkpoint_secs"),
            spot_restart_secs: of("spot_restart_secs"),
            projection_low_factor: of("projection_low_factor"),
            projection_high_factor: of("projection_high_factor"),
            vendor_peak_fraction: of("vendor_peak_fraction"),
            launch_overhead_secs: of("launch_overhead_secs"),
        }
    }
}

impl AssumptionSpec {
    /// What is known of an assumption by its key.
    pub fn of(key: &str) -> Option<&'static Self> {
        ASSUMPTIONS.iter().find(|spec| spec.key == key)
    }

    /// Whether the default and the range mean something in a currency.
    pub fn is_for(&self, currency: Currency) -> bool {
        self.currencies.is_empty() || self.currencies.contains(&currency)
    }

    /// The currencies of the default in words, such as `USD and EUR`.
    pub fn known_currencies(&self) -> String {
        self.currencies.iter().map(Currency::code).collect::<Vec<_>>().join(" and ")
    }
}

impl Assumptions {
    /// An assumption by its key, stated or its default. `None` for an amount that is not stated in a currency that the
    /// default is not for.
    pub fn quantity(&self, key: &str, currency: Currency) -> Option<Quantity> {
        let spec = AssumptionSpec::of(key)?;
        self.stated_or_plain(key).or_else(|| spec.is_for(currency).then_some(spec.default.into()))
    }

    /// An assumption; `None` for an amount that is not stated.
    fn stated_or_plain(&self, key: &str) -> Option<Quantity> {
        Some(match key {
            "horizon_months" => self.horizon_months.into(),
            "discount_rate_annual" => self.discount_rate_annual.clone(),
            "target_utilisation" => self.target_utilisation.clone(),
            "availability" => self.availability.clone(),
            "goodput_fraction" => self.goodput_fraction.clone(),
            "retry_fraction" => self.retry_fraction.clone(),
            "hours_per_month" => self.hours_per_month.into(),
            "electricity_price_per_kwh" => self.electricity_price_per_kwh.clone()?,
            "pue" => self.pue.clone(),
            "upkeep_fraction_per_year" => self.upkeep_fraction_per_year.into(),
            "residual_fraction" => self.residual_fraction.clone(),
            "engineer_cost_per_day" => self.engineer_cost_per_day?.into(),
            "spot_interruptions_per_hour" => self.spot_interruptions_per_hour.into(),
            "spot_checkpoint_secs" => self.spot_checkpoint_secs.into(),
            "spot_restart_secs" => self.spot_restart_secs.into(),
            "projection_low_factor" => self.projection_low_factor.into(),
            "projection_high_factor" => self.projection_high_factor.into(),
            "vendor_peak_fraction" => self.vendor_peak_fraction.into(),
            "launch_overhead_secs" => self.launch_overhead_secs.into(),
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_covers_every_field_once() {
        let stated = Assumptions {
            electricity_price_per_kwh: Some(0.1.into()),
            engineer_cost_per_day: Some(900.0),
            ..Assumptions::default()
        };
        let value = serde_json::to_value(stated).unwrap();
        let keys: Vec<&str> = value.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(keys, ASSUMPTIONS.map(|spec| spec.key));
        for spec in ASSUMPTIONS {
            let unstated = Assumptions::default().quantity(spec.key, Currency::EUR);
            assert_eq!(unstated, Some(spec.default.into()), "{}", spec.key);
            assert!((spec.min..=spec.max).contains(&spec.default), "{}", spec.key);
            assert!(!spec.label.is_empty() && !spec.source.is_empty(), "{}", spec.key);
        }
    }

    #[test]
    fn a_default_amount_is_for_its_currencies_alone() {
        let yen: Currency = "JPY".parse().unwrap();
        let stated = Assumptions { engineer_cost_per_day: Some(90_000.0), ..Assumptions::default() };
        for key in ["electricity_price_per_kwh", "engineer_cost_per_day"] {
            assert_eq!(Assumptions::default().quantity(key, yen), None, "{key}");
        }
        assert_eq!(stated.quantity("engineer_cost_per_day", yen), Some(90_000.0.into()));
        assert_eq!(Assumptions::default().quantity("pue", yen), Some(1.4.into()));
    }

    #[test]
    fn the_table_says_what_may_be_a_distribution() {
        for spec in ASSUMPTIONS {
            let text = format!("{}: {{ uniform: [{}, {}] }}", spec.key, spec.min, spec.max);
            let read = assay_base::yaml::parse::<Assumptions>(&text, std::path::Path::new("x"));
            assert_eq!(read.is_ok(), spec.uncertain, "{}: {read:?}", spec.key);
        }
    }
}
