//! Taking in a file or folder of any kind: what it is decides what becomes of it.

use std::path::{Path, PathBuf};

use assay_base::files::write_atomic;
use assay_hardware_profiles::Profile;
use assay_hardware_profiles::check::{Finding, Severity, check_text};
use assay_store::Store;
use assay_store::published::{ImportRequest, Stated};

/// The longest profile that is read.
const MAX_PROFILE_BYTES: u64 = 4 << 20;

/// What was taken in, or what a file is that somebody else has to open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Intake {
    /// A study to open.
    Study(PathBuf),
    /// An ONNX model to measure.
    Model(PathBuf),
    /// A PDF to verify.
    Document(PathBuf),
    /// A hardware profile; it is now one of the study's.
    Profile {
        /// Its id.
        id: String,
        /// What is doubtful about it, a line each.
        warnings: Vec<String>,
    },
    /// Results; they are now with the study.
    Results {
        /// What they are, such as `InferenceX`.
        kind: String,
        /// Results that are new.
        added: u64,
        /// Results that were there.
        duplicates: u64,
        /// Rows that could not be used.
        set_aside: usize,
    },
}

/// Takes in a file or folder. `study` is the folder of the study that is open.
///
/// # Errors
/// Why it cannot be used, with line and column where these are known.
pub fn take_in(study: Option<&Path>, path: &Path) -> Result<Intake, String> {
    if path.is_dir() {
        return match path.join("study.yaml").is_file() {
            true => Ok(Intake::Study(path.to_owned())),
            false => Err(format!("{}: the folder holds no study.yaml", path.display())),
        };
    }
    let ending = path.extension().map(|e| e.to_string_lossy().to_lowercase()).unwrap_or_default();
    match ending.as_str() {
        "onnx" => Ok(Intake::Model(path.to_owned())),
        "pdf" => Ok(Intake::Document(path.to_owned())),
        "yaml" | "yml" => yaml(study, path),
        _ => results(folder_of(study, "results")?, path),
    }
}

fn folder_of<'a>(study: Option<&'a Path>, what: &str) -> Result<&'a Path, String> {
    study.ok_or_else(|| format!("open a study first: {what} belong to one"))
}

fn yaml(study: Option<&Path>, path: &Path) -> Result<Intake, String> {
    let told = |error: std::io::Error| format!("{}: {error}", path.display());
    if std::fs::metadata(path).map_err(told)?.len() > MAX_PROFILE_BYTES {
        return Err(format!("{}: too large to be a profile or a study", path.display()));
    }
    let text = std::fs::read_to_string(path).map_err(told)?;
    let schema = text.lines().find_map(|line| line.strip_prefix("schema:")).unwrap_or_default().trim();
    if schema.starts_with("assay/study/") {
        return match path.file_name().is_some_and(|name| name == "study.yaml") {
            true => Ok(Intake::Study(path.to_owned())),
            false => Err(format!("{}: a study's file is named study.yaml", path.display())),
        };
    }
    if !schema.starts_with("assay/profile/") {
        return Err(format!(
            "{}: neither a hardware profile nor a study; its schema would be `assay/profile/1` or `assay/study/1`",
            path.display()
        ));
    }
    let id = save_profile(folder_of(study, "profiles")?, &text, path, false)?;
    let warnings = check_profile(&text, path).iter().map(ToString::to_string).collect();
    Ok(Intake::Profile { id, warnings })
}

/// What is wrong or doubtful in the text of a profile. Its file will be named after its id, whatever `source`, which
/// findings name, is called.
pub fn check_profile(text: &str, source: &Path) -> Vec<Finding> {
    let id = assay_base::yaml::parse::<Profile>(text, source).ok().map(|profile| profile.id);
    let named = id.map_or_else(|| source.to_owned(), |id| source.with_file_name(format!("{id}.yaml")));
    let findings = check_text(text, &named);
    findings.into_iter().map(|finding| Finding { file: source.to_owned(), ..finding }).collect()
}

/// Checks the text of a profile and keeps it among those of a study; answers its id. `source` names it in errors. One
/// with the same id and another text stays, unless it is to be replaced.
///
/// # Errors
/// The first thing that is wrong, with line and column; or why it cannot be written.
pub fn save_profile(study: &Path, text: &str, source: &Path, replace: bool) -> Result<String, String> {
    if let Some(error) = check_profile(text, source).iter().find(|finding| finding.severity == Severity::Error) {
        return Err(error.to_string());
    }
    let profile: Profile = assay_base::yaml::parse(text, source).map_err(|error| error.to_string())?;
    let file = study.join("profiles").join(format!("{}.yaml", profile.id));
    let other = std::fs::read_to_string(&file).is_ok_and(|known| known != text);
    if other && !replace {
        return Err(format!("{} is there already and differs: edit or remove it first", file.display()));
    }
    write_atomic(&file, text.as_bytes()).map_err(|error| format!("{}: {error}", file.display()))?;
    Ok(profile.id)
}

fn results(study: &Path, path: &Path) -> Result<Intake, String> {
    let request = ImportRequest { kinds: Vec::new(), stated: Stated::default(), publisher: None, licence: None };
    let report = Store::open(study).import_published(path, &request, &mut |_| {}).map_err(|e| e.to_string())?;
    Ok(Intake::Results {
        kind: report.provenance.kind.to_string(),
        added: report.added,
        duplicates: report.duplicates,
        set_aside: report.quarantined.len(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROFILE: &str = "\
schema: assay/profile/1
id: made-up
vendor: Nobody
name: Made up
kind: gpu
sources:
  - id: here
    title: A test
    url: https://example.com
    retrieved: 2026-11-01
    confidence: low
";

    #[test]
    fn each_kind_of_thing_goes_its_way() {
        let folder = tempfile::tempdir().unwrap();
        let study = folder.path().join("study");
        crate::folders::create(&study).unwrap();
        let file = |name: &str, text: &str| {
            let path = folder.path().join(name);
            std::fs::write(&path, text).unwrap();
            path
        };
        assert_eq!(take_in(None, &study), Ok(Intake::Study(study.clone())));
        assert_eq!(take_in(None, &study.join("study.yaml")), Ok(Intake::Study(study.join("study.yaml"))));
        let model = file("m.ONNX", "x");
        assert_eq!(take_in(Some(&study), &model), Ok(Intake::Model(model.clone())));
        let nothing = file("x.yaml", "a: 1\n");
        assert!(take_in(Some(&study), &nothing).unwrap_err().contains("neither"));
        let rows = file("x.csv", "a,b\n1,2\n");
        assert!(take_in(None, &rows).unwrap_err().contains("open a study first"));
        assert!(take_in(Some(&study), &rows).is_err(), "a table of nothing known is refused");
    }

    #[test]
    fn a_wrong_profile_is_refused_with_its_place() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("made-up.yaml");
        std::fs::write(&path, PROFILE.replace("kind: gpu", "knid: gpu")).unwrap();
        let error = take_in(Some(folder.path()), &path).unwrap_err();
        assert!(error.contains("made-up.yaml:"), "{error}");
        assert!(!folder.path().join("profiles").exists());
    }
}
