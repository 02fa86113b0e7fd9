//! Which Python interpreters there are to ask.

use std::env;
use std::path::{Path, PathBuf};

pub use assay_core::python::VARIABLE;

/// Interpreters in the order in which a stack is looked for: those that [`VARIABLE`] names and nothing else, or those of
/// `VIRTUAL_ENV`, `CONDA_PREFIX`, `./.venv` and the path.
pub fn interpreters() -> Vec<PathBuf> {
    let named = env::var_os(VARIABLE).filter(|value| !value.is_empty());
    if let Some(named) = named {
        return distinct(env::split_paths(&named).map(within));
    }
    let prefixes =
        ["VIRTUAL_ENV", "CONDA_PREFIX"].into_iter().filter_map(env::var_os).filter(|value| !value.is_empty());
    let environments = prefixes.map(PathBuf::from).chain([PathBuf::from(".venv")]).map(within);
    let path = env::var_os("PATH").unwrap_or_default();
    let on_path: Vec<PathBuf> =
        env::split_paths(&path).flat_map(|folder| NAMES.map(|name| folder.join(name))).collect();
    let first_on_path = on_path.into_iter().find(|file| file.is_file());
    distinct(environments.filter(|file| file.is_file()).chain(first_on_path))
}

#[cfg(windows)]
const NAMES: [&str; 2] = ["python.exe", "py.exe"];
#[cfg(not(windows))]
const NAMES: [&str; 2] = ["python3", "python"];

/// The interpreter of an environment's folder, or the file itself.
fn within(place: PathBuf) -> PathBuf {
    if !place.is_dir() {
        return place;
    }
    let inside =
        if cfg!(windows) { place.join("Scripts").join("python.exe") } else { place.join("bin").join("python") };
    // A relative program would be looked for in the folder of whoever starts it.
    std::path::absolute(&inside).unwrap_or(inside)
}

/// Each once. Two links to one binary stay two: they may stand for two environments.
fn distinct(places: impl Iterator<Item = PathBuf>) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = Vec::new();
    for place in places {
        if !found.iter().any(|known| same(known, &place)) {
            found.push(place);
        }
    }
    found
}

fn same(a: &Path, b: &Path) -> bool {
    a == b || (a.parent() == b.parent() && a.canonicalize().ok() == b.canonicalize().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_stands_for_its_interpreter_and_each_is_asked_once() {
        let folder = tempfile::tempdir().unwrap();
        assert!(within(folder.path().to_owned()).ends_with("bin/python") || cfg!(windows));
        let file = folder.path().join("python3");
        std::fs::write(&file, "").unwrap();
        assert_eq!(within(file.clone()), file);
        assert_eq!(distinct([file.clone(), file.clone()].into_iter()), [file]);
    }
}
