//! The folder of a study on disk.

use std::path::{Path, PathBuf};

use assay_base::yaml::YamlError;
use assay_base::{files, yaml};

use crate::document::Study;
use crate::text;
use crate::validate::{self, Problem};

/// The file in a study's folder.
pub const STUDY_FILE: &str = "study.yaml";

/// A study that could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum StudyError {
    /// The file does not hold a study.
    #[error(transparent)]
    Yaml(#[from] YamlError),
    /// A value cannot be meant.
    #[error("{}{}: {path}: {message}", file.display(), place.map(|(l, c)| format!(":{l}:{c}")).unwrap_or_default())]
    Invalid {
        /// The file.
        file: PathBuf,
        /// Line and column, counted from 1, where they are known.
        place: Option<(usize, usize)>,
        /// The path of the value.
        path: String,
        /// What is wrong.
        message: String,
    },
    /// There is no study.
    #[error("{} holds no {STUDY_FILE}; name a study's folder, or create one with `assay new DIR`", folder.display())]
    Missing {
        /// The folder looked into.
        folder: PathBuf,
    },
    /// A file could not be written.
    #[error("{}: {source}", file.display())]
    Write {
        /// The file.
        file: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}

/// The folder of a study, with the study as it was last read or written.
#[derive(Clone, Debug)]
pub struct StudyFolder {
    folder: PathBuf,
    text: String,
}

impl StudyFolder {
    /// Reads the study of a folder (or of the `study.yaml` named).
    ///
    /// # Errors
    /// When there is no study, or it does not fit; the error names file, line, column and the nearest known key.
    pub fn open(path: &Path) -> Result<(Self, Study), StudyError> {
        let folder = if path.is_file() { path.parent().unwrap_or(Path::new(".")) } else { path };
        let file = folder.join(STUDY_FILE);
        if !file.is_file() {
            return Err(StudyError::Missing { folder: folder.to_owned() });
        }
        let text =
            std::fs::read_to_string(&file).map_err(|error| StudyError::Write { file: file.clone(), source: error })?;
        let study = parse(&text, &file)?;
        Ok((Self { folder: folder.to_owned(), text }, study))
    }

    /// Creates a folder with a study's text, comments and all.
    ///
    /// # Errors
    /// When the text is no study or cannot be written.
    pub fn create(folder: &Path, text: &str) -> Result<(Self, Study), StudyError> {
        let file = folder.join(STUDY_FILE);
        let study = parse(text, &file)?;
        write(&file, text)?;
        Ok((Self { folder: folder.to_owned(), text: text.to_owned() }, study))
    }

    /// A problem of the study as an error that says where in the file it is.
    pub fn invalid(&self, problem: Problem) -> StudyError {
        invalid(&self.text, &self.folder.join(STUDY_FILE), problem)
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        &self.folder
    }

    /// Where documents are written.
    pub fn reports(&self) -> PathBuf {
        self.folder.join("reports")
    }

    /// Writes the study after the values at `paths` were changed. Lines of the file that hold those values are edited
    /// in place, so that comments and layout stay; where that is not possible the file is written anew.
    ///
    /// # Errors
    /// When the file cannot be written; the old one is then untouched.
    pub fn save<'a>(&mut self, study: &Study, paths: impl IntoIterator<Item = &'a str>) -> Result<(), StudyError> {
        self.save_by(study, paths, files::write_atomic)
    }

    /// As [`StudyFolder::save`] for a value that others follow at once: see [`files::write_soon`].
    ///
    /// # Errors
    /// As [`StudyFolder::save`].
    pub fn save_soon<'a>(&mut self, study: &Study, paths: impl IntoIterator<Item = &'a str>) -> Result<(), StudyError> {
        self.save_by(study, paths, files::write_soon)
    }

    fn save_by<'a>(
        &mut self,
        study: &Study,
        paths: impl IntoIterator<Item = &'a str>,
        write: fn(&Path, &[u8]) -> std::io::Result<()>,
    ) -> Result<(), StudyError> {
        let file = self.folder.join(STUDY_FILE);
        let document = serde_json::to_value(study).unwrap_or_default();
        let edited = paths.into_iter().try_fold(self.text.clone(), |text, path| text::replace(&text, path, &document));
        // Only trust an edit that reads back as the very study.
        let text = match edited.filter(|text| parse(text, &file).is_ok_and(|read| read == *study)) {
            Some(text) => text,
            None => yaml::to_string(study).map_err(StudyError::Yaml)?,
        };
        write(&file, text.as_bytes()).map_err(|source| StudyError::Write { file, source })?;
        self.text = text;
        Ok(())
    }
}

/// Reads a study from text; `file` names it in errors.
///
/// # Errors
/// When the text is no study.
pub fn parse(text: &str, file: &Path) -> Result<Study, StudyError> {
    let study: Study = yaml::parse(text, file).map_err(|error| {
        // Elements of lists are named by their id everywhere else, too.
        match yaml::parse::<serde_json::Value>(text, file) {
            Ok(document) => YamlError { field: crate::edit::named(&document, &error.field), ..error },
            Err(_) => error,
        }
    })?;
    match validate::problems(&study).into_iter().next() {
        Some(problem) => Err(invalid(text, file, problem)),
        None => Ok(study),
    }
}

fn invalid(text: &str, file: &Path, problem: Problem) -> StudyError {
    let place = text::position(text, &problem.path);
    StudyError::Invalid { file: file.to_owned(), place, path: problem.path, message: problem.message }
}

fn write(file: &Path, text: &str) -> Result<(), StudyError> {
    files::write_atomic(file, text.as_bytes()).map_err(|source| StudyError::Write { file: file.to_owned(), source })
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    const SAMPLE: &str = include_str!("../../../assets/studies/sample/study.yaml");

    pub(crate) fn sample() -> Study {
        parse(SAMPLE, Path::new(STUDY_FILE)).unwrap()
    }

    #[test]
    fn the_sample_reads_and_is_marked_as_one() {
        assert!(sample().sample);
    }

    #[test]
    fn an_unknown_key_is_refused_with_its_place() {
        let text = SAMPLE.replace("baseline:", "basline:");
        let error = parse(&text, Path::new(STUDY_FILE)).unwrap_err().to_string();
        assert!(error.contains("did you mean `baseline`"), "{error}");
        assert!(error.starts_with("study.yaml:"), "{error}");
    }

    #[test]
    fn a_wrong_reference_is_refused() {
        let text = SAMPLE.replace("baseline: ", "baseline: x");
        assert!(parse(&text, Path::new(STUDY_FILE)).unwrap_err().to_string().contains("baseline"));
    }

    #[test]
    fn saving_one_value_changes_one_line() {
        let folder = tempfile::tempdir().unwrap();
        let (mut on_disk, study) = StudyFolder::create(folder.path(), SAMPLE).unwrap();
        let edited = crate::set_path(&study, "assumptions.horizon_months", 48.into()).unwrap();
        on_disk.save(&edited, ["assumptions.horizon_months"]).unwrap();
        let text = std::fs::read_to_string(folder.path().join(STUDY_FILE)).unwrap();
        let changed = text.lines().zip(SAMPLE.lines()).filter(|(a, b)| a != b).count();
        assert_eq!((changed, text.lines().count()), (1, SAMPLE.lines().count()));
        assert_eq!(StudyFolder::open(folder.path()).unwrap().1, edited);
    }

    #[test]
    fn what_is_written_reads_back() {
        let growths = [
            "{ linear: { added_per_month: 1e6 } }",
            "{ logistic: { capacity_per_month: 1e10, steepness: 0.2, midpoint_month: 12 } }",
            "{ quarters: [1e9, 2e9] }",
        ];
        for growth in growths {
            let text = SAMPLE.replace("  growth_per_month: 0.015\n", &format!("  growth: {growth}\n"));
            let study = parse(&text, Path::new(STUDY_FILE)).unwrap();
            assert!(study.demand.growth.is_some());
            assert_eq!(parse(&yaml::to_string(&study).unwrap(), Path::new(STUDY_FILE)).unwrap(), study);
        }
        let both = SAMPLE
            .replace("  growth_per_month: 0.015\n", "  growth: { quarters: [1], linear: { added_per_month: 1 } }\n");
        assert!(parse(&both, Path::new(STUDY_FILE)).unwrap_err().to_string().contains("one of `linear`"));
    }

    #[test]
    fn what_cannot_be_edited_in_place_is_written_anew() {
        let folder = tempfile::tempdir().unwrap();
        let (mut on_disk, mut study) = StudyFolder::create(folder.path(), SAMPLE).unwrap();
        study.options.pop();
        on_disk.save(&study, ["options"]).unwrap();
        assert_eq!(StudyFolder::open(folder.path()).unwrap().1, study);
    }
}
