//! Where NVIDIA's libraries are. Nothing is linked: each is opened at run time from the system, a CUDA toolkit or the
//! wheels of a Python environment.
//!
//! NVRTC and cuBLASLt are opened by their full path, so that neither `LD_LIBRARY_PATH` nor a matching version in a
//! name is needed; only the driver is left to the system's loader, whose place is fixed.

use std::path::{Path, PathBuf};

use assay_core::python;

/// A shared library that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Candidate {
    /// The file.
    pub(crate) path: PathBuf,
    /// The major version that its file name tells, such as 13 of `libnvrtc.so.13`.
    pub(crate) major: Option<u32>,
}

/// Directories that may hold NVIDIA's libraries, the preferred first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct SearchPath {
    /// The directories.
    pub(crate) directories: Vec<PathBuf>,
}

/// Where the system keeps shared libraries, and where containers put the driver's.
const SYSTEM: [&str; 9] = [
    "/usr/lib/x86_64-linux-gnu",
    "/usr/lib/aarch64-linux-gnu",
    "/usr/lib64",
    "/usr/lib",
    "/usr/local/nvidia/lib64",
    "/usr/local/nvidia/lib",
    "/usr/lib/wsl/lib",
    "/run/opengl-driver/lib",
    "/usr/local/lib",
];

impl SearchPath {
    /// What the environment and the Python environments it names offer. Starts a Python interpreter, with a time-out.
    pub(crate) fn from_environment() -> Self {
        let variable = |name: &str| std::env::var_os(name).filter(|v| !v.is_empty()).map(PathBuf::from);
        let mut directories: Vec<PathBuf> =
            std::env::var_os("LD_LIBRARY_PATH").iter().flat_map(std::env::split_paths).collect();
        for root in [variable("CUDA_HOME"), variable("CUDA_PATH")].into_iter().flatten() {
            directories.extend(toolkit_directories(&root));
        }
        for root in [variable("VIRTUAL_ENV"), variable("CONDA_PREFIX")].into_iter().flatten() {
            directories.push(root.join("lib"));
            directories.extend(python::site_packages(&root).iter().flat_map(|site| wheel_directories(site)));
        }
        for root in numbered_toolkits(Path::new("/usr/local")) {
            directories.extend(toolkit_directories(&root));
        }
        directories.extend(toolkit_directories(Path::new("/opt/cuda")));
        directories.extend(SYSTEM.map(PathBuf::from));
        directories.extend(python::module_paths().iter().flat_map(|site| wheel_directories(site)));
        directories.retain(|directory| directory.is_dir());
        Self { directories }
    }

    /// The places of the system's own libraries alone, where a driver's are.
    pub(crate) fn system() -> Self {
        Self { directories: SYSTEM.map(PathBuf::from).into_iter().filter(|directory| directory.is_dir()).collect() }
    }

    /// Every file named `stem.so` or `stem.so.VERSION`, in the order of the directories, each real file once.
    pub(crate) fn find(&self, stem: &str) -> Vec<Candidate> {
        let mut seen: Vec<PathBuf> = Vec::new();
        let mut found = Vec::new();
        for directory in &self.directories {
            let mut files: Vec<PathBuf> =
                entries(directory).into_iter().filter(|p| version(p, stem).is_some()).collect();
            // The name with the version first: it tells the version.
            files.sort_by_key(|p| std::cmp::Reverse(p.file_name().map_or(0, |n| n.len())));
            for path in files {
                let real = path.canonicalize().unwrap_or_else(|_| path.clone());
                if seen.contains(&real) {
                    continue;
                }
                let major = version(&path, stem).flatten().or_else(|| version(&real, stem).flatten());
                seen.push(real);
                found.push(Candidate { path, major });
            }
        }
        found
    }
}

/// The candidates worth trying under a driver that supports CUDA `driver_major`, best first: the newest major version
/// that the driver can run, then those whose version is unknown. A newer major version needs a newer driver.
pub(crate) fn rank(candidates: Vec<Candidate>, driver_major: u32) -> Vec<Candidate> {
    let mut usable: Vec<Candidate> =
        candidates.into_iter().filter(|c| c.major.is_none_or(|major| major <= driver_major)).collect();
    usable.sort_by_key(|c| std::cmp::Reverse(c.major)); // stable: the order of the directories decides among equals
    usable
}

/// `None` when the file is not the library, `Some(None)` when its name has no version.
fn version(path: &Path, stem: &str) -> Option<Option<u32>> {
    let rest = path.file_name()?.to_str()?.strip_prefix(stem)?.strip_prefix(".so")?;
    if rest.is_empty() {
        return Some(None);
    }
    let version = rest.strip_prefix('.')?;
    Some(version.split('.').next().and_then(|major| major.parse().ok()))
}

/// The library directories of a CUDA toolkit.
fn toolkit_directories(root: &Path) -> Vec<PathBuf> {
    ["lib64", "lib", "targets/x86_64-linux/lib", "targets/sbsa-linux/lib", "extras/CUPTI/lib64"]
        .iter()
        .map(|d| root.join(d))
        .collect()
}

/// `cuda` and `cuda-*` in a folder, the newest first after the default one.
fn numbered_toolkits(parent: &Path) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = entries(parent)
        .into_iter()
        .filter(|p| p.file_name().and_then(|n| n.to_str()).is_some_and(|n| n == "cuda" || n.starts_with("cuda-")))
        .collect();
    found.sort_by(|a, b| b.cmp(a));
    found.sort_by_key(|p| !p.ends_with("cuda"));
    found
}

/// `nvidia/COMPONENT/lib` below a folder of Python packages (wheels for CUDA 12 have one folder a component, those for
/// CUDA 13 share `nvidia/cu13`).
fn wheel_directories(site: &Path) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = entries(&site.join("nvidia"))
        .into_iter()
        .map(|component| component.join("lib"))
        .filter(|d| d.is_dir())
        .collect();
    found.sort();
    found
}

fn entries(directory: &Path) -> Vec<PathBuf> {
    std::fs::read_dir(directory).into_iter().flatten().flatten().map(|entry| entry.path()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn touch(path: &Path) {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, b"").unwrap();
    }

    #[test]
    fn wheels_of_both_generations_are_found() {
        let site = tempfile::tempdir().unwrap();
        touch(&site.path().join("nvidia/cuda_nvrtc/lib/libnvrtc.so.12"));
        touch(&site.path().join("nvidia/cuda_nvrtc/lib/libnvrtc-builtins.so.12.9"));
        touch(&site.path().join("nvidia/cuda_nvrtc/lib/libnvrtc.alt.so.12"));
        touch(&site.path().join("nvidia/cu13/lib/libnvrtc.so.13"));
        let path = SearchPath { directories: wheel_directories(site.path()) };
        let majors: Vec<_> = path.find("libnvrtc").into_iter().map(|c| c.major).collect();
        assert_eq!(majors, [Some(13), Some(12)]);
        assert_eq!(path.find("libcublasLt"), []);
    }

    #[test]
    fn the_newest_version_that_the_driver_can_run_comes_first() {
        let candidate = |name: &str, major| Candidate { path: PathBuf::from(name), major };
        let all = vec![
            candidate("old", Some(11)),
            candidate("plain", None),
            candidate("first", Some(12)),
            candidate("second", Some(12)),
            candidate("new", Some(13)),
        ];
        let names = |driver| {
            rank(all.clone(), driver).iter().map(|c| c.path.display().to_string()).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(names(12), "first second old plain");
        assert_eq!(names(13), "new first second old plain");
    }

    #[cfg(unix)]
    #[test]
    fn links_to_one_file_are_one_candidate_with_its_version() {
        let toolkit = tempfile::tempdir().unwrap();
        let lib = toolkit.path().join("lib64");
        touch(&lib.join("libnvrtc.so.12.4.127"));
        std::os::unix::fs::symlink("libnvrtc.so.12.4.127", lib.join("libnvrtc.so")).unwrap();
        let path = SearchPath { directories: toolkit_directories(toolkit.path()) };
        let found = path.find("libnvrtc");
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].major, Some(12));
    }

    #[test]
    fn the_default_toolkit_comes_before_numbered_ones() {
        let parent = tempfile::tempdir().unwrap();
        for name in ["cuda-12.4", "cuda", "cuda-13.0", "lib"] {
            std::fs::create_dir(parent.path().join(name)).unwrap();
        }
        let names: Vec<_> =
            numbered_toolkits(parent.path()).iter().filter_map(|p| Some(p.file_name()?.to_str()?.to_owned())).collect();
        assert_eq!(names, ["cuda", "cuda-13.0", "cuda-12.4"]);
    }
}
