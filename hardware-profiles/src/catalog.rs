//! The catalogue: the built-in profiles, overlaid by a folder of the user's.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use assay_base::yaml;

use crate::check::{self, Finding, Severity};
use crate::profile::Profile;

/// Embeds catalogue files: `(id, text)` for each id.
macro_rules! embedded {
    ($($id:literal),* $(,)?) => {
        &[$(($id, include_str!(concat!("../catalog/", $id, ".yaml")))),*]
    };
}

/// The built-in files, by id. A test holds this list against the folder.
const BUILTIN: &[(&str, &str)] = embedded![
    "amd-mi250x",
    "amd-mi300x",
    "amd-mi325x",
    "amd-mi350x",
    "amd-mi355x",
    "aws-inferentia1",
    "aws-inferentia2",
    "aws-trainium1",
    "aws-trainium2",
    "aws-trainium3",
    "cerebras-wse-3",
    "cpu-aws-xeon-6",
    "cpu-epyc-9965",
    "cpu-graviton4",
    "cpu-nebius-epyc-genoa",
    "cpu-nebius-xeon-ice-lake",
    "cpu-xeon-6980p",
    "google-tpu-v4",
    "google-tpu-v5e",
    "google-tpu-v5p",
    "google-tpu-v6e",
    "google-tpu-v7",
    "groq-lpu",
    "hosted-endpoints",
    "intel-gaudi2",
    "intel-gaudi3",
    "nvidia-a100-pcie-80gb",
    "nvidia-a100-sxm-40gb",
    "nvidia-a100-sxm-80gb",
    "nvidia-a10g",
    "nvidia-b200",
    "nvidia-b300",
    "nvidia-gb200",
    "nvidia-gb300",
    "nvidia-gh200",
    "nvidia-h100-nvl",
    "nvidia-h100-pcie",
    "nvidia-h100-sxm",
    "nvidia-h200-nvl",
    "nvidia-h200-sxm",
    "nvidia-l4",
    "nvidia-l40",
    "nvidia-l40s",
    "nvidia-rtx-6000-ada",
    "nvidia-rtx-a6000",
    "nvidia-rtx-pro-6000",
    "nvidia-t4",
    "nvidia-v100-16gb",
    "nvidia-v100-sxm-32gb",
    "sambanova-sn40l",
];

/// Where a profile was read from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The catalogue inside the program.
    BuiltIn,
    /// A file of the user's.
    File(PathBuf),
}

/// The catalogue could not be read.
#[derive(Debug, thiserror::Error)]
pub enum CatalogError {
    /// The folder of user profiles cannot be listed.
    #[error("{}: {source}; name a folder of profile files (*.yaml)", folder.display())]
    Folder {
        /// The folder.
        folder: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A profile has errors; the first one is shown.
    #[error("{}", first_of(findings))]
    Invalid {
        /// Every error found in that file and the ones after it.
        findings: Vec<Finding>,
    },
    /// No profile has this id.
    #[error("there is no hardware profile `{id}`{}", suggestion.as_ref().map(|near| format!("; did you mean `{near}`?")).unwrap_or_else(|| "; `assay profiles list` names them all".to_owned()))]
    Unknown {
        /// The id asked for.
        id: String,
        /// The nearest known id.
        suggestion: Option<String>,
    },
}

fn first_of(findings: &[Finding]) -> String {
    let more = findings.len().saturating_sub(1);
    let first = findings.first().map(Finding::to_string).unwrap_or_default();
    if more == 0 { first } else { format!("{first} (and {more} more; see `assay profiles check`)") }
}

/// Hardware profiles by id.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Catalog {
    profiles: BTreeMap<String, (Profile, Origin)>,
}

impl Catalog {
    /// The catalogue inside the program.
    ///
    /// # Errors
    /// When a built-in file has errors, which a test rules out.
    pub fn builtin() -> Result<Self, CatalogError> {
        Self::load(None)
    }

    /// The built-in catalogue, overlaid by the `*.yaml` files of a folder: a profile whose id is built in replaces
    /// the built-in one as a whole.
    ///
    /// # Errors
    /// When the folder cannot be listed or a file has errors. Warnings do not prevent loading.
    pub fn load(overlay: Option<&Path>) -> Result<Self, CatalogError> {
        let mut catalog = Self::default();
        let mut findings = Vec::new();
        for (id, text) in BUILTIN {
            let file = builtin_path(id);
            catalog.read(text, &file, Origin::BuiltIn, &mut findings);
        }
        for file in overlay.map(overlay_files).transpose()?.unwrap_or_default() {
            match std::fs::read_to_string(&file) {
                Ok(text) => catalog.read(&text, &file, Origin::File(file.clone()), &mut findings),
                Err(error) => findings.push(Finding::unreadable(&file, &error)),
            }
        }
        if findings.is_empty() { Ok(catalog) } else { Err(CatalogError::Invalid { findings }) }
    }

    fn read(&mut self, text: &str, file: &Path, origin: Origin, errors: &mut Vec<Finding>) {
        let (profile, findings) = check::read(text, file);
        let before = errors.len();
        errors.extend(findings.into_iter().filter(|finding| finding.severity == Severity::Error));
        if let (Some(profile), true) = (profile, errors.len() == before) {
            self.profiles.insert(profile.id.clone(), (profile, origin));
        }
    }

    /// The profile of this id.
    pub fn get(&self, id: &str) -> Option<&Profile> {
        self.profiles.get(id).map(|(profile, _)| profile)
    }

    /// The profile of this id, or an error that names the nearest known one.
    ///
    /// # Errors
    /// When there is none.
    pub fn require(&self, id: &str) -> Result<&Profile, CatalogError> {
        self.get(id).ok_or_else(|| CatalogError::Unknown { id: id.to_owned(), suggestion: self.nearest(id) })
    }

    /// The known id nearest to this one, if one is near enough to have been meant: the shortest that contains it, such
    /// as `nvidia-l4` for `L4`, before one that is spelt much like it.
    pub fn nearest(&self, id: &str) -> Option<String> {
        let word = id.to_ascii_lowercase();
        let known = || self.profiles.keys().map(String::as_str);
        let containing = known().filter(|known| !word.is_empty() && known.contains(&word)).min_by_key(|id| id.len());
        containing.map(str::to_owned).or_else(|| yaml::nearest(&word, known()))
    }

    /// Where the profile of this id was read from.
    pub fn origin(&self, id: &str) -> Option<&Origin> {
        self.profiles.get(id).map(|(_, origin)| origin)
    }

    /// All profiles, by id.
    pub fn iter(&self) -> impl Iterator<Item = &Profile> {
        self.profiles.values().map(|(profile, _)| profile)
    }

    /// The number of profiles.
    pub fn len(&self) -> usize {
        self.profiles.len()
    }

    /// Whether there is no profile.
    pub fn is_empty(&self) -> bool {
        self.profiles.is_empty()
    }
}

/// The built-in files as `(name for messages, text)`.
pub(crate) fn builtin_files() -> impl Iterator<Item = (PathBuf, &'static str)> {
    BUILTIN.iter().map(|(id, text)| (builtin_path(id), *text))
}

/// The text of a built-in file.
pub fn builtin_text(id: &str) -> Option<&'static str> {
    BUILTIN.iter().find(|(known, _)| *known == id).map(|(_, text)| *text)
}

fn builtin_path(id: &str) -> PathBuf {
    Path::new("hardware-profiles/catalog").join(format!("{id}.yaml"))
}

/// The profile files of a folder, by name.
pub(crate) fn overlay_files(folder: &Path) -> Result<Vec<PathBuf>, CatalogError> {
    let error = |source| CatalogError::Folder { folder: folder.to_owned(), source };
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(error)? {
        let path = entry.map_err(error)?.path();
        if path.is_file() && path.extension().is_some_and(|extension| extension == "yaml" || extension == "yml") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}
