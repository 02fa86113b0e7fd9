//! Random use of the window: every event is one that a user can make. Prints what it found; run it with
//! `cargo test -p assay-desktop --release --test soak -- --ignored --nocapture`.

mod common;

use std::sync::Arc;
use std::time::Instant;

use assay_desktop::{DesktopApp, View, theme};
use assay_service::Workbench;
use common::ScriptedBackend;
use egui::{Event, Key, Modifiers, PointerButton, pos2, vec2};

const EVENTS: usize = 100_000;
/// So many events of several gestures come in one frame.
const TOGETHER: usize = 10;
const SIZE: egui::Vec2 = vec2(1280.0, 800.0);

/// The same numbers every time: a failure can be looked at again.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, n: usize) -> usize {
        (self.next() % n.max(1) as u64) as usize
    }

    fn place(&mut self) -> egui::Pos2 {
        pos2(self.below(1280) as f32, self.below(800) as f32)
    }
}

fn key(key: Key, modifiers: Modifiers) -> [Event; 2] {
    [true, false].map(|pressed| Event::Key { key, physical_key: None, pressed, repeat: false, modifiers })
}

/// What a user does next, as the events of one frame or several.
fn gesture(random: &mut Random) -> Vec<Vec<Event>> {
    let button = |pos, pressed| Event::PointerButton {
        pos,
        button: PointerButton::Primary,
        pressed,
        modifiers: Modifiers::NONE,
    };
    match random.below(10) {
        0..=3 => {
            let at = random.place();
            vec![vec![Event::PointerMoved(at), button(at, true)], vec![button(at, false)]]
        }
        4 => {
            let (from, to) = (random.place(), random.place());
            let mut frames = vec![vec![Event::PointerMoved(from), button(from, true)]];
            frames.extend((1..=4).map(|i| vec![Event::PointerMoved(from + (to - from) * i as f32 / 4.0)]));
            frames.push(vec![button(to, false)]);
            frames
        }
        5 => {
            let at = random.place();
            let delta = vec2(0.0, random.below(400) as f32 - 200.0);
            let (unit, modifiers) = (egui::MouseWheelUnit::Point, Modifiers::NONE);
            let (phase, source) = (egui::TouchPhase::Move, egui::MouseWheelSource::Wheel);
            vec![vec![Event::PointerMoved(at), Event::MouseWheel { unit, delta, modifiers, phase, source }]]
        }
        6 | 7 => {
            let keys = [
                Key::Tab,
                Key::Tab,
                Key::ArrowRight,
                Key::ArrowLeft,
                Key::ArrowDown,
                Key::ArrowUp,
                Key::Enter,
                Key::Space,
                Key::Escape,
                Key::Backspace,
                Key::PageDown,
            ];
            vec![key(keys[random.below(keys.len())], Modifiers::NONE).to_vec()]
        }
        8 => {
            let keys = [
                Key::Num1,
                Key::Num2,
                Key::Num3,
                Key::Num4,
                Key::Num5,
                Key::Num6,
                Key::Num7,
                Key::Num8,
                Key::K,
                Key::Z,
                Key::Z,
                Key::S,
                Key::R,
                Key::E,
            ];
            let shift = if random.below(3) == 0 { Modifiers::SHIFT } else { Modifiers::NONE };
            vec![key(keys[random.below(keys.len())], Modifiers::COMMAND | shift).to_vec()]
        }
        _ => {
            let texts = ["4", "0.5", "bert", "−3 %", "2027-01-01", "für Ärzte", "a: [", "12k", "\u{1f680}"];
            vec![vec![Event::Text(texts[random.below(texts.len())].to_owned())]]
        }
    }
}

/// Resident memory in bytes.
fn resident() -> f64 {
    let text = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    text.split_whitespace().nth(1).and_then(|pages| pages.parse::<f64>().ok()).map_or(0.0, |pages| pages * 4096.0)
}

#[test]
#[ignore = "takes minutes"]
fn a_hundred_thousand_random_events() {
    let folder = tempfile::tempdir().expect("a folder");
    let backend = ScriptedBackend::with(common::run_script(3, 3));
    let ctx = egui::Context::default();
    theme::install(&ctx);
    let mut app: DesktopApp = common::app(folder.path(), Arc::clone(&backend));
    let mut random = Random(0x5eed_0a55);
    let (mut events, mut frames, mut saved, mut views) = (0, 0usize, 0, std::collections::BTreeSet::new());
    let (mut edits, mut known) = (0, None);
    let mut at_start = None;
    let mut time = 0.0;
    let begun = Instant::now();
    while events < EVENTS {
        // Several gestures meet in one frame now and then, as on a slow machine.
        let mut told: Vec<Vec<Event>> = vec![Vec::new()];
        while told.last().is_some_and(|frame| frame.len() < TOGETHER) {
            let mut gesture = gesture(&mut random);
            let rest = gesture.split_off(1);
            told.last_mut().into_iter().for_each(|frame| frame.append(&mut gesture[0]));
            match (random.below(4), told.last_mut()) {
                // Pressed and released within a frame.
                (1.., Some(frame)) => frame.extend(rest.into_iter().flatten()),
                _ => told.extend(rest),
            }
        }
        for told in told {
            events += told.len();
            frames += 1;
            time += 1.0 / 60.0;
            let screen_rect = Some(egui::Rect::from_min_size(egui::Pos2::ZERO, SIZE));
            let input = egui::RawInput { screen_rect, events: told, time: Some(time), ..Default::default() };
            let mut output = ctx.run_ui(input, |ui| {
                app.logic(ui.ctx());
                app.ui(ui);
            });
            output.textures_delta.clear();
            views.insert(format!("{:?}", app.view()));
        }
        if frames % 1024 == 0 {
            println!("{events} events in {:.0} s, {:.0} MB", begun.elapsed().as_secs_f64(), resident() / 1e6);
        }
        let study = app.workbench().map(Workbench::study);
        if known.as_ref() != study {
            edits += 1;
            known = study.cloned();
        }
        if frames % 64 == 0 {
            // What is shown is what is on the disk: no edit is lost.
            if let Some(workbench) = app.workbench() {
                let (_, on_disk) = assay_service::study::StudyFolder::open(workbench.folder()).expect("a study");
                assert_eq!(&on_disk, workbench.study(), "after {events} events");
                saved += 1;
            }
        }
        // Measurements of the runs are kept, and so they count: stop adding them half-way.
        if events > EVENTS / 5 && at_start.is_none() {
            backend.script.lock().expect("no thread panicked").clear();
            at_start = Some(resident());
        }
    }
    let grown = (resident() - at_start.expect("it was noted")) / 1e6;
    println!(
        "{events} events in {frames} frames, {:.0} s: {} of {} views seen, {edits} edits, none lost in {saved} looks at \
         the disk, memory grew by {grown:.1} MB since the first fifth",
        begun.elapsed().as_secs_f64(),
        views.len(),
        View::ALL.len()
    );
    assert_eq!(views.len(), View::ALL.len());
    assert!(grown < 50.0, "{grown} MB");
}
