//! What holds in every view: each control has a name and is reached by the keyboard, each table is copied, each chart is
//! saved, and what is being used stays where it is.
#![expect(clippy::unwrap_used, reason = "tests")]

mod common;

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use assay_desktop::{DesktopApp, View, theme};
use common::drive::{Window, click, copied_by, settle, shows};
use egui::accesskit::{Action, Role};
use egui::{Key, Modifiers};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT as _, Queryable as _};

const CAPACITY_SAMPLE: &str = include_str!("../../../assets/studies/capacity-sample/study.yaml");

/// What is to be looked at: a view, and what is clicked there first.
const PLACES: [(View, &[&str]); 17] = [
    (View::Overview, &[]),
    (View::Hardware, &[]),
    (View::Hardware, &["Catalogue"]),
    (View::Hardware, &["Catalogue", "Prices"]),
    (View::Benchmarks, &[]),
    (View::Results, &[]),
    (View::Results, &["Trade-offs"]),
    (View::Results, &["Latency"]),
    (View::Results, &["Energy"]),
    (View::Results, &["Compilers"]),
    (View::Cost, &[]),
    (View::Cost, &["Show cash"]),
    (View::Cost, &["Show break-even"]),
    (View::Cost, &["Show odds"]),
    (View::Cost, &["Show scenarios"]),
    (View::Capacity, &[]),
    (View::Migration, &[]),
];

/// A window high enough for whole views, on the sample with a capacity plan.
fn window(folder: &Path) -> Window {
    std::fs::write(folder.join("study.yaml"), CAPACITY_SAMPLE).unwrap();
    Harness::builder()
        .with_size([1280.0, 2600.0])
        .with_context_setup(theme::install)
        .build_ui_state(common::frame, common::app(folder, Arc::default()))
}

fn go(window: &mut Window, view: View, clicks: &[&str]) {
    window.state_mut().set_view(view);
    settle(window);
    clicks.iter().for_each(|name| click(window, name));
}

/// The names of the buttons that begin with `prefix`.
fn buttons(window: &Window, prefix: &str) -> BTreeSet<String> {
    let all = window.query_all_by_role(Role::Button);
    all.filter_map(|node| node.accesskit_node().label()).filter(|name| name.starts_with(prefix)).collect()
}

#[test]
fn every_control_has_a_name() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = window(folder.path());
    for (view, clicks) in PLACES {
        go(&mut window, view, clicks);
        for node in window.root().children_recursive() {
            let node = node.accesskit_node();
            let is_control = node.data().supports_action(Action::Focus);
            if !is_control || matches!(node.role(), Role::Window | Role::ScrollBar) {
                continue;
            }
            let name = node.label().or_else(|| node.value()).unwrap_or_default();
            assert!(
                !name.trim().is_empty(),
                "{view:?} {clicks:?}: a {:?} without a name: {:?}",
                node.role(),
                node.raw_bounds()
            );
        }
    }
}

#[test]
fn tab_reaches_every_control() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = window(folder.path());
    for view in View::ALL {
        go(&mut window, view, &[]);
        let wanted: BTreeSet<String> = [Role::Button, Role::Slider, Role::TextInput, Role::ComboBox, Role::CheckBox]
            .into_iter()
            .flat_map(|role| window.query_all_by_role(role).collect::<Vec<_>>())
            .map(|node| node.accesskit_node())
            .filter(|node| !node.is_disabled() && node.data().supports_action(Action::Focus))
            .filter_map(|node| node.label().or_else(|| node.value()))
            .collect();
        assert!(wanted.len() > 15, "{view:?}: {wanted:?}");
        let mut reached = BTreeSet::new();
        for _ in 0..600 {
            window.key_press(Key::Tab);
            window.run_steps(1);
            let focused = window.root().children_recursive().find(|node| node.accesskit_node().is_focused());
            let node = focused.map(|node| node.accesskit_node());
            reached.extend(node.and_then(|node| node.label().or_else(|| node.value())));
            if wanted.is_subset(&reached) {
                break;
            }
        }
        let missed: Vec<_> = wanted.difference(&reached).collect();
        assert!(missed.is_empty(), "{view:?}: {missed:?}");
    }
}

#[test]
fn every_table_is_copied_with_all_its_rows() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = window(folder.path());
    let mut copied = BTreeSet::new();
    for (view, clicks) in PLACES {
        go(&mut window, view, clicks);
        for name in buttons(&window, "Copy the table: ") {
            let text = copied_by(&mut window, &name);
            let widths: BTreeSet<usize> = text.lines().map(|line| line.split('\t').count()).collect();
            assert!(widths.len() == 1 && text.lines().count() > 1, "{name}: {text}");
            assert!(!text.contains('…'), "{name}: whole words: {text}");
            copied.insert(name);
        }
    }
    assert!(copied.len() >= 8, "{copied:?}");
}

#[test]
fn rows_out_of_sight_are_copied_too() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = Harness::builder()
        .with_size([1000.0, 680.0])
        .with_context_setup(theme::install)
        .build_ui_state(common::frame, common::app(folder.path(), Arc::default()));
    go(&mut window, View::Hardware, &["Catalogue"]);
    let profiles = window.state().workbench().unwrap().catalog().len();
    let text = copied_by(&mut window, "Copy the table: catalogue");
    assert_eq!(text.lines().count(), profiles + 1, "{text}");
    assert!(text.lines().next().unwrap().starts_with("Name\t"), "{text}");
    // What was drawn for the copy was not seen.
    window.run_steps(2);
    assert!(window.query_all_by_role(Role::CheckBox).count() < profiles);
}

#[test]
fn every_chart_is_saved() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = window(folder.path());
    let pictures = folder.path().join("reports/pictures");
    let count = || std::fs::read_dir(&pictures).map_or(0, Iterator::count);
    let mut saved = 0;
    for (view, clicks) in PLACES {
        go(&mut window, view, clicks);
        for name in buttons(&window, "Save as a picture: ") {
            window.query_all_by_role_and_label(Role::Button, &name).next().unwrap().click();
            window.run_steps(3);
            // The first format has the focus: the keyboard suffices.
            window.key_press(Key::Tab);
            window.run_steps(1);
            window.key_press(Key::Enter);
            window.run_steps(4);
            saved += 1;
            assert_eq!(count(), saved, "{view:?} {clicks:?}: {name}");
        }
    }
    assert!(saved >= 14, "{saved}");
    for file in std::fs::read_dir(&pictures).unwrap() {
        let text = std::fs::read_to_string(file.unwrap().path()).unwrap();
        assert!(text.starts_with("<svg ") && text.ends_with("</svg>\n"));
    }
}

#[test]
fn rows_are_walked_through_by_keys() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = window(folder.path());
    go(&mut window, View::Hardware, &["Catalogue"]);
    window.get_by_role_and_label(Role::Table, "Profiles").focus();
    window.run_steps(2);
    window.key_press(Key::Home);
    window.run_steps(2);
    let names = copied_by(&mut window, "Copy the table: catalogue");
    let name = |row: usize| names.lines().nth(row + 1).unwrap().split('\t').next().unwrap().to_owned();
    // The profile shown stands at the right with its name as title.
    let shown = |window: &Window, name: &str| window.query_all_by_label(name).count();
    assert!(shown(&window, &name(0)) >= 2, "{}", name(0));
    window.get_by_role_and_label(Role::Table, "Profiles").focus();
    window.run_steps(2);
    window.key_press(Key::ArrowDown);
    window.run_steps(3);
    assert!(shown(&window, &name(1)) >= 2 && shown(&window, &name(0)) == 1);
}

#[test]
fn a_field_stays_where_it_is_while_the_plan_above_it_changes() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("study.yaml"), CAPACITY_SAMPLE).unwrap();
    let app: DesktopApp = common::app(folder.path(), Arc::default());
    let mut window = Harness::builder()
        .with_size([1280.0, 800.0])
        .with_context_setup(theme::install)
        .build_ui_state(common::frame, app);
    go(&mut window, View::Capacity, &[]);
    let field = "Power limit";
    window.get_by_role_and_label(Role::TextInput, field).scroll_to_me();
    window.run_steps(40);
    let place = |window: &Window| window.get_by_role_and_label(Role::TextInput, field).rect().center();
    let before = place(&window);
    window.hover_at(before);
    window.run_steps(2);
    let was_short = shows(&window, "Falls short");
    window.get_by_role_and_label(Role::TextInput, field).focus();
    window.run_steps(2);
    window.get_by_role_and_label(Role::TextInput, field).type_text(if was_short { "100000" } else { "1" });
    window.run_steps(2);
    window.key_press(Key::Enter);
    settle(&mut window);
    assert_ne!(shows(&window, "Falls short"), was_short, "a card came or went above");
    let after = place(&window);
    assert!((after - before).length() < 2.0, "{before:?} to {after:?}");
    window.key_press_modifiers(Modifiers::COMMAND, Key::Z);
    settle(&mut window);
    assert_eq!(shows(&window, "Falls short"), was_short);
}
