//! Drives the hardware: sensors, profiles side by side, price history, the profile as YAML; and pictures of cards.

mod common;

use std::sync::Arc;

use common::drive::{Window, click, show, shows, step_until, type_into, window};
use egui::Modifiers;
use egui::accesskit::Role;
use egui_kittest::kittest::Queryable as _;

fn catalogue(folder: &std::path::Path, filter: &str) -> Window {
    let mut window = window(common::app(folder, Arc::default()));
    show(&mut window, "Hardware");
    click(&mut window, "Catalogue");
    type_into(&mut window, "Filter the catalogue", filter);
    window
}

#[test]
fn sensors_are_watched_while_they_are_looked_at() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = window(common::app(folder.path(), Arc::default()));
    assert!(!window.state().telemetry().is_watching(), "nobody looks");
    show(&mut window, "Hardware");
    step_until(&mut window, "the sensors are shown", |w| shows(w, "Power: ") && shows(w, "Temperature: 67 °C"));
    assert!(shows(&window, "throttled"));
    assert!(shows(&window, "This device does not tell: memory clock."));
    click(&mut window, "Watch sensors");
    assert!(!window.state().telemetry().is_watching(), "it can be switched off");
    click(&mut window, "Watch sensors");
    assert!(window.state().telemetry().is_watching());
    show(&mut window, "Overview");
    assert!(!window.state().telemetry().is_watching(), "nobody looks any more");
}

#[test]
fn profiles_stand_side_by_side() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = catalogue(folder.path(), "nvidia sxm");
    for id in ["nvidia-h100-sxm", "nvidia-h200-sxm"] {
        window.get_by_role_and_label(Role::CheckBox, &format!("Compare {id}")).click();
        window.run_steps(3);
    }
    assert!(shows(&window, "Side by side") && shows(&window, "Memory bandwidth"));
    click(&mut window, "Radar");
    assert!(shows(&window, "Radar of "));
    click(&mut window, "Rooflines in bf16");
    assert!(shows(&window, "NVIDIA H"));
}

#[test]
fn prices_are_shown_over_time() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = catalogue(folder.path(), "nvidia-h100-sxm");
    window.run_steps(2);
    click(&mut window, "Prices");
    assert!(window.query_by_role_and_label(Role::ComboBox, "Unit of the prices").is_some());
    assert!(shows(&window, "days old") || shows(&window, "No price in force is old"));
}

#[test]
fn a_profile_is_edited_as_yaml_and_checked_while_it_is_typed() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = catalogue(folder.path(), "nvidia-l4");
    let selected = window.state().workbench().unwrap().study().options.iter().find_map(|o| o.profile.clone()).unwrap();
    click(&mut window, "YAML");
    window.get_by_role_and_label(Role::MultilineTextInput, "Profile as YAML").focus();
    window.run_steps(2);
    let typed = |window: &mut Window, text: &str| {
        window.get_by_role_and_label(Role::MultilineTextInput, "Profile as YAML").type_text(text);
        window.run_steps(3);
    };
    typed(&mut window, "nonsense: 1\n");
    let place = |window: &Window| shows(window, &format!("{selected}.yaml:")) && shows(window, ":1: error: nonsense");
    assert!(place(&window), "line and column are named");
    assert!(shows(&window, "YAML •"), "and it says that something is not saved");
    click(&mut window, "Revert");
    assert!(!place(&window));
    window.get_by_role_and_label(Role::MultilineTextInput, "Profile as YAML").focus();
    window.run_steps(1);
    typed(&mut window, "# Mine.\n");
    click(&mut window, "Save profile");
    let file = folder.path().join("profiles").join(format!("{selected}.yaml"));
    let text = std::fs::read_to_string(&file).unwrap();
    assert!(text.contains("# Mine.\n") && text.contains(&format!("id: {selected}")), "the study has its own copy");
    step_until(&mut window, "the catalogue knows it", |w| {
        let catalog = w.state().workbench().unwrap().catalog();
        matches!(catalog.origin(&selected), Some(assay_service::hardware_profiles::catalog::Origin::File(_)))
    });
}

#[test]
fn a_card_is_saved_as_svg() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = window(common::app(folder.path(), Arc::default()));
    show(&mut window, "Results");
    let place = egui::pos2(560.0, 620.0);
    for pressed in [true, false] {
        let (button, modifiers) = (egui::PointerButton::Secondary, Modifiers::NONE);
        window.input_mut().events.push(egui::Event::PointerMoved(place));
        window.input_mut().events.push(egui::Event::PointerButton { pos: place, button, pressed, modifiers });
        window.run_steps(1);
    }
    window.run_steps(2);
    click(&mut window, "Save as SVG");
    window.run_steps(4);
    let folder = folder.path().join("reports/pictures");
    let saved = std::fs::read_dir(&folder).unwrap().next().unwrap().unwrap().path();
    let text = std::fs::read_to_string(&saved).unwrap();
    assert!(text.contains("<text") && text.contains("GFLOP/s") && text.ends_with("</svg>\n"));
    assert!(window.state().notices().iter().any(|n| n.title == "The picture is saved"));
}

#[test]
fn a_profile_is_edited_as_a_form_over_the_same_text() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = catalogue(folder.path(), "nvidia-l4");
    let selected = window.state().workbench().unwrap().study().options.iter().find_map(|o| o.profile.clone()).unwrap();
    click(&mut window, "Form");
    let enter = |window: &mut Window, field: &str, text: &str| {
        window.get_by_role_and_label(Role::TextInput, field).focus();
        window.run_steps(2);
        window.get_by_role_and_label(Role::TextInput, field).type_text(text);
        window.run_steps(2);
        window.key_press(egui::Key::Enter);
        window.run_steps(3);
    };
    enter(&mut window, "Profile vendor", "Somebody");
    enter(&mut window, "Profile tdp_watts", "123");
    assert!(shows(&window, "Form •") && shows(&window, "No errors"));
    enter(&mut window, "Profile memory_bandwidth_gb_per_sec", "-5");
    assert!(shows(&window, "1 error"), "it is checked at once");
    click(&mut window, "Undo in the profile");
    assert!(shows(&window, "No errors"));
    // The YAML is the same document.
    click(&mut window, "YAML •");
    let text = |window: &Window| {
        window.get_by_role_and_label(Role::MultilineTextInput, "Profile as YAML").value().unwrap_or_default()
    };
    assert!(text(&window).contains("vendor: Somebody") && text(&window).contains("value: 123"));
    click(&mut window, "Undo in the profile");
    assert!(!text(&window).contains("value: 123"));
    click(&mut window, "Redo in the profile");
    click(&mut window, "Save profile");
    let saved = std::fs::read_to_string(folder.path().join("profiles").join(format!("{selected}.yaml"))).unwrap();
    assert!(saved.contains("vendor: Somebody") && saved.contains("value: 123"), "{saved}");
    assert!(saved.contains("# "), "comments stay");
}
