//! Finds PJRT plugins in Python environments.
//!
//! A plugin comes as a Python package, but needs no Python: the shared library in it is all that is used.

use std::env;
use std::path::{Path, PathBuf};

use assay_core::python;

/// Names plugins as JAX does: `cpu:/path/to/library.so,cuda:/other.so`. A kind named there is not looked for elsewhere.
pub const PLUGINS_VARIABLE: &str = "PJRT_NAMES_AND_LIBRARY_PATHS";

/// What a plugin drives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The processor.
    Cpu,
    /// NVIDIA's devices.
    Cuda,
    /// AMD's devices.
    Rocm,
    /// Intel's devices.
    Xpu,
    /// Google's tensor processing units.
    Tpu,
    /// AWS Trainium and Inferentia.
    Neuron,
}

impl Kind {
    /// The word in the variable and in the ids of devices.
    pub fn word(self) -> &'static str {
        match self {
            Self::Cpu => "cpu",
            Self::Cuda => "cuda",
            Self::Rocm => "rocm",
            Self::Xpu => "xpu",
            Self::Tpu => "tpu",
            Self::Neuron => "neuron",
        }
    }

    /// The kind that drives a device, by the first part of its id: `cuda:0`.
    pub fn of_device(id: &str) -> Option<Self> {
        let word = id.split(':').next()?;
        [Self::Cpu, Self::Cuda, Self::Rocm, Self::Xpu, Self::Tpu, Self::Neuron]
            .into_iter()
            .find(|kind| kind.word() == word)
    }

    /// Where packages keep the library: the start of a folder's name below `site-packages`, and the file in it.
    fn places(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::Cpu => &[("xla_plugins/xla_cpu_pjrt", "xla_cpu_pjrt.so")],
            Self::Cuda => {
                &[("jax_plugins/xla_cuda", "xla_cuda_plugin.so"), ("xla_plugins/xla_cuda", "xla_gpu_pjrt.so")]
            }
            Self::Rocm => &[("jax_plugins/xla_rocm", "xla_rocm_plugin.so")],
            Self::Xpu => &[("jax_plugins/xla_oneapi", "xla_oneapi_plugin.so")],
            Self::Tpu => &[("libtpu", "libtpu.so")],
            Self::Neuron => &[("libneuronxla", "libneuronpjrt.so")],
        }
    }

    /// The package to install.
    pub fn package(self) -> &'static str {
        match self {
            Self::Cpu => "xla-cpu-pjrt",
            Self::Cuda => {
                "jax-cuda13-pjrt (or jax-cuda12-pjrt for drivers before 580) and the nvidia packages it needs"
            }
            Self::Rocm => "jax-rocm7-pjrt",
            Self::Xpu => "jax-oneapi-pjrt",
            Self::Tpu => "libtpu",
            Self::Neuron => "libneuronxla from AWS's package index",
        }
    }

    /// What to do where there is no plugin.
    pub fn remedy(self) -> String {
        format!(
            "no PJRT plugin for {} was found: run `python3 -m pip install {}`, or name a library in {PLUGINS_VARIABLE} \
             as {}:/path/to/library.so",
            self.word(),
            self.package(),
            self.word()
        )
    }
}

/// A library that is a plugin by its name and place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PluginFile {
    /// The library.
    pub path: PathBuf,
    /// The Python package and its version, such as `xla-cpu-pjrt 0.0.1`, where it came from one.
    pub package: Option<String>,
}

/// Where plugins are looked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Places {
    /// In the packages of [`python::environments`], then in those of the Python on the path, which is only started when the
    /// others do not have it.
    #[default]
    Environment,
    /// In these folders of Python packages.
    Folders(Vec<PathBuf>),
}

impl Places {
    fn first(&self, kind: Kind) -> Option<PluginFile> {
        let within = |folders: &[PathBuf]| folders.iter().find_map(|folder| in_folder(kind, folder));
        match self {
            Self::Folders(folders) => within(folders),
            Self::Environment => python::environments()
                .into_iter()
                .find_map(|root| within(&python::site_packages(&root)))
                .or_else(|| within(python::module_paths())),
        }
    }
}

/// The plugin of a kind: the one that the variable names, else the first in the places.
///
/// # Errors
/// What is wrong with the named one, or what to install.
pub fn find(kind: Kind, places: &Places) -> Result<PluginFile, String> {
    let named = env::var(PLUGINS_VARIABLE).unwrap_or_default();
    find_within(kind, &named, places)
}

fn find_within(kind: Kind, named: &str, places: &Places) -> Result<PluginFile, String> {
    if let Some(path) = named_plugin(kind, named) {
        return if path.is_file() {
            Ok(PluginFile { path, package: None })
        } else {
            Err(format!(
                "{PLUGINS_VARIABLE} names {}, and there is no such file; correct it or unset it",
                path.display()
            ))
        };
    }
    places.first(kind).ok_or_else(|| kind.remedy())
}

fn named_plugin(kind: Kind, named: &str) -> Option<PathBuf> {
    let entries = named.split(',').filter_map(|entry| entry.trim().split_once(':'));
    entries.filter(|(name, _)| *name == kind.word()).map(|(_, path)| PathBuf::from(path)).next()
}

fn in_folder(kind: Kind, folder: &Path) -> Option<PluginFile> {
    for (start, file) in kind.places() {
        let (parent, prefix) = start
            .rsplit_once('/')
            .map_or((folder.to_owned(), *start), |(parent, prefix)| (folder.join(parent), prefix));
        let matching = |path: &PathBuf| name_of(path).starts_with(prefix);
        let mut packages: Vec<PathBuf> = std::fs::read_dir(parent)
            .into_iter()
            .flatten()
            .flatten()
            .map(|entry| entry.path())
            .filter(matching)
            .collect();
        // The newest major version of CUDA or ROCm first.
        packages.sort();
        let found = packages.iter().rev().map(|package| package.join(file)).find(|path| path.is_file());
        if let Some(path) = found {
            return Some(PluginFile { package: package_of(&path, folder), path });
        }
    }
    None
}

/// The package that a library came with, by the records that installers keep beside the packages.
fn package_of(library: &Path, folder: &Path) -> Option<String> {
    let within = library.strip_prefix(folder).ok()?.to_string_lossy().replace('\\', "/");
    let records = std::fs::read_dir(folder).ok()?.flatten().map(|entry| entry.path());
    for record in records.filter(|path| name_of(path).ends_with(".dist-info")) {
        let files = std::fs::read_to_string(record.join("RECORD")).unwrap_or_default();
        if files.lines().any(|line| line.split(',').next() == Some(within.as_str())) {
            let name = name_of(&record);
            let (name, version) = name.strip_suffix(".dist-info")?.rsplit_once('-')?;
            return Some(format!("{} {version}", name.replace('_', "-")));
        }
    }
    None
}

fn name_of(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn touch(path: &Path, text: &str) {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    #[test]
    fn packages_of_all_makers_are_found_with_their_versions() {
        let site = tempfile::tempdir().unwrap();
        let cpu = "xla_plugins/xla_cpu_pjrt/xla_cpu_pjrt.so";
        touch(&site.path().join(cpu), "");
        touch(&site.path().join("xla_cpu_pjrt-0.0.1.dist-info/RECORD"), &format!("{cpu},sha256=abc,1\n"));
        touch(&site.path().join("jax_plugins/xla_cuda12/xla_cuda_plugin.so"), "");
        touch(&site.path().join("jax_plugins/xla_cuda13/xla_cuda_plugin.so"), "");
        touch(&site.path().join("libtpu/libtpu.so"), "");
        let folders = Places::Folders(vec![site.path().to_owned()]);
        let found = |kind| find_within(kind, "", &folders).unwrap();
        assert_eq!(found(Kind::Cpu).package.as_deref(), Some("xla-cpu-pjrt 0.0.1"));
        assert!(found(Kind::Cuda).path.ends_with("xla_cuda13/xla_cuda_plugin.so"));
        assert!(found(Kind::Tpu).path.ends_with("libtpu/libtpu.so"));
        let reason = find_within(Kind::Xpu, "", &folders).unwrap_err();
        assert!(reason.contains("pip install jax-oneapi-pjrt") && reason.contains(PLUGINS_VARIABLE), "{reason}");
    }

    #[test]
    fn a_named_library_is_the_only_one_asked() {
        let site = tempfile::tempdir().unwrap();
        touch(&site.path().join("libtpu/libtpu.so"), "");
        let own = site.path().join("own.so");
        touch(&own, "");
        let folders = Places::Folders(vec![site.path().to_owned()]);
        let named = format!("cpu:/nowhere.so, tpu:{}", own.display());
        assert_eq!(find_within(Kind::Tpu, &named, &folders).unwrap(), PluginFile { path: own, package: None });
        assert!(find_within(Kind::Cpu, &named, &folders).unwrap_err().contains("/nowhere.so"));
    }

    #[test]
    fn a_device_tells_its_kind() {
        assert_eq!(Kind::of_device("cuda:1"), Some(Kind::Cuda));
        assert_eq!(Kind::of_device("cpu"), Some(Kind::Cpu));
        assert_eq!(Kind::of_device("groq:0"), None);
    }
}
