//! Names that lead nowhere, currencies without defaults, and what the parts of a study say against each other.
#![expect(clippy::unwrap_used, reason = "tests")]

use assay_service::Workbench;
use assay_service::what_if;

const SAMPLE: &str = include_str!("../../../assets/studies/sample/study.yaml");
const BLANK: &str = include_str!("../../../assets/studies/blank/study.yaml");

fn opened(text: &str) -> Result<Workbench, String> {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("study.yaml"), text).unwrap();
    Workbench::open(folder.path()).map_err(|error| error.to_string())
}

/// A study of two prices stated in it.
fn stated() -> String {
    BLANK.replace(
        "      from: measured\n      device: cpu\n",
        "      from: assumed\n      items_per_sec: 100\n      source: x\n",
    ) + "\n"
}

#[test]
fn a_name_that_leads_nowhere_is_refused_with_its_place_and_the_nearest() {
    for (right, wrong, place, hint) in [
        ("profile: nvidia-l4", "profile: nvidia-l44", ":88:5: options.l4-rent.profile", "did you mean `nvidia-l4`"),
        ("suite: quick", "suite: quik", ":11:1: suite", "did you mean `quick`"),
        ("workload: encoder-block-fp32", "workload: encoder-blok-fp32", ":12:1: workload", "`encoder-block-fp32`"),
    ] {
        assert!(SAMPLE.contains(right));
        let error = opened(&SAMPLE.replace(right, wrong)).unwrap_err();
        let line = SAMPLE.lines().position(|l| l.contains(right)).unwrap() + 1;
        let place = format!(":{line}:{}", place.split_once(':').unwrap().1.split_once(':').unwrap().1);
        assert!(error.contains(&place) && error.contains(hint), "{error}");
    }
    let mut workbench = opened(SAMPLE).unwrap();
    let values = [("options.l4-rent.profile".to_owned(), "nvidia-l44".into())];
    let error = workbench.override_values(&values).unwrap_err().to_string();
    assert!(error.contains("options.l4-rent.profile") && error.contains("nvidia-l4`"), "{error}");
}

#[test]
fn defaults_in_dollars_are_not_taken_for_yen() {
    let yen = stated().replace("currency: USD", "currency: JPY");
    let effort = "    migration:\n      effort_person_days: 10\n\nnarrative:";
    let error = opened(&yen.replace("\nnarrative:", effort)).unwrap_err();
    assert!(error.contains("engineer_cost_per_day") && error.contains("USD and EUR, not in JPY"), "{error}");

    let realistic = yen.replace(
        "\nbaseline:",
        "\nassumptions: { electricity_price_per_kwh: 25, engineer_cost_per_day: 90000 }\nbaseline:",
    );
    let workbench = opened(&realistic.replace("\nnarrative:", effort)).unwrap();
    let assessment = workbench.assessment();
    assert!(assessment.missing.iter().any(|m| m.contains("25 JPY/kWh is not checked")), "{:?}", assessment.missing);
    let paid = assessment.evaluations[0].tco.as_ref().unwrap();
    let migration = paid.component(assay_service::cost_models::evaluation::Component::Migration);
    assert_eq!(migration, Some(900_000.0));

    // Without a price of electricity bought hardware is not priced, and it is said what to state.
    let bought = yen
        .replace("      from: hourly", "      from: purchase")
        .replace("      price_per_unit_hour: 1\n", "      price_per_unit: 1\n")
        .replace("    throughput:", "    power_watts_per_unit: 500\n    throughput:");
    let workbench = opened(&bought).unwrap();
    let assessment = workbench.assessment();
    assert!(assessment.evaluations[0].tco.is_none());
    let said = assessment.missing.iter().any(|m| m.contains("state `assumptions.electricity_price_per_kwh`"));
    assert!(said, "{:?}", assessment.missing);
}

#[test]
fn a_shorter_horizon_is_a_what_if_like_any_other() {
    let mut workbench = opened(SAMPLE).unwrap();
    workbench.override_values(&[("assumptions.horizon_months".to_owned(), 3.into())]).unwrap();
    let waited = what_if::waiting(workbench.assessment());
    let reason = waited[0].value.as_ref().unwrap_err();
    assert!(reason.contains("12\u{a0}months") && reason.contains("3\u{a0}months"), "{reason}");
}

#[test]
fn a_plan_that_needs_the_old_platform_for_longer_than_it_is_paid_for_is_doubtful() {
    let to = "migration:\n  to: l4-rent\n\nbaseline:";
    let sample = SAMPLE.replace("\nbaseline:", &format!("\n{to}"));
    let late = |text: &str| {
        let workbench = opened(text).unwrap();
        let plan = workbench.migration().as_ref().unwrap().clone();
        let said = workbench.assessment().missing.iter().find(|m| m.contains("old platform")).cloned();
        (plan, said)
    };
    let (plan, said) = late(&sample);
    assert_eq!(said, None, "the sample counts what its plan needs: {} to {}", plan.starts, plan.ends);
    // Two engineers for twice the work: the last load moves after the old platform is paid for.
    let (plan, said) = late(&sample.replacen("effort_person_days: 40", "effort_person_days: 120", 1));
    let said = said.unwrap();
    assert!(said.contains(&plan.ends.to_string()) && said.contains("2.00\u{a0}months"), "{said}");
}

#[test]
fn what_the_ranges_leave_out_is_said() {
    let of_throughput_alone = stated().replace("items_per_sec: 100", "items_per_sec: { uniform: [80, 120] }");
    let of_demand = of_throughput_alone.replace("growth_per_month: 0", "growth_per_month: { uniform: [0, 0.02] }");
    let said = |text: &str| {
        let workbench = opened(text).unwrap();
        workbench.assessment().missing.iter().find(|m| m.contains("ranges of the total costs")).cloned()
    };
    assert_eq!(said(&of_throughput_alone), None);
    assert!(said(&of_demand).unwrap().contains("but not demand growth a month"), "{:?}", said(&of_demand));
}

#[test]
fn a_pricing_date_that_nobody_has_quoted_is_doubtful() {
    let missing = |date: &str| {
        let text = SAMPLE.replace("pricing_date: 2026-11-20", &format!("pricing_date: {date}"));
        opened(&text).unwrap().assessment().missing.join("\n")
    };
    assert!(missing("2130-01-01").contains("in the future"), "{}", missing("2130-01-01"));
    assert!(missing("2010-01-01").contains("days ago"), "{}", missing("2010-01-01"));
    assert!(!missing("2026-11-20").contains("pricing_date"), "{}", missing("2026-11-20"));
}
