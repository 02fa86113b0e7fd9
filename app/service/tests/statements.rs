//! What documents say of money, demand and items, against what the study states.
#![expect(clippy::unwrap_used, reason = "tests")]

use assay_service::Workbench;
use assay_service::report::{ReportKind, to_markdown};

/// Options that are rented, on spot and bought, with a tax.
const STUDY: &str = include_str!("studies/statements.yaml");

/// The study with some of its lines replaced.
fn opened(changes: &[(&str, &str)]) -> (tempfile::TempDir, Workbench) {
    let folder = tempfile::tempdir().unwrap();
    let mut text = STUDY.to_owned();
    for (old, new) in changes {
        assert!(text.contains(old), "{old}");
        text = text.replace(old, new);
    }
    std::fs::write(folder.path().join("study.yaml"), text).unwrap();
    let workbench = Workbench::open(folder.path()).unwrap();
    (folder, workbench)
}

/// The text of a document, its lines joined and its spaces plain.
fn text(workbench: &Workbench, kind: ReportKind) -> String {
    let text = to_markdown(&workbench.document(kind).unwrap());
    text.replace(['\u{a0}', '\u{202f}'], " ").replace("**", "")
}

#[track_caller]
fn says(text: &str, words: &[&str]) {
    for words in words {
        assert!(text.contains(words), "{words:?} is not in\n{text}");
    }
}

#[track_caller]
fn says_not(text: &str, words: &[&str]) {
    for words in words {
        let line = text.lines().find(|line| line.contains(words));
        assert_eq!(line, None, "{words:?}");
    }
}

const GROWTH: &str = "growth: {linear: {added_per_month: 2e9}}";

#[test]
fn growth_season_and_the_months_that_follow_are_told() {
    let (_folder, workbench) = opened(&[]);
    let dossier = text(&workbench, ReportKind::Dossier);
    says(
        &dossier,
        &[
            "90 billion samples a month at first, 2 billion more each month",
            "2 billion samples more each month",
            "a season of 12 months, factors 0.9 to 1.4",
            "90 billion samples",
            // Month 48: (90 + 47 x 2) x 1.4 billion.
            "258 billion samples",
        ],
    );
    says_not(&dossier, &["without growth", "0.0 % a month"]);
    says(&text(&workbench, ReportKind::Capacity), &["2 billion more each month, a season of 12 months"]);

    let (_folder, workbench) = opened(&[(GROWTH, "growth: {quarters: [90e9, 120e9]}"), ("season: [", "# season: [")]);
    let dossier = text(&workbench, ReportKind::Dossier);
    says(&dossier, &["90 billion samples in the first month, 120 billion in the last", "a table of 2 quarters"]);
    says_not(&dossier, &["without growth"]);

    let (_folder, workbench) = opened(&[(GROWTH, "growth_per_month: 0"), ("season: [", "# season: [")]);
    says(&text(&workbench, ReportKind::Dossier), &["90 billion samples a month, without growth"]);
}

const RENTED: &str =
    "throughput: {from: assumed, items_per_sec: 9000, low: 8500, high: 9500, source: \"Pilot on one node\"}";

#[test]
fn items_have_the_study_s_name_and_a_division_is_shown() {
    let published = "throughput: {from: published, accelerator: NVIDIA H100-SXM-80GB, model: llama2-70b-99, \
                     scenario: Server, unit: tokens/s, per_item: 294}";
    let tokens = "tokens: {input: 900, output: 294}\n  peak_to_average";
    let (_folder, workbench) = opened(&[(RENTED, published), ("peak_to_average", tokens)]);
    assert_eq!(workbench.assessment().item(), "requests");
    let dossier = text(&workbench, ReportKind::Dossier);
    says(&dossier, &["tokens for each request = ", "per million requests", "does not enter the costs"]);
    says_not(&dossier, &["per million samples", "of 1 submitters"]);
    let (_folder, workbench) = opened(&[("peak_to_average", "item: query\n  peak_to_average")]);
    assert_eq!(workbench.assessment().item(), "queries");
}

#[test]
fn the_confidence_names_the_option_it_is_against() {
    let (_folder, workbench) = opened(&[]);
    let answer = &workbench.assessment().answer;
    let says = &answer.confidence_reason;
    assert!(says.starts_with("Its cost range does not overlap with that of CPU servers"), "{says}");
    assert!(says.contains("It does overlap with "), "{says}");
}

#[test]
fn a_headline_carries_the_conditions_of_spot_and_of_an_unknown_latency() {
    let (_folder, workbench) = opened(&[]);
    assert_eq!(workbench.assessment().answer.recommended.as_deref(), Some("l4-spot"));
    let briefing = text(&workbench, ReportKind::Briefing);
    says(&briefing, &[". All of it is on spot capacity, which can be withdrawn. Its latency is not known yet"]);
    let risks = &workbench.migration().as_ref().unwrap().risks;
    let spot = risks.iter().find(|risk| risk.risk.id == "interruption").unwrap();
    assert_eq!((spot.risk.likelihood, spot.risk.impact), (4, 5));
    let (_folder, workbench) =
        opened(&[("requirements: ", "# "), ("from: spot", "from: hourly"), ("    spot: {", "#")]);
    says_not(&text(&workbench, ReportKind::Briefing), &["spot capacity", "latency is not known"]);
}

/// The study without the option that is cheapest, so that another one is recommended.
fn recommending(id: &str) -> (tempfile::TempDir, Workbench) {
    let dear = ("price: {from: spot, price_per_unit_hour: 0.35", "price: {from: spot, price_per_unit_hour: 35");
    let rest: &[(&str, &str)] = match id {
        "l4-1y" => &[
            dear,
            ("price_per_unit: 21000", "price_per_unit: 2100000"),
            ("price_per_unit_hour: 0.8", "price_per_unit_hour: 80"),
        ],
        "l4-buy" => &[
            dear,
            ("price_per_unit_hour: 0.2,", "price_per_unit_hour: 20,"),
            ("price_per_unit_hour: 0.8", "price_per_unit_hour: 80"),
        ],
        _ => &[],
    };
    let (folder, workbench) = opened(rest);
    assert_eq!(workbench.assessment().answer.recommended.as_deref(), Some(id));
    (folder, workbench)
}

#[test]
fn what_is_asked_for_is_gross_and_by_name() {
    let (_folder, workbench) = recommending("l4-spot");
    let briefing = text(&workbench, ReportKind::Briefing);
    // 60 days of 850; nothing of the tax that follows.
    says(&briefing, &["Release €51.0k before 1 April 2027 to start with L4 on spot: migration €51.0k."]);
    says(
        &briefing,
        &["Nothing is committed by contract", "side by side for 2 months", "These amounts are before tax."],
    );
    let month = {
        let parallel = workbench.migration().as_ref().unwrap().parallel_run.unwrap().cost.unwrap();
        assay_base::format::money(parallel)
    };
    says(&briefing, &[&format!("Go on paying {month} for CPU servers, month by month")]);

    let (_folder, workbench) = recommending("l4-1y");
    let briefing = text(&workbench, ReportKind::Briefing);
    let units = workbench.assessment().evaluation("l4-1y").unwrap().fleet.as_ref().unwrap().at_start as f64;
    let (hours, upfront) = (units * 0.2 * 0.86 * 730.0 * 12.0, units * 1500.0 * 0.86);
    let eur = |amount: f64| assay_base::format::money_in(amount, "EUR".parse().unwrap());
    says(
        &briefing,
        &[
            &format!("Commit {} by contract: {units} units for 12 months", eur(hours + upfront)),
            &format!("by 1 April 2028, {} of it when signed", eur(upfront)),
            &format!("upfront commitment {}, migration €38.2k", eur(upfront)),
            "Another ",
        ],
    );

    let (_folder, workbench) = recommending("l4-buy");
    let briefing = text(&workbench, ReportKind::Briefing);
    says(&briefing, &[": hardware ", "migration €59.5k, other €15.0k."]);
    says_not(&briefing, &["by contract"]);
}

#[test]
fn money_says_whether_tax_is_taken() {
    let (_folder, workbench) = opened(&[]);
    let dossier = text(&workbench, ReportKind::Dossier);
    says(&dossier, &["over 48 months after 25 % tax", "Money is after 25 % tax.", "Money is before tax."]);
    let briefing = text(&workbench, ReportKind::Briefing);
    says(&briefing, &["after 25 % tax"]);
    says(&text(&workbench, ReportKind::Capacity), &["Money is before tax.", "before tax"]);
    says(&text(&workbench, ReportKind::Migration), &["before tax"]);
    let (_folder, workbench) = opened(&[("  tax: {", "  # {")]);
    for kind in [ReportKind::Dossier, ReportKind::Briefing, ReportKind::Capacity, ReportKind::Migration] {
        says_not(&text(&workbench, kind), &["after 25 %", "before tax"]);
    }
}

#[test]
fn every_input_that_was_used_is_listed_and_no_other() {
    let (_folder, workbench) = opened(&[]);
    let facts = assay_service::assess::assumed(workbench.assessment());
    let of = |key: &str| facts.iter().find(|fact| fact.key == key);
    for (key, words) in [
        ("finance.tax.rate", "25 %"),
        ("finance.exchange_rates.USD", "0.8600 EUR on 2026-11-20"),
        ("finance.electricity_price_change", "4 % a year"),
        ("finance.depreciation.life_months", "36 months"),
        ("finance.depreciation", "straight line"),
        ("capacity.spare_units", "1 unit beyond the need"),
        ("demand", "2 billion more each month, a season of 12 months"),
        ("demand.peak_to_average", "2.2"),
        ("options.l4-spot.spot", "0.05 interruptions of a unit an hour, checkpoint 5 s"),
        ("options.l4-buy.migration", "70 person-days"),
        ("carbon", "320 g CO2e/kWh, Germany"),
        ("residual_fraction", "15 %"),
    ] {
        let fact = of(key).unwrap_or_else(|| panic!("{key} is missing"));
        let text = fact.text.replace('\u{a0}', " ");
        assert!(text.contains(words), "{key}: {text}");
    }
    let residual = of("residual_fraction").unwrap();
    assert!(residual.origin.starts_with("stated as a distribution: uniform from 5"), "{}", residual.origin);
    for key in
        ["spot_interruptions_per_hour", "projection_low_factor", "vendor_peak_fraction", "finance.inflation_per_year"]
    {
        assert!(of(key).is_none(), "{key} was not used");
    }
    let dossier = text(&workbench, ReportKind::Dossier);
    says(&dossier, &["Spare units of each option", "Stated by finance", "Spot terms of L4 on spot"]);
    says_not(&dossier, &["Projection, low end"]);
}

#[test]
fn quotes_and_emissions_stand_as_they_are() {
    let point = |workbench: &Workbench, id: &str| {
        let plan = workbench.migration().as_ref().unwrap();
        plan.governance.iter().find(|point| point.id == id).unwrap().clone()
    };
    let (_folder, fresh) = recommending("l4-spot");
    assert_eq!(point(&fresh, "price-sources").status.label(), "prepared");
    assert_eq!(point(&fresh, "energy").status.label(), "prepared");
    let (_folder, stale) = recommending("l4-1y");
    let found = point(&stale, "price-sources");
    assert_eq!(found.status.label(), "open");
    assert!(found.evidence.unwrap().contains("630 days old"));

    let dossier = text(&fresh, ReportKind::Dossier);
    let tonnes = fresh.assessment().evaluation("l4-buy").unwrap().carbon_kg.unwrap() / 1000.0;
    says(&dossier, &["Energy and emissions over 48 months", &assay_base::format::compact(tonnes)]);
    says(&dossier, &["boards alone, by their TDP", "the power is not known of CPU servers"]);
}

#[test]
fn specifications_stand_in_one_format_and_the_best_mean_is_named() {
    let (_folder, workbench) = opened(&[]);
    let dossier = text(&workbench, ReportKind::Dossier);
    says_not(&dossier, &["Strongest in 2 of", "Throughput per unit"]);
    says(&dossier, &["Throughput per accelerator"]);
}

#[test]
fn a_capacity_plan_is_no_surer_than_its_throughput_and_says_its_basis() {
    let (_folder, workbench) = opened(&[]);
    let document = workbench.document(ReportKind::Capacity).unwrap();
    assert_eq!(document.cover.as_ref().unwrap().verdict, "Covered, if the assumptions hold");
    let capacity = text(&workbench, ReportKind::Capacity);
    says(&capacity, &["over the throughput's range)", "No commitment was stated to choose from", "Two bases."]);
    says_not(&capacity, &["No commitment pays"]);
    says(&text(&workbench, ReportKind::Dossier), &["Two bases.", "paid for whole months", "Both are before tax."]);

    let commitments = "  spare_units: 1\n  commitments: {reserved_1y: {discount: 0.4, source: Quote}}";
    let (_folder, workbench) = opened(&[("  spare_units: 1", commitments)]);
    let capacity = text(&workbench, ReportKind::Capacity);
    says(&capacity, &["grouped by year", "Contracts that outlast the horizon leave "]);
}
