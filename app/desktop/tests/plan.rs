//! Drives the views of plans and documents by their accessible names and checks the study. Needs no graphics.
#![expect(clippy::unwrap_used, reason = "tests")]

mod common;

use std::path::Path;
use std::sync::Arc;

use assay_desktop::{DesktopApp, ServiceBackend, View, theme};
use assay_service::study::capacity::{Capacity, GrowthModel};
use assay_service::study::{Distribution, Quantity as Value};
use common::drive::{Window, click, settle, shows, step_until};
use egui::accesskit::Role;
use egui::{Key, Modifiers};
use egui_kittest::{Harness, kittest::Queryable as _};

const CAPACITY_SAMPLE: &str = include_str!("../../../assets/studies/capacity-sample/study.yaml");

fn window(app: DesktopApp, view: View) -> Window {
    let mut harness = Harness::builder()
        .with_size([1280.0, 1600.0])
        .with_context_setup(theme::install)
        .build_ui_state(common::frame, app);
    harness.state_mut().set_view(view);
    settle(&mut harness);
    harness
}

/// The sample of a capacity plan, in its view.
fn capacity_window(folder: &Path) -> Window {
    std::fs::write(folder.join("study.yaml"), CAPACITY_SAMPLE).unwrap();
    window(common::app(folder, Arc::default()), View::Capacity)
}

/// Types into a field and takes it over.
fn enter(window: &mut Window, name: &str, text: &str) {
    window.get_by_role_and_label(Role::TextInput, name).focus();
    window.run_steps(2);
    window.get_by_role_and_label(Role::TextInput, name).type_text(text);
    window.run_steps(2);
    window.key_press(Key::Enter);
    settle(window);
}

/// Opens a list and takes an entry of it, which is the last of that name.
fn choose(window: &mut Window, list: &str, entry: &str) {
    window.get_by_role_and_label(Role::ComboBox, list).click();
    window.run_steps(3);
    window.query_all_by_label(entry).last().unwrap().click();
    settle(window);
}

fn undo(window: &mut Window) {
    window.key_press_modifiers(Modifiers::COMMAND, Key::Z);
    settle(window);
}

fn capacity(window: &Window) -> &Capacity {
    window.state().workbench().unwrap().study().capacity.as_ref().unwrap()
}

fn growth(window: &Window, id: &str) -> Option<GrowthModel> {
    capacity(window).demand.iter().find(|forecast| forecast.id == id).unwrap().growth.clone()
}

fn needed(window: &Window, quarter: usize) -> u64 {
    let plan = window.state().workbench().unwrap().capacity().as_ref().unwrap();
    let scenarios = &plan.option("h100-rent").unwrap().scenarios;
    scenarios.iter().find(|s| s.demand == "base").unwrap().quarters[quarter].needed
}

fn on_disk(folder: &Path) -> String {
    std::fs::read_to_string(folder.join("study.yaml")).unwrap()
}

#[test]
fn a_study_without_a_capacity_section_can_be_given_one_and_that_be_undone() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = window(common::app(folder.path(), Arc::default()), View::Capacity);
    let before = on_disk(folder.path());
    click(&mut window, "Plan the capacity");
    assert_eq!(capacity(&window).demand[0].id, "base");
    assert!(shows(&window, "Fleet against demand"));
    undo(&mut window);
    assert!(window.state().workbench().unwrap().study().capacity.is_none());
    assert_eq!(on_disk(folder.path()), before, "comments and all");
}

#[test]
fn the_demand_of_a_quarter_is_typed_into_the_table() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = capacity_window(folder.path());
    let before = needed(&window, 1);
    enter(&mut window, "Demand base 2027-Q2", "4 T");
    let Some(GrowthModel::Quarters { items_per_month: table }) = growth(&window, "base") else {
        panic!("the forecast became a table")
    };
    assert_eq!(table[1], 4e12);
    assert!(table[0] < 1.7e12, "the others stay: {table:?}");
    assert!(needed(&window, 1) > before);
    assert!(on_disk(folder.path()).contains("# A third more in the last quarter"), "comments stay");
    // The last quarter of a year has a season of 1.333: what is typed is what is planned.
    enter(&mut window, "Demand base 2027-Q4", "4 T");
    let plan = window.state().workbench().unwrap().capacity().as_ref().unwrap();
    let busiest = plan.demand.iter().find(|d| d.id == "base").unwrap().quarters[3].busiest_month_items;
    assert!((busiest / 4e12 - 1.0).abs() < 1e-5, "{busiest}");
    undo(&mut window);
    undo(&mut window);
    assert!(matches!(growth(&window, "base"), Some(GrowthModel::Compound { .. })));
    assert_eq!(needed(&window, 1), before);
}

#[test]
fn what_is_no_number_stays_in_its_field_and_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = capacity_window(folder.path());
    enter(&mut window, "Power limit", "plenty");
    assert_eq!(capacity(&window).limits.power_kw, Some(190.0));
    assert!(!window.state().workbench().unwrap().can_undo());
    enter(&mut window, "Power limit", "");
    window.key_press(Key::Escape);
    window.run_steps(2);
}

#[test]
fn a_limit_of_power_is_set_taken_away_and_missed() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = capacity_window(folder.path());
    choose(&mut window, "Option planned", "Server of eight H100, bought");
    enter(&mut window, "Power limit", "20");
    assert_eq!(capacity(&window).limits.power_kw, Some(20.0));
    assert!(window.query_all_by_label_contains("kW").count() > 1, "the plan says where it is exceeded");
    undo(&mut window);
    assert_eq!(capacity(&window).limits.power_kw, Some(190.0));
}

#[test]
fn the_growth_of_a_forecast_is_of_another_kind_without_a_jump() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = capacity_window(folder.path());
    choose(&mut window, "Growth of the forecast", "Linear");
    let Some(GrowthModel::Linear { added_per_month }) = growth(&window, "base") else { panic!("it is linear") };
    // 1.5 T growing by 2 % a month ends at 3.0 T in month 35.
    assert!((added_per_month / 42.9e9 - 1.0).abs() < 0.01, "{added_per_month}");
    undo(&mut window);
    assert!(matches!(growth(&window, "base"), Some(GrowthModel::Compound { .. })));
}

#[test]
fn a_table_is_pasted_from_a_spreadsheet() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = capacity_window(folder.path());
    click(&mut window, "Paste a table…");
    let table = "Quarter\tbase\tLaunch\n2027-Q1\t2 T\t100 G\n2027-Q2\t3 T\t200 G\n";
    window.get_by_role_and_label(Role::MultilineTextInput, "Table").type_text(table);
    window.run_steps(3);
    assert!(shows(&window, "2 quarters from 2027-Q1 on, forecasts 2"));
    click(&mut window, "Take the table");
    let quarters = |values: &[f64]| Some(GrowthModel::Quarters { items_per_month: values.to_vec() });
    assert_eq!(growth(&window, "base"), quarters(&[2e12, 3e12]));
    assert_eq!(growth(&window, "launch"), quarters(&[1e11, 2e11]));
    assert!(window.query_by_role_and_label(Role::MultilineTextInput, "Table").is_none(), "the dialog is closed");
    undo(&mut window);
    assert_eq!(capacity(&window).demand.len(), 3, "one gesture");
}

#[test]
fn forecasts_and_fleets_come_and_go() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = capacity_window(folder.path());
    click(&mut window, "Add forecast");
    assert_eq!(capacity(&window).demand[3].id, "forecast-4");
    click(&mut window, "Forecast Forecast 4");
    click(&mut window, "Remove forecast");
    assert_eq!(capacity(&window).demand.len(), 3);
    choose(&mut window, "Option planned", "Eight H100, rented");
    enter(&mut window, "Most units to be had", "12");
    let fleet = |window: &Window| capacity(window).fleets.iter().find(|f| f.id == "h100-rent").cloned();
    assert_eq!(fleet(&window).unwrap().max_units, Some(12));
    undo(&mut window);
    assert!(fleet(&window).is_none());
}

#[test]
fn ways_to_rent_are_allowed_one_by_one() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = capacity_window(folder.path());
    choose(&mut window, "Option planned", "Eight H100, rented");
    let check = |window: &mut Window, name: &str| {
        window.get_by_role_and_label(Role::CheckBox, name).scroll_to_me();
        window.run_steps(6);
        window.get_by_role_and_label(Role::CheckBox, name).click();
        // A new plan moves what stands below it, also from under the pointer.
        settle(window);
    };
    let commitments = |window: &Window| capacity(window).commitments.clone().unwrap();
    check(&mut window, "Reserved for a year");
    assert!(commitments(&window).reserved_1y.is_none() && commitments(&window).reserved_3y.is_some());
    check(&mut window, "Spot");
    assert!(commitments(&window).spot.is_none());
    check(&mut window, "Spot");
    assert_eq!(commitments(&window).spot.unwrap().max_share, 0.1);
    undo(&mut window);
    undo(&mut window);
    assert_eq!(commitments(&window).spot.unwrap().max_share, 0.15);
}

#[test]
fn the_pages_of_the_document_are_shown_as_they_would_be_written() {
    let folder = tempfile::tempdir().unwrap();
    let workbench = common::workbench(folder.path());
    let app = DesktopApp::new(Some(workbench), Arc::new(ServiceBackend), common::places(folder.path()));
    let mut window = window(app, View::Reports);
    step_until(&mut window, "the document is made", |w| shows(w, "Page 1 of"));
    assert!(window.query_all_by_role_and_label(Role::Image, "Page 1").count() == 1);
    click(&mut window, "Next page");
    step_until(&mut window, "the second page is shown", |w| shows(w, "Page 2 of"));
}

#[test]
fn words_go_into_the_study_and_can_be_taken_back() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = window(common::app(folder.path(), Arc::default()), View::Reports);
    let narrative = |window: &Window| window.state().workbench().unwrap().study().narrative.clone();
    window.get_by_role_and_label(Role::MultilineTextInput, "Summary").focus();
    window.run_steps(2);
    window.get_by_role_and_label(Role::MultilineTextInput, "Summary").type_text("Decide in March.");
    window.run_steps(2);
    window.get_by_role_and_label(Role::MultilineTextInput, "Caveats").focus();
    window.run_steps(3);
    assert_eq!(narrative(&window).summary.as_deref(), Some("Decide in March."));
    choose(&mut window, "Paper", "Letter");
    assert!(on_disk(folder.path()).contains("letter"));
    window.get_by_role_and_label(Role::Button, "Undo").click();
    window.run_steps(3);
    window.get_by_role_and_label(Role::Button, "Undo").click();
    window.run_steps(3);
    assert_eq!(narrative(&window).summary, None);
}

#[test]
fn a_document_that_was_written_is_checked() {
    let folder = tempfile::tempdir().unwrap();
    let app = common::app(folder.path(), Arc::default());
    let file = folder.path().join("briefing.pdf");
    app.workbench().unwrap().write_report(assay_service::ReportKind::Briefing, Some(&file), None).unwrap();
    let mut window = window(app, View::Reports);
    let check = |window: &mut Window, file: &Path| {
        let field = window.get_by_role_and_label(Role::TextInput, "PDF to check");
        field.focus();
        window.run_steps(2);
        window.key_press_modifiers(Modifiers::COMMAND, Key::A);
        window.get_by_role_and_label(Role::TextInput, "PDF to check").type_text(&file.display().to_string());
        window.run_steps(2);
        click(window, "Check");
    };
    check(&mut window, &file);
    step_until(&mut window, "it holds", |w| w.query_by_label("HOLDS").is_some());
    let mut bytes = std::fs::read(&file).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    let changed = folder.path().join("changed.pdf");
    std::fs::write(&changed, bytes).unwrap();
    check(&mut window, &changed);
    step_until(&mut window, "it does not hold", |w| {
        w.query_by_label("DOES NOT HOLD").or(w.query_by_label("CANNOT BE CHECKED")).is_some()
    });
}

fn assumptions(window: &Window) -> assay_service::study::Assumptions {
    window.state().workbench().unwrap().study().assumptions.clone()
}

#[test]
fn a_slider_moves_a_distribution_as_a_whole() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = window(common::app(folder.path(), Arc::default()), View::Cost);
    window.get_by_role_and_label(Role::Slider, "Power usage effectiveness").set_value_accesskit(1.5);
    window.run_steps(4);
    let triangle = |points: [f64; 3]| Value::Uncertain(Distribution::Triangular(points));
    assert_eq!(assumptions(&window).pue, triangle([1.3, 1.5, 1.7]));
    assert!(on_disk(folder.path()).contains("pue: { triangular: [1.3, 1.5, 1.7] }"));
    undo(&mut window);
    assert_eq!(assumptions(&window).pue, triangle([1.2, 1.4, 1.6]));
}

#[test]
fn a_distribution_is_edited_by_kind_and_parameters() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = window(common::app(folder.path(), Arc::default()), View::Cost);
    click(&mut window, "Distribution of target utilisation at peak");
    choose(&mut window, "Kind of target utilisation at peak", "Triangular");
    let Value::Uncertain(Distribution::Triangular([low, mode, high])) = assumptions(&window).target_utilisation else {
        panic!("it is a triangle")
    };
    assert!(low < mode && mode == 0.6 && mode < high);
    enter(&mut window, "Low of target utilisation at peak", "45 %");
    let Value::Uncertain(Distribution::Triangular([low, ..])) = assumptions(&window).target_utilisation else {
        panic!("it is still a triangle")
    };
    assert_eq!(low, 0.45);
    choose(&mut window, "Kind of target utilisation at peak", "One number");
    assert_eq!(assumptions(&window).target_utilisation, Value::Number(0.6));
    undo(&mut window);
    undo(&mut window);
    undo(&mut window);
    assert_eq!(assumptions(&window).target_utilisation, Value::Number(0.6));
    assert!(!window.state().workbench().unwrap().can_undo());
}

#[test]
fn an_amount_without_a_default_in_the_currency_is_typed() {
    let folder = tempfile::tempdir().unwrap();
    let text = include_str!("../../../assets/studies/blank/study.yaml").replace("currency: USD", "currency: JPY");
    std::fs::write(folder.path().join("study.yaml"), text).unwrap();
    let mut window = window(common::app(folder.path(), Arc::default()), View::Cost);
    let cost_of_a_day = |window: &Window| {
        let stated = window.state().workbench().unwrap().study().assumption("engineer_cost_per_day");
        stated.map(|value| value.value())
    };
    assert_eq!(cost_of_a_day(&window), None);
    enter(&mut window, "Cost of an engineer's day value", "90000");
    assert_eq!(cost_of_a_day(&window), Some(90_000.0));
    assert!(window.query_by_role_and_label(Role::Button, "Reset cost of an engineer's day").is_none());
    undo(&mut window);
    assert_eq!(cost_of_a_day(&window), None);
    // A slider would have no sensible ends; a distribution can be stated all the same.
    assert!(window.query_by_role_and_label(Role::Slider, "Electricity price").is_none());
    enter(&mut window, "Electricity price value", "30");
    click(&mut window, "Distribution of electricity price");
    choose(&mut window, "Kind of electricity price", "Uniform");
    let price = assumptions(&window).electricity_price_per_kwh.clone().unwrap();
    assert_eq!(price, Value::Uncertain(Distribution::Uniform([27.0, 33.0])));
    assert!(shows(&window, "JPY/kWh"));
}

#[test]
fn odds_and_break_evens_come_from_samples_in_the_background() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = window(common::app(folder.path(), Arc::default()), View::Cost);
    click(&mut window, "Show odds");
    step_until(&mut window, "the samples are drawn", |w| {
        shows(w, "samples of") && w.query_by_label("Drawing samples").is_none()
    });
    assert!(shows(&window, "What drives the"));
    click(&mut window, "Show break-even");
    step_until(&mut window, "the curves are there", |w| w.query_all_by_label_contains("costs least").count() > 0);
    click(&mut window, "Show cash");
    step_until(&mut window, "the bands are there", |w| shows(w, "eight in ten samples"));
}

#[test]
fn scenarios_are_compared_and_looked_at() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = window(common::app(folder.path(), Arc::default()), View::Cost);
    click(&mut window, "Show scenarios");
    assert!(shows(&window, "The plan itself: "), "the waterfall begins with the plan");
    click(&mut window, "Look at Demand is half of the plan");
    assert_eq!(window.state().workbench().unwrap().scenario(), Some("half-demand"));
}

fn waves(window: &Window) -> Vec<(String, jiff::civil::Date, jiff::civil::Date)> {
    let plan = window.state().workbench().unwrap().migration().as_ref().unwrap();
    plan.waves.iter().map(|wave| (wave.id.clone(), wave.starts, wave.ends)).collect()
}

/// Drags from the middle of a widget by some points, in steps.
fn drag(window: &mut Window, name: &str, by: f32) {
    let from = window.get_by_role_and_label(Role::Button, name).rect().center();
    window.drag_at(from);
    window.run_steps(2);
    for part in [0.2, 0.5, 0.8, 1.0] {
        window.hover_at(from + egui::vec2(by * part, 0.0));
        window.run_steps(2);
    }
    window.drop_at(from + egui::vec2(by, 0.0));
    window.run_steps(3);
}

#[test]
fn waves_are_dragged_to_other_days_and_lengths() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = window(common::app(folder.path(), Arc::default()), View::Migration);
    let before = waves(&window);
    let place = before.iter().position(|(id, ..)| id == "shadow").unwrap();
    drag(&mut window, "Wave Shadow traffic", 120.0);
    let moved = waves(&window);
    assert!(moved[place].1 > before[place].1, "{moved:?}");
    assert_eq!((moved[place].1 - before[place].1).get_days() % 7, 0, "by whole weeks");
    let days = |(_, from, to): &(String, jiff::civil::Date, jiff::civil::Date)| (*to - *from).get_days();
    assert_eq!(days(&moved[place]), days(&before[place]), "as long as before");
    assert!(moved[place + 1].1 >= moved[place].2, "what waits for it begins later");
    let section = |window: &Window| window.state().workbench().unwrap().study().migration.clone();
    assert!(section(&window).unwrap().waves[place].not_before.is_some());
    undo(&mut window);
    assert_eq!((waves(&window), section(&window)), (before.clone(), None), "one gesture");

    drag(&mut window, "Length of Shadow traffic", 80.0);
    let longer = waves(&window);
    assert!(longer[place].2 > before[place].2 && longer[place].1 == before[place].1);
    undo(&mut window);
    assert_eq!(waves(&window), before);
}

#[test]
fn a_point_of_governance_gets_an_owner_evidence_and_a_status() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = window(common::app(folder.path(), Arc::default()), View::Migration);
    let item = "Decision record with approvers";
    window.query_all_by_label(item).next().unwrap().click();
    window.run_steps(12);
    enter(&mut window, &format!("Owner of {item}"), "Platform lead");
    enter(&mut window, &format!("Evidence of {item}"), "https://example.org/adr/12");
    choose(&mut window, &format!("Status of {item}"), "done");
    let points = |window: &Window| window.state().workbench().unwrap().study().migration.clone().unwrap().governance;
    let point = points(&window)[0].clone();
    assert_eq!((point.id.as_str(), point.owner.as_deref()), ("decision-record", Some("Platform lead")));
    assert_eq!(point.evidence.as_deref(), Some("https://example.org/adr/12"));
    assert_eq!(point.status, assay_service::study::migration::GovernanceStatus::Done);
    undo(&mut window);
    assert_ne!(points(&window)[0].status, assay_service::study::migration::GovernanceStatus::Done);
}

#[test]
fn the_overview_says_what_would_flip_the_answer_and_what_is_not_measured() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = window(common::app(folder.path(), Arc::default()), View::Overview);
    step_until(&mut window, "a flip is told", |w| shows(w, "of what is assumed"));
    assert!(shows(&window, "Not measured: "));
}

#[test]
fn looking_around_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = window(common::app(folder.path(), Arc::default()), View::Cost);
    let before = window.state().workbench().unwrap().study().clone();
    let text = on_disk(folder.path());
    for tab in ["cash", "break-even", "odds", "scenarios", "cost"] {
        click(&mut window, &format!("Show {tab}"));
        assert_eq!(*window.state().workbench().unwrap().study(), before, "{tab}");
    }
    for view in View::ALL {
        window.state_mut().set_view(view);
        window.run_steps(4);
        assert_eq!(*window.state().workbench().unwrap().study(), before, "{view:?}");
    }
    assert!(!window.state().workbench().unwrap().can_undo());
    assert_eq!(on_disk(folder.path()), text);
}
