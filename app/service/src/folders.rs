//! Studies as folders: a new one, and a copy of one under another name.

use std::path::{Path, PathBuf};

use assay_study::StudyFolder;

use crate::journal::JOURNAL_FILE;
use crate::workbench::WorkbenchError;

/// The text of a new study.
pub const BLANK_STUDY: &str = include_str!("../../../assets/studies/blank/study.yaml");

/// Creates a new study with placeholders, which say that they are such.
///
/// # Errors
/// When the folder has a study, or cannot be written.
pub fn create(folder: &Path) -> Result<(), WorkbenchError> {
    refuse_study(folder)?;
    StudyFolder::create(folder, BLANK_STUDY)?;
    Ok(())
}

/// Copies a study with everything in its folder to another, which appears whole or not at all.
///
/// # Errors
/// When the other folder is not empty or lies in the study's, or a file cannot be read or written.
pub fn copy(study: &Path, to: &Path) -> Result<(), WorkbenchError> {
    refuse_study(to)?;
    let io = |file: &Path, source| WorkbenchError::Write { file: file.to_owned(), source };
    let to = std::path::absolute(to).map_err(|e| io(to, e))?;
    let whole = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let parent = to.parent().unwrap_or(Path::new("/"));
    std::fs::create_dir_all(parent).map_err(|e| io(parent, e))?;
    if whole(parent).starts_with(whole(study)) {
        return Err(WorkbenchError::Other(format!("{} lies inside the study: choose another folder", to.display())));
    }
    let staged = tempfile::Builder::new().prefix(".assay-copy-").tempdir_in(parent).map_err(|e| io(parent, e))?;
    copy_all(study, staged.path())?;
    set_mode(staged.path());
    // An empty folder makes room; one that is not empty refuses.
    if to.is_dir() {
        std::fs::remove_dir(&to).map_err(|e| io(&to, e))?;
    }
    std::fs::rename(staged.path(), &to).map_err(|e| io(&to, e))
}

fn refuse_study(folder: &Path) -> Result<(), WorkbenchError> {
    let empty = match std::fs::read_dir(folder) {
        Ok(mut entries) => entries.next().is_none(),
        Err(_) => !folder.exists(),
    };
    if empty {
        return Ok(());
    }
    let what = if folder.join("study.yaml").exists() { "has a study already" } else { "is not empty" };
    Err(WorkbenchError::Other(format!("{} {what}: choose another folder", folder.display())))
}

fn copy_all(from: &Path, to: &Path) -> Result<(), WorkbenchError> {
    let io = |file: PathBuf| move |source| WorkbenchError::Write { file, source };
    std::fs::create_dir_all(to).map_err(io(to.to_owned()))?;
    for entry in std::fs::read_dir(from).map_err(io(from.to_owned()))? {
        let entry = entry.map_err(io(from.to_owned()))?;
        let (source, target) = (entry.path(), to.join(entry.file_name()));
        let kind = entry.file_type().map_err(io(source.clone()))?;
        if kind.is_dir() {
            copy_all(&source, &target)?;
        } else if kind.is_file() && entry.file_name() != JOURNAL_FILE {
            std::fs::copy(&source, &target).map_err(io(target))?;
        }
    }
    Ok(())
}

/// Temporary folders are private; a study is shared with colleagues.
#[cfg(unix)]
fn set_mode(folder: &Path) {
    use std::os::unix::fs::PermissionsExt as _;
    // A folder that stays private is a copy all the same.
    std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o755)).ok();
}

#[cfg(not(unix))]
fn set_mode(_folder: &Path) {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_study_is_valid_and_says_that_it_has_placeholders() {
        let folder = tempfile::tempdir().unwrap();
        let study = folder.path().join("new");
        create(&study).unwrap();
        let opened = crate::Workbench::open(&study).unwrap();
        assert!(!opened.study().sample && opened.study().narrative.caveats[0].contains("placeholders"));
        assert!(create(&study).unwrap_err().to_string().contains("has a study already"));
    }

    #[test]
    fn a_copy_has_everything_but_the_journal() {
        let folder = tempfile::tempdir().unwrap();
        let (study, copied) = (folder.path().join("one"), folder.path().join("deep/two"));
        create(&study).unwrap();
        std::fs::create_dir(study.join("measurements")).unwrap();
        std::fs::write(study.join("measurements/x.jsonl"), "x").unwrap();
        std::fs::write(study.join(JOURNAL_FILE), "journal").unwrap();
        copy(&study, &copied).unwrap();
        assert_eq!(std::fs::read(copied.join("measurements/x.jsonl")).unwrap(), b"x");
        assert!(copied.join("study.yaml").is_file() && !copied.join(JOURNAL_FILE).exists());
        assert!(copy(&study, &copied).is_err());
        assert!(copy(&study, &study.join("inside")).unwrap_err().to_string().contains("inside the study"));
        let left = std::fs::read_dir(folder.path().join("deep")).unwrap().count();
        assert_eq!(left, 1, "nothing temporary stays");
    }
}
