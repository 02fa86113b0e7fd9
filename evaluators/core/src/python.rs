//! The package folders of Python environments, where evaluators find libraries that come as Python packages.

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

/// How long an interpreter may take to answer: a broken one must not hold up everything else.
const TIME_OUT: Duration = Duration::from_secs(5);

/// The variable that names Python interpreters or environments; several are separated as in `PATH`.
pub const VARIABLE: &str = "ASSAY_PYTHON";

/// Folders of Python environments in the order in which libraries are looked for: those that [`VARIABLE`] names, those of
/// `VIRTUAL_ENV` and `CONDA_PREFIX`, and `./.venv`.
pub fn environments() -> Vec<PathBuf> {
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
    let named: Vec<PathBuf> =
        set(VARIABLE).iter().flat_map(std::env::split_paths).map(|place| environment(&place)).collect();
    let others = ["VIRTUAL_ENV", "CONDA_PREFIX"].into_iter().filter_map(set).map(PathBuf::from);
    named.into_iter().chain(others).chain([PathBuf::from(".venv")]).collect()
}

/// The environment of an interpreter such as `env/bin/python`, or the folder itself.
fn environment(place: &Path) -> PathBuf {
    if place.is_dir() { place } else { place.ancestors().nth(2).unwrap_or(place) }.to_owned()
}

/// `lib/python3.*/site-packages` of an environment.
pub fn site_packages(root: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(root.join("lib")).into_iter().flatten().flatten();
    let mut found: Vec<PathBuf> = entries
        .map(|entry| entry.path())
        .filter(|p| p.file_name().and_then(|n| n.to_str()).is_some_and(|n| n.starts_with("python3")))
        .map(|p| p.join("site-packages"))
        .filter(|p| p.is_dir())
        .collect();
    found.sort();
    found
}

/// The module search path of the Python on `PATH`, which is asked once; empty when there is none or it does not answer in
/// time.
pub fn module_paths() -> &'static [PathBuf] {
    static PATHS: OnceLock<Vec<PathBuf>> = OnceLock::new();
    PATHS.get_or_init(|| ["python3", "python"].into_iter().find_map(|name| ask(name, TIME_OUT)).unwrap_or_default())
}

fn ask(interpreter: &str, time_out: Duration) -> Option<Vec<PathBuf>> {
    let mut child = Command::new(interpreter)
        .args(["-c", "import sys; print('\\n'.join(p for p in sys.path if p))"])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .ok()?;
    let deadline = Instant::now() + time_out;
    let status = loop {
        match child.try_wait() {
            Ok(Some(status)) => break status,
            Ok(None) if Instant::now() < deadline => std::thread::sleep(Duration::from_millis(10)),
            _ => {
                // Nothing more can be done about an interpreter that does not end.
                let _ = child.kill();
                let _ = child.wait();
                return None;
            }
        }
    };
    let mut text = String::new();
    child.stdout.take()?.read_to_string(&mut text).ok()?;
    status.success().then(|| text.lines().map(PathBuf::from).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interpreter_stands_for_its_environment() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(environment(folder.path()), folder.path());
        assert_eq!(environment(&folder.path().join("bin").join("python")), folder.path());
    }

    #[test]
    fn an_absent_or_failing_interpreter_answers_nothing() {
        assert_eq!(ask("no-such-interpreter", TIME_OUT), None);
        assert_eq!(ask("false", TIME_OUT), None);
    }

    #[cfg(unix)]
    #[test]
    fn a_hanging_interpreter_is_given_up() {
        let folder = tempfile::tempdir().unwrap();
        let script = folder.path().join("python");
        std::fs::write(&script, "#!/bin/sh\nexec sleep 60\n").unwrap();
        std::fs::set_permissions(&script, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
        let start = Instant::now();
        assert_eq!(ask(script.to_str().unwrap(), Duration::from_millis(100)), None);
        assert!(start.elapsed() < Duration::from_secs(5));
    }
}
