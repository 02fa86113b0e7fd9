//! The real window under Xvfb: how soon it shows, what it costs at rest, and the whole job by keyboard alone.
//!
//! The figures are printed by `--ignored --nocapture --test-threads 1`. `ASSAY_BIN` names another executable than the one
//! built for the test, such as a release build: only there times are held to their limits. `ASSAY_STUDY` names a study with
//! results whose frames are measured.
#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "tests")]

mod support;

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use support::{Display, installed, small_study};

/// A display of its own with a window of the executable in it; both end with it.
struct Screen {
    display: Display,
    window: Option<Child>,
    times_frames: bool,
}

impl Screen {
    /// `None` where there is no Xvfb or xdotool.
    fn start() -> Option<Self> {
        if !installed("xdotool") {
            return None;
        }
        Some(Self { display: Display::start()?, window: None, times_frames: false })
    }

    fn open(&mut self, study: &Path, settings: &Path) -> u32 {
        let executable = std::env::var("ASSAY_BIN").unwrap_or_else(|_| env!("CARGO_BIN_EXE_assay").to_owned());
        let child = Command::new(executable)
            .arg(study)
            .env("DISPLAY", &self.display.name)
            .env("XDG_CONFIG_HOME", settings)
            // Mesa writes the time of each frame into this folder, from one swap of the buffers to the next.
            .env("GALLIUM_HUD", if self.times_frames { "frametime" } else { "" })
            .env("GALLIUM_HUD_PERIOD", "0")
            .env("GALLIUM_HUD_DUMP_DIR", settings)
            .env_remove("WAYLAND_DISPLAY")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let pid = child.id();
        self.window = Some(child);
        pid
    }

    fn xdotool(&self, arguments: &[&str]) -> String {
        let output = Command::new("xdotool").args(arguments).env("DISPLAY", &self.display.name).output().unwrap();
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// Waits until a window has this in its title: the title of the study is set by the first frame.
    fn wait_for_title(&self, part: &str, limit: Duration) -> Option<Duration> {
        let begun = Instant::now();
        while begun.elapsed() < limit {
            if !self.xdotool(&["search", "--name", part]).trim().is_empty() {
                return Some(begun.elapsed());
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        None
    }

    /// Gives the window the keyboard: there is no window manager to do it.
    fn focus(&self) {
        self.xdotool(&["search", "--name", "Moving sentence", "windowfocus"]);
        std::thread::sleep(Duration::from_millis(500));
    }

    fn key(&self, keys: &str) {
        self.xdotool(&["key", "--delay", "40", keys]);
        std::thread::sleep(Duration::from_millis(350));
    }

    fn text(&self, text: &str) {
        self.xdotool(&["type", "--delay", "25", text]);
        std::thread::sleep(Duration::from_millis(350));
    }

    fn picture(&self, name: &str) {
        if let Some(folder) = std::env::var_os("ASSAY_PICTURES") {
            let file = PathBuf::from(folder).join(format!("{name}.png"));
            let mut import = Command::new("import");
            import.args(["-window", "root"]).arg(file).env("DISPLAY", &self.display.name);
            drop(import.status());
        }
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        if let Some(child) = &mut self.window {
            child.kill().ok();
            child.wait().ok();
        }
    }
}

/// Processor time that a process has used.
fn cpu_secs(pid: u32) -> f64 {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    let fields: Vec<&str> = stat.rsplit_once(')').unwrap().1.split_whitespace().collect();
    // Clock ticks of 10 ms: user and system time are fields 14 and 15 of the line.
    (fields[11].parse::<f64>().unwrap() + fields[12].parse::<f64>().unwrap()) / 100.0
}

fn is_release() -> bool {
    std::env::var_os("ASSAY_BIN").is_some()
}

fn wait_until(what: &str, limit: Duration, done: impl Fn() -> bool) {
    let begun = Instant::now();
    while !done() {
        assert!(begun.elapsed() < limit, "not within {limit:?}: {what}");
        std::thread::sleep(Duration::from_millis(100));
    }
}

#[test]
#[ignore = "a measurement; run it alone"]
fn the_window_shows_soon_and_rests() {
    let folder = tempfile::tempdir().unwrap();
    let study = small_study(folder.path());
    let mut shown = Vec::new();
    let mut idle = Vec::new();
    for _ in 0..3 {
        let Some(mut screen) = Screen::start() else { return };
        let begun = Instant::now();
        let pid = screen.open(&study, folder.path());
        screen.wait_for_title("Moving sentence", Duration::from_secs(30)).expect("the window shows the study");
        shown.push(begun.elapsed().as_secs_f64());
        std::thread::sleep(Duration::from_secs(3));
        let before = cpu_secs(pid);
        std::thread::sleep(Duration::from_secs(6));
        idle.push((cpu_secs(pid) - before) / 6.0);
    }
    let best = |values: &[f64]| values.iter().copied().fold(f64::INFINITY, f64::min);
    println!(
        "first frame {:.2} s at best of {shown:.2?}; idle {:.2} % of a processor at best of {:.2?}",
        best(&shown),
        100.0 * best(&idle),
        idle
    );
    assert!(best(&idle) <= 0.01, "{idle:?}");
    if is_release() {
        assert!(best(&shown) <= 1.0, "{shown:?}");
    }
}

/// Whole frames with their pixels while the wheel turns over each view, as the rasteriser counts them.
#[test]
#[ignore = "a measurement; run it alone"]
fn frames_of_the_window_while_scrolling() {
    let folder = tempfile::tempdir().unwrap();
    let study = match std::env::var_os("ASSAY_STUDY") {
        Some(study) => PathBuf::from(study),
        None => small_study(folder.path()),
    };
    let Some(mut screen) = Screen::start() else { return };
    screen.times_frames = true;
    screen.open(&study, folder.path());
    screen.wait_for_title("Moving sentence", Duration::from_secs(30)).expect("the window shows the study");
    screen.focus();
    let frames = || {
        let text = std::fs::read_to_string(folder.path().join("frametime_(ms)")).unwrap_or_default();
        text.lines().filter_map(|line| line.trim().parse::<f64>().ok()).collect::<Vec<_>>()
    };
    for (view, key) in
        [("Benchmarks", "ctrl+3"), ("Results", "ctrl+4"), ("Cost & ROI", "ctrl+5"), ("Migration", "ctrl+7")]
    {
        screen.key(key);
        screen.xdotool(&["mousemove", "600", "400"]);
        std::thread::sleep(Duration::from_secs(2));
        let before = frames().len();
        for _ in 0..12 {
            screen.xdotool(&["click", "--repeat", "25", "--delay", "4", "5"]);
            screen.xdotool(&["click", "--repeat", "25", "--delay", "4", "4"]);
        }
        // Between two turns of the wheel the window rests: such a pause is no frame.
        let mut drawn: Vec<f64> = frames().into_iter().skip(before).filter(|ms| *ms < 200.0).collect();
        drawn.sort_by(f64::total_cmp);
        let at = |part: f64| drawn[((drawn.len() - 1) as f64 * part) as usize];
        println!("{view}: {} frames, median {:.1} ms, p95 {:.1} ms", drawn.len(), at(0.5), at(0.95));
        if is_release() {
            assert!(at(0.5) <= 33.0, "{view}: {drawn:?}");
        }
    }
}

/// Open a study, run, change a price, run again, compare, export: with keys alone.
#[test]
fn the_whole_job_is_done_by_keyboard() {
    let folder = tempfile::tempdir().unwrap();
    let study = small_study(folder.path());
    let Some(mut screen) = Screen::start() else { return };
    let elsewhere = folder.path().join("other");
    std::fs::create_dir_all(&elsewhere).unwrap();
    let other = small_study(&elsewhere);
    screen.open(&other, folder.path());
    screen.wait_for_title("Moving sentence", Duration::from_secs(120)).expect("the window shows a study");
    std::thread::sleep(Duration::from_millis(800));
    screen.focus();

    screen.key("ctrl+o");
    screen.key("ctrl+a");
    screen.text(study.to_str().unwrap());
    screen.key("Return");
    wait_until("the study is open", Duration::from_secs(20), || study.join(".assay-journal").exists());
    screen.picture("1-open");

    let measured = || {
        let segments = std::fs::read_dir(study.join("measurements")).into_iter().flatten().flatten();
        let segments = segments.filter(|e| e.path().extension().is_some_and(|x| x == "jsonl"));
        segments.map(|e| std::fs::read_to_string(e.path()).unwrap_or_default().lines().count()).sum::<usize>()
    };
    let over = || measured() > 0 && !study.join(".assay-run").exists();
    screen.key("ctrl+r");
    wait_until("a run has begun", Duration::from_secs(60), || study.join(".assay-run").exists());
    screen.picture("2-run");
    wait_until("the first run is over", Duration::from_secs(240), over);
    let first = measured();

    screen.key("ctrl+5");
    let text = || std::fs::read_to_string(study.join("study.yaml")).unwrap();
    let before = text();
    for _ in 0..60 {
        screen.key("Tab");
        screen.key("Right");
        if text() != before {
            break;
        }
    }
    assert_ne!(text(), before, "no assumption can be reached with Tab and changed with an arrow");
    screen.picture("3-price");
    screen.key("Escape");

    screen.key("ctrl+r");
    wait_until("a second run has begun", Duration::from_secs(60), || study.join(".assay-run").exists());
    wait_until("the second run is over", Duration::from_secs(240), || measured() > first && over());

    screen.key("ctrl+k");
    screen.text("compare");
    screen.key("Return");
    std::thread::sleep(Duration::from_millis(800));
    screen.picture("4-compare");
    screen.key("ctrl+e");
    let dossier = study.join("reports/dossier.pdf");
    wait_until("the dossier is written", Duration::from_secs(120), || dossier.is_file());
    screen.picture("5-export");
    assert!(std::fs::read(&dossier).unwrap().starts_with(b"%PDF"));
    screen.key("ctrl+q");
    let window = screen.window.as_mut().unwrap();
    let begun = Instant::now();
    while window.try_wait().unwrap().is_none() {
        assert!(begun.elapsed() < Duration::from_secs(20), "the window does not close");
        std::thread::sleep(Duration::from_millis(50));
    }
    assert!(!study.join(".assay-journal").exists(), "a session that ends well leaves no journal");
}
