//! The section `capacity` of a study: demand scenarios, service objectives, the fleet there is, and what may be bought.

use jiff::civil::{Date, date};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::document::Study;

/// What a capacity plan is made from, beyond the study's own demand and assumptions. Everything has a default that is
/// stated in the plan.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Capacity {
    /// The first quarter that is planned, such as `2027-Q1`; the first one that begins on the pricing date or
    /// later when absent. The months of all costs count from it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub begins: Option<Quarter>,
    /// Demand scenarios, such as low, base and high; the study's own demand when empty.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub demand: Vec<DemandScenario>,
    /// Loads of the hours of a typical day (24) or week (168), in any unit: only their relation counts. Rented units
    /// are then given back in the hours that do not need them. Without it they run around the clock.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub load_profile: Vec<f64>,
    /// Share of full load at which units are run at the peak; the study's assumption when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target_utilisation: Option<f64>,
    /// A limit on the latency of a request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub latency: Option<LatencyObjective>,
    /// Whole units beyond the need (N + k).
    #[serde(skip_serializing_if = "is_zero")]
    pub spare_units: u32,
    /// Instead of a number of spares: the probability with which the units needed are up.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fleet_availability: Option<f64>,
    /// Weeks from an order to units in service, for bought and leased options.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lead_time_weeks: Option<f64>,
    /// Months after which units are replaced; the life of the evaluation when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refresh_months: Option<u32>,
    /// What the site can take.
    #[serde(skip_serializing_if = "SiteLimits::is_empty")]
    pub limits: SiteLimits,
    /// The ways to rent that may be mixed; each option's own way to pay alone when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub commitments: Option<Commitments>,
    /// What there is of single options.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub fleets: Vec<Fleet>,
}

/// One forecast of the demand. What it does not state is the study's.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DemandScenario {
    /// Unique in the section: `low`, `base`, `high`.
    pub id: String,
    /// The name in tables and documents; the id when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Items of the study's workload in the first month.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub items_per_month: Option<f64>,
    /// How that grows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub growth: Option<GrowthModel>,
    /// Factors on the months of the calendar year, January first (12), or on its quarters (4).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub season: Vec<f64>,
    /// The busiest hour over the average hour.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub peak_to_average: Option<f64>,
    /// How likely it is in relation to the others; with it a mix of commitments is found that fits all scenarios.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weight: Option<f64>,
    /// Where it comes from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
}

/// How demand develops.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "model", rename_all = "kebab-case", deny_unknown_fields)]
pub enum GrowthModel {
    /// The same number of items added each month.
    Linear {
        /// Items a month, added each month.
        added_per_month: f64,
    },
    /// Multiplied each month.
    Compound {
        /// A fraction: 0.02 is 2 % a month.
        per_month: f64,
    },
    /// An S-curve: the ceiling over 1 + exp(-steepness (month - midpoint)). The first month's items are not used.
    Logistic {
        /// Items a month in the end.
        ceiling_per_month: f64,
        /// Steepness, a month.
        steepness_per_month: f64,
        /// The month of half the ceiling, counted from 0.
        midpoint_month: f64,
    },
    /// A table: items a month, quarter by quarter; the last one holds on. The first month's items are not used.
    Quarters {
        /// Average items a month of each quarter.
        items_per_month: Vec<f64>,
    },
}

/// A limit on the time from a request to its answer at the peak, by Erlang C with the Allen-Cunneen factor.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LatencyObjective {
    /// The time that may be exceeded by few requests only.
    pub max_secs: f64,
    /// The share of the requests that must keep it: 0.99 is 99 %.
    #[serde(default = "percentile_99")]
    pub percentile: f64,
    /// Items of the study's workload in one request.
    #[serde(default = "one")]
    pub items_per_request: f64,
    /// Mean time a request is served, without waiting; the measured latency of the workload when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mean_service_secs: Option<f64>,
    /// Requests that a unit serves side by side; by Little's law when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slots_per_unit: Option<u64>,
    /// Coefficient of variation of the times between requests; 1 is a Poisson process.
    #[serde(default = "one")]
    pub arrival_variation: f64,
    /// Coefficient of variation of the times of service; 1 (exponential) when absent: repeated runs of one workload vary
    /// less than real requests do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service_variation: Option<f64>,
}

fn is_zero(value: &u32) -> bool {
    *value == 0
}

fn percentile_99() -> f64 {
    0.99
}

fn one() -> f64 {
    1.0
}

/// What the site can take of owned hardware.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct SiteLimits {
    /// Power of the units in service, in kW at the plug, before PUE.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub power_kw: Option<f64>,
    /// Height units of rack.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rack_units: Option<f64>,
}

impl SiteLimits {
    fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// The ways to rent that may be mixed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Commitments {
    /// Rent by the hour.
    pub on_demand: bool,
    /// Commit for a year.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reserved_1y: Option<Commitment>,
    /// Commit for three years.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reserved_3y: Option<Commitment>,
    /// Rent what can be withdrawn.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub spot: Option<Spot>,
}

impl Default for Commitments {
    fn default() -> Self {
        Self { on_demand: true, reserved_1y: None, reserved_3y: None, spot: None }
    }
}

/// A commitment that may be made.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Commitment {
    /// Discount on the price on demand; the offer of the option's profile when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub discount: Option<f64>,
    /// Mark-up on its rate in the choice alone, for what a long term risks: obsolescence, falling prices.
    pub risk_markup: f64,
    /// Where the discount comes from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
}

/// Spot capacity that may be used.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Spot {
    /// The largest share of the units on spot: what may be lost at once.
    pub max_share: f64,
    /// Discount on the price on demand; the offer of the option's profile when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub discount: Option<f64>,
    /// Extra hours for checkpoints, lost work and restarts, as a fraction of the useful ones.
    #[serde(default)]
    pub overhead_fraction: f64,
    /// Where the discount comes from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
}

/// What there is of one option. On-hand, on-order and retiring units count for bought and leased options.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Fleet {
    /// The option's id.
    pub id: String,
    /// Units in service now.
    #[serde(default)]
    pub on_hand: u64,
    /// Units ordered already, by the quarter from whose begin they are in service. They are taken as paid for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub on_order: Vec<QuarterUnits>,
    /// Units that leave service at the begin of a quarter.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub retiring: Vec<QuarterUnits>,
    /// Weeks from an order to units in service.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lead_time_weeks: Option<f64>,
    /// Months after which units are replaced.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refresh_months: Option<u32>,
    /// Mean time a request is served on it, without waiting.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mean_service_secs: Option<f64>,
    /// Height units of rack that one unit takes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rack_units_per_unit: Option<f64>,
    /// The most units to be had: a provider's quota, or slots on the floor.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_units: Option<u64>,
    /// Offers of the option's profile that the mix uses; those like the option's own offer when empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub offers: Vec<String>,
}

/// Units that arrive or leave.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct QuarterUnits {
    /// At the begin of this quarter.
    pub quarter: Quarter,
    /// How many.
    pub units: u64,
}

/// A quarter of a calendar year, written `2027-Q1`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String", extend("pattern" = "^[0-9]{4}-Q[1-4]$"))]
pub struct Quarter {
    year: i16,
    /// 0 to 3.
    index: i8,
}

impl Quarter {
    /// The quarter in which a day lies.
    pub fn of(day: Date) -> Self {
        Self { year: day.year(), index: (day.month() - 1) / 3 }
    }

    /// The quarter so many later.
    #[must_use]
    pub fn plus(self, quarters: i32) -> Self {
        let count = i32::from(self.year) * 4 + i32::from(self.index) + quarters;
        // Studies span decades, not millennia: the clamp is out of reach.
        let year = count.div_euclid(4).clamp(1, 9999) as i16;
        Self { year, index: count.rem_euclid(4) as i8 }
    }

    /// Quarters from `other` to this one; negative when this one is earlier.
    pub fn since(self, other: Self) -> i32 {
        (i32::from(self.year) - i32::from(other.year)) * 4 + i32::from(self.index) - i32::from(other.index)
    }

    /// Its first day.
    pub fn first_day(self) -> Date {
        date(self.year, self.first_month(), 1)
    }

    /// Its first month, 1 to 10.
    pub fn first_month(self) -> i8 {
        self.index * 3 + 1
    }
}

impl std::fmt::Display for Quarter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(&format!("{:04}-Q{}", self.year, self.index + 1))
    }
}

impl std::str::FromStr for Quarter {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parsed = text.split_once("-Q").and_then(|(year, quarter)| {
            let year = (year.len() == 4).then(|| year.parse::<i16>().ok()).flatten()?;
            let index = quarter.parse::<i8>().ok().filter(|q| (1..=4).contains(q))? - 1;
            (1000..=9990).contains(&year).then_some(Self { year, index })
        });
        parsed.ok_or_else(|| format!("`{text}` is not a quarter such as 2027-Q1"))
    }
}

impl TryFrom<String> for Quarter {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<Quarter> for String {
    fn from(quarter: Quarter) -> Self {
        quarter.to_string()
    }
}

/// Reports everything in the section that cannot be meant, by its path.
pub fn problems(capacity: &Capacity, study: &Study, report: &mut impl FnMut(String, String)) {
    let at = |field: &str| format!("capacity.{field}");
    let mut check = |ok: bool, path: String, allowed: &str| {
        if !ok {
            report(path, format!("must be {allowed}"));
        }
    };
    let positive = |value: f64| value > 0.0 && value.is_finite();
    let not_negative = |value: f64| value >= 0.0 && value.is_finite();
    let share = |value: f64| (0.0..=1.0).contains(&value);
    let discount = |value: f64| (0.0..1.0).contains(&value);

    for scenario in &capacity.demand {
        let at = |field: &str| format!("capacity.demand.{}.{field}", scenario.id);
        check(scenario.items_per_month.is_none_or(positive), at("items_per_month"), "a number above 0");
        check(
            scenario.peak_to_average.is_none_or(|p| (1.0..=1000.0).contains(&p)),
            at("peak_to_average"),
            "between 1 and 1000: the busiest hour over the average hour",
        );
        check(
            matches!(scenario.season.len(), 0 | 4 | 12) && scenario.season.iter().copied().all(not_negative),
            at("season"),
            "12 factors (January first) or 4 (the first quarter first), none negative",
        );
        check(scenario.weight.is_none_or(not_negative), at("weight"), "0 or above");
        let growth_ok = match &scenario.growth {
            None => true,
            Some(GrowthModel::Linear { added_per_month }) => added_per_month.is_finite(),
            Some(GrowthModel::Compound { per_month }) => (-0.5..=1.0).contains(per_month),
            Some(GrowthModel::Logistic { ceiling_per_month, steepness_per_month, midpoint_month }) => {
                positive(*ceiling_per_month) && steepness_per_month.is_finite() && midpoint_month.is_finite()
            }
            Some(GrowthModel::Quarters { items_per_month: table }) => {
                !table.is_empty() && table.iter().copied().all(not_negative)
            }
        };
        check(
            growth_ok,
            at("growth"),
            "finite numbers: a fraction between -0.5 and 1, a ceiling above 0, a table with entries",
        );
    }
    unique(capacity.demand.iter().map(|d| d.id.as_str()), "capacity.demand", &mut check);
    let weighted = capacity.demand.iter().filter(|d| d.weight.is_some()).count();
    let total: f64 = capacity.demand.iter().filter_map(|d| d.weight).sum();
    check(
        weighted == 0 || (weighted == capacity.demand.len() && total > 0.0),
        at("demand"),
        "scenarios that all have a weight, or none: a sum above 0 is shared out",
    );
    let profile = &capacity.load_profile;
    check(
        profile.len() <= 8784
            && profile.iter().copied().all(not_negative)
            && (profile.is_empty() || profile.iter().any(|l| *l > 0.0)),
        at("load_profile"),
        "loads of hours, none negative and not all 0",
    );
    check(
        capacity.target_utilisation.is_none_or(|u| (0.05..=1.0).contains(&u)),
        at("target_utilisation"),
        "between 0.05 and 1",
    );
    check(
        capacity.fleet_availability.is_none_or(|a| a > 0.0 && a < 1.0),
        at("fleet_availability"),
        "a probability between 0 and 1",
    );
    check(
        capacity.fleet_availability.is_none() || capacity.spare_units == 0,
        at("spare_units"),
        "left out where fleet_availability finds the number of spares",
    );
    check(capacity.lead_time_weeks.is_none_or(|w| (0.0..=520.0).contains(&w)), at("lead_time_weeks"), "0 to 520");
    check(capacity.refresh_months.is_none_or(|m| (3..=600).contains(&m)), at("refresh_months"), "3 to 600");
    check(capacity.limits.power_kw.is_none_or(positive), at("limits.power_kw"), "above 0");
    check(capacity.limits.rack_units.is_none_or(positive), at("limits.rack_units"), "above 0");
    if let Some(latency) = &capacity.latency {
        let at = |field: &str| format!("capacity.latency.{field}");
        check(positive(latency.max_secs), at("max_secs"), "a number of seconds above 0");
        check(latency.percentile > 0.0 && latency.percentile < 1.0, at("percentile"), "between 0 and 1, such as 0.99");
        check(positive(latency.items_per_request), at("items_per_request"), "above 0");
        check(latency.mean_service_secs.is_none_or(positive), at("mean_service_secs"), "a number of seconds above 0");
        check(
            latency.slots_per_unit.is_none_or(|s| (1..=1_000_000).contains(&s)),
            at("slots_per_unit"),
            "1 to 1000000",
        );
        check((0.0..=100.0).contains(&latency.arrival_variation), at("arrival_variation"), "between 0 and 100");
        check(
            latency.service_variation.is_none_or(|v| (0.0..=100.0).contains(&v)),
            at("service_variation"),
            "between 0 and 100",
        );
    }
    if let Some(commitments) = &capacity.commitments {
        let ways = [("reserved_1y", &commitments.reserved_1y), ("reserved_3y", &commitments.reserved_3y)];
        for (name, way) in ways {
            let Some(way) = way else { continue };
            check(
                way.discount.is_none_or(discount),
                at(&format!("commitments.{name}.discount")),
                "a fraction from 0 to below 1",
            );
            check(
                (0.0..=10.0).contains(&way.risk_markup),
                at(&format!("commitments.{name}.risk_markup")),
                "between 0 and 10",
            );
        }
        if let Some(spot) = &commitments.spot {
            check(share(spot.max_share), at("commitments.spot.max_share"), "a fraction between 0 and 1");
            check(spot.discount.is_none_or(discount), at("commitments.spot.discount"), "a fraction from 0 to below 1");
            check(
                (0.0..=10.0).contains(&spot.overhead_fraction),
                at("commitments.spot.overhead_fraction"),
                "between 0 and 10",
            );
        }
        check(
            commitments.on_demand || commitments.reserved_1y.is_some() || commitments.reserved_3y.is_some(),
            at("commitments"),
            "at least on_demand, reserved_1y or reserved_3y: spot alone can be withdrawn",
        );
    }
    unique(capacity.fleets.iter().map(|f| f.id.as_str()), "capacity.fleets", &mut check);
    for fleet in &capacity.fleets {
        let at = |field: &str| format!("capacity.fleets.{}.{field}", fleet.id);
        check(study.option(&fleet.id).is_some(), at("id"), "the id of one of the study's options");
        check(fleet.lead_time_weeks.is_none_or(|w| (0.0..=520.0).contains(&w)), at("lead_time_weeks"), "0 to 520");
        check(fleet.refresh_months.is_none_or(|m| (3..=600).contains(&m)), at("refresh_months"), "3 to 600");
        check(fleet.mean_service_secs.is_none_or(positive), at("mean_service_secs"), "a number of seconds above 0");
        check(fleet.rack_units_per_unit.is_none_or(not_negative), at("rack_units_per_unit"), "0 or above");
        let counts = fleet.on_order.iter().chain(&fleet.retiring).map(|u| u.units).chain([fleet.on_hand]);
        check(counts.max().is_none_or(|most| most <= 1_000_000_000), at("on_hand"), "at most a billion units");
    }
}

fn unique<'a>(ids: impl Iterator<Item = &'a str>, list: &str, check: &mut impl FnMut(bool, String, &str)) {
    let mut seen = std::collections::BTreeSet::new();
    for id in ids {
        let plain = !id.is_empty() && id.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'));
        check(plain, format!("{list}.{id}.id"), "made of letters, digits, `-` and `_`");
        check(seen.insert(id.to_owned()), format!("{list}.{id}.id"), "unique: two entries have this id");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::folder::tests::sample;

    fn with(yaml: &str) -> Vec<String> {
        let capacity: Capacity = assay_base::yaml::parse(yaml, std::path::Path::new("capacity")).unwrap();
        let mut found = Vec::new();
        problems(&capacity, &sample(), &mut |path, _| found.push(path));
        found
    }

    #[test]
    fn quarters_count_across_years() {
        let quarter: Quarter = "2026-Q4".parse().unwrap();
        assert_eq!(quarter.plus(2).to_string(), "2027-Q2");
        assert_eq!(quarter.plus(-4).to_string(), "2025-Q4");
        assert_eq!((quarter.plus(7).since(quarter), quarter.since(quarter.plus(7))), (7, -7));
        assert_eq!((quarter.first_day(), Quarter::of(date(2026, 12, 31))), (date(2026, 10, 1), quarter));
        for bad in ["2026Q1", "2026-Q5", "26-Q1", "0000-Q1", "2026-Q", ""] {
            assert!(bad.parse::<Quarter>().is_err(), "{bad}");
        }
    }

    #[test]
    fn every_key_is_read_and_a_sound_section_has_no_problems() {
        let id = sample().options[0].id.clone();
        let text = format!(
            "begins: 2027-Q1
demand:
  - {{id: low, weight: 1, growth: {{model: linear, added_per_month: 10}}}}
  - {{id: base, weight: 2, items_per_month: 5, growth: {{model: compound, per_month: 0.02}}, season: [1, 1, 1, 2], peak_to_average: 2}}
  - {{id: s, weight: 0, growth: {{model: logistic, ceiling_per_month: 9, steepness_per_month: 0.2, midpoint_month: 6}}}}
  - {{id: t, weight: 0, growth: {{model: quarters, items_per_month: [1, 2, 3]}}, source: sales}}
load_profile: [0.2, 1]
latency: {{max_secs: 0.2, mean_service_secs: 0.05}}
fleet_availability: 0.999
lead_time_weeks: 16
limits: {{power_kw: 120, rack_units: 84}}
commitments: {{reserved_1y: {{discount: 0.3}}, reserved_3y: {{}}, spot: {{max_share: 0.2}}}}
fleets:
  - {{id: {id}, on_hand: 2, on_order: [{{quarter: 2027-Q2, units: 4}}], lead_time_weeks: 20}}
"
        );
        assert_eq!(with(&text), Vec::<String>::new());
    }

    #[test]
    fn what_cannot_be_meant_is_reported_by_its_path() {
        let wrong = [
            ("demand: [{id: a}, {id: a}]", "capacity.demand.a.id"),
            ("demand: [{id: a, weight: 1}, {id: b}]", "capacity.demand"),
            ("demand: [{id: a, season: [1, 2]}]", "capacity.demand.a.season"),
            ("demand: [{id: a, growth: {model: quarters, items_per_month: []}}]", "capacity.demand.a.growth"),
            ("load_profile: [0, 0]", "capacity.load_profile"),
            ("latency: {max_secs: 0}", "capacity.latency.max_secs"),
            ("{spare_units: 1, fleet_availability: 0.9}", "capacity.spare_units"),
            ("commitments: {on_demand: false, spot: {max_share: 1}}", "capacity.commitments"),
            ("commitments: {reserved_1y: {discount: 1.5}}", "capacity.commitments.reserved_1y.discount"),
            ("fleets: [{id: nobody}]", "capacity.fleets.nobody.id"),
        ];
        for (yaml, path) in wrong {
            assert_eq!(with(yaml), [path], "{yaml}");
        }
    }
}
