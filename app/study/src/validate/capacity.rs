//! What is stated of capacity: demand scenarios, limits, fleets and the ways to rent.

use crate::capacity::{Capacity, GrowthModel};
use crate::document::Study;

/// Reports everything in the section that cannot be meant, by its path.
pub(super) fn section(capacity: &Capacity, study: &Study, report: &mut impl FnMut(String, String)) {
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
        super::section(&capacity, &sample(), &mut |path, _| found.push(path));
        found
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
