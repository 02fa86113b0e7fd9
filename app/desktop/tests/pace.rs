//! Measures what the window costs: a slider's step, many rows, many points. Prints the figures; run it with
//! `cargo test -p assay-desktop --release --test pace -- --ignored --nocapture`.

mod common;

use std::time::{Duration, Instant};

use assay_desktop::View;
use assay_service::{Command, Workbench};
use common::large::{hundred_thousand_points, report, three_hundred_thousand, twelve_options, wheel};
use common::raw::RawWindow;

#[test]
#[ignore = "a measurement"]
fn a_change_of_an_assumption() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut workbench = twelve_options(folder.path());
    let mut applied = Vec::new();
    for i in 0..200 {
        let value = 24.0 + f64::from(i % 48);
        let command = Command::Set { path: "assumptions.horizon_months".into(), value: value.into(), gesture: Some(1) };
        let begun = Instant::now();
        workbench.apply(command).expect("the value fits");
        applied.push(begun.elapsed());
    }
    report("12 options: apply, save and evaluate", applied);
    let mut assessed = Vec::new();
    for i in 0..200 {
        let values = [("assumptions.horizon_months".to_owned(), (24 + i % 48).into())];
        let begun = Instant::now();
        workbench.override_values(&values).expect("the value fits");
        assessed.push(begun.elapsed());
    }
    report("12 options: evaluate without saving", assessed);
    let planned = (0..50).map(|i| {
        workbench.override_values(&[("assumptions.horizon_months".to_owned(), (24 + i).into())]).expect("it fits");
        let begun = Instant::now();
        assert!(workbench.migration().is_ok());
        begun.elapsed()
    });
    report("12 options: plan of the move", planned.collect());
}

#[test]
#[ignore = "a measurement"]
fn every_view_of_the_sample() {
    let folder = tempfile::tempdir().expect("a folder");
    for view in View::ALL {
        let mut window = RawWindow::new(common::workbench(folder.path()), view);
        let frames = (0..100).map(|_| window.frame(Vec::new()).whole()).collect();
        report(&format!("frame of {view:?}"), frames);
    }
}

#[test]
#[ignore = "a measurement"]
fn a_hundred_thousand_points_of_a_run() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut window = RawWindow::of(common::app(folder.path(), hundred_thousand_points()), View::Benchmarks);
    let (key, modifiers) = (egui::Key::R, egui::Modifiers::COMMAND);
    window.frame(vec![egui::Event::Key { key, physical_key: None, pressed: true, repeat: false, modifiers }]);
    std::thread::sleep(Duration::from_millis(300));
    for _ in 0..4 {
        window.frame(Vec::new());
    }
    assert_eq!(window.app.run().jobs[0].samples_ms.len(), 100_000);
    let frames = (0..100).map(|_| window.frame(Vec::new()).whole()).collect();
    report("100,000 points: frame of Benchmarks", frames);
}

#[test]
#[ignore = "a measurement"]
fn three_thousand_measurements() {
    let folder = tempfile::tempdir().expect("a folder");
    drop(common::workbench(folder.path()));
    let store = assay_service::store::Store::open(folder.path());
    let mut writer = store.writer("synthetic-many").expect("a segment can be begun");
    let few = common::measurements();
    for (i, m) in few.iter().cycle().take(3000).enumerate() {
        let mut m = m.clone();
        m.id = format!("synthetic-many-{i:05}");
        m.run_id = "synthetic-many".to_owned();
        writer.append(&m).expect("a measurement can be stored");
    }
    drop(writer);
    let begun = Instant::now();
    let mut workbench = Workbench::open(folder.path()).expect("the study opens");
    println!("3,000 measurements: open {:.0} ms", begun.elapsed().as_secs_f64() * 1e3);
    assert_eq!(workbench.measurements().len(), 3000);
    let mut applied = Vec::new();
    for i in 0..20 {
        let value = 24.0 + f64::from(i);
        let command = Command::Set { path: "assumptions.horizon_months".into(), value: value.into(), gesture: Some(1) };
        let begun = Instant::now();
        workbench.apply(command).expect("the value fits");
        applied.push(begun.elapsed());
    }
    report("3,000 measurements: apply", applied);
    let mut window = RawWindow::new(workbench, View::Results);
    let frames = (0..100).map(|_| window.frame(Vec::new()).whole()).collect();
    report("3,000 measurements: frame of Results", frames);
}

#[test]
#[ignore = "a measurement"]
fn three_hundred_thousand_rows() {
    let folder = tempfile::tempdir().expect("a folder");
    let begun = Instant::now();
    let mut workbench = three_hundred_thousand(folder.path());
    println!("300,000 rows: opened in {:.1} s (off the window's thread)", begun.elapsed().as_secs_f64());
    let mut arrived = Vec::new();
    for (i, mut m) in common::measurements().into_iter().enumerate() {
        m.id = format!("arrived-{i}");
        let begun = Instant::now();
        workbench.add_measurements([m]).expect("it can be evaluated");
        arrived.push(begun.elapsed());
    }
    report("300,000 rows: a measurement arrives", arrived);
    let mut window = RawWindow::new(workbench, View::Results);
    let settle = |window: &mut RawWindow, what: &str| {
        let begun = Instant::now();
        let mut frames = Vec::new();
        // Frames while the index is filled and rows are put in order, until nothing is asked for any more.
        let mut quiet = 0;
        while quiet < 20 && begun.elapsed().as_secs() < 60 {
            frames.push(window.frame(Vec::new()).whole());
            let busy = window.ctx.has_requested_repaint();
            quiet = if busy { 0 } else { quiet + 1 };
            std::thread::sleep(Duration::from_millis(4));
        }
        report(&format!("300,000 rows: frames while {what}"), frames);
    };
    settle(&mut window, "they are taken in");
    let rest = (0..200).map(|_| window.frame(Vec::new()).whole()).collect();
    report("300,000 rows: frame at rest", rest);
    let scrolled = (0..300).map(|i| window.frame(wheel(if i % 3 == 0 { -9000.0 } else { -120.0 })).whole()).collect();
    report("300,000 rows: frame while scrolling", scrolled);
    window.click(egui::pos2(330.0, 85.0));
    window.frame(vec![egui::Event::Text("resnet".to_owned())]);
    settle(&mut window, "a filter is typed");
}
