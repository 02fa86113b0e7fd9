//! The journal of an editing session: beside the study, one line for each change, so that a crash takes nothing away.
//!
//! Every change is written to `study.yaml` at once. The journal keeps what the file cannot: what the study was before
//! each change. It goes when the session ends well; where one is left, its session did not, and what it holds becomes
//! the undo history of the next one. A lock tells a journal that is left from one that is in use.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};

use assay_study::Study;
use serde::{Deserialize, Serialize};

/// The journal's name in the study's folder.
pub const JOURNAL_FILE: &str = ".assay-journal";

/// One line.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Line {
    /// A session begins.
    Opened(jiff::Timestamp),
    /// A change of paths, with the study before it.
    Changed { paths: Vec<String>, before: Box<Study>, at: jiff::Timestamp },
    /// The change before goes on with more paths.
    Also(Vec<String>),
    /// The last change was taken back.
    Undone,
}

/// Lines after which a journal is written anew from what can still be taken back.
const LONG: usize = 1500;

/// The journal of the session under way.
#[derive(Debug)]
pub struct Journal {
    file: File,
    path: PathBuf,
    lines: usize,
}

/// What a session that did not end well has left.
#[derive(Clone, Debug, Default)]
pub struct Recovered {
    /// When the study was opened.
    pub opened_at: Option<jiff::Timestamp>,
    /// When it was changed last.
    pub changed_at: Option<jiff::Timestamp>,
    /// The studies before each change with the paths changed, oldest first.
    pub changes: Vec<(Study, Vec<String>)>,
}

/// Why a session has no journal.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// Another window works on the study.
    #[error("{} is in use: another window has this study open, and the last change wins", .0.display())]
    InUse(PathBuf),
    /// The folder cannot be written to.
    #[error("{}: {source}; a crash would lose the undo history", path.display())]
    Io {
        /// The journal.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}

impl Journal {
    /// Begins the journal of the study in a folder. Answers what an earlier session has left, too.
    ///
    /// # Errors
    /// When another process has the study open, or the folder cannot be written to.
    pub fn begin(folder: &Path) -> Result<(Self, Option<Recovered>), JournalError> {
        let path = folder.join(JOURNAL_FILE);
        let io = |source| JournalError::Io { path: path.clone(), source };
        let file = OpenOptions::new().read(true).append(true).create(true).open(&path).map_err(io)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(JournalError::InUse(path)),
            Err(TryLockError::Error(source)) => return Err(io(source)),
        }
        let recovered = read(&file);
        file.set_len(0).map_err(io)?;
        let mut journal = Self { file, path: path.clone(), lines: 0 };
        journal.write(&Line::Opened(jiff::Timestamp::now())).map_err(io)?;
        // What was recovered must survive the next crash as well.
        for (before, paths) in recovered.iter().flat_map(|r| &r.changes) {
            journal.changed(before, paths).map_err(io)?;
        }
        Ok((journal, recovered))
    }

    /// Notes a change that was just saved.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn changed(&mut self, before: &Study, paths: &[String]) -> std::io::Result<()> {
        let (paths, before) = (paths.to_vec(), Box::new(before.clone()));
        self.write(&Line::Changed { paths, before, at: jiff::Timestamp::now() })
    }

    /// Notes that the change before, a gesture, goes on with more paths.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn also(&mut self, paths: &[String]) -> std::io::Result<()> {
        self.write(&Line::Also(paths.to_vec()))
    }

    /// Notes that the last change was taken back.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn undone(&mut self) -> std::io::Result<()> {
        self.write(&Line::Undone)
    }

    /// Whether it should be [shortened](Self::shorten).
    pub fn is_long(&self) -> bool {
        self.lines > LONG
    }

    /// Writes it anew with the changes that can still be taken back. A crash in the middle loses the older ones of
    /// these, never the study.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn shorten<'a>(&mut self, past: impl Iterator<Item = (&'a Study, &'a [String])>) -> std::io::Result<()> {
        self.file.set_len(0)?;
        self.lines = 0;
        self.write(&Line::Opened(jiff::Timestamp::now()))?;
        past.into_iter().try_for_each(|(before, paths)| self.changed(before, paths))
    }

    fn write(&mut self, line: &Line) -> std::io::Result<()> {
        self.lines += 1;
        let mut text = serde_json::to_vec(line)?;
        text.push(b'\n');
        // One call a line: a line is there as a whole or, after a crash, cut at the end and left out.
        self.file.write_all(&text)
    }
}

impl Drop for Journal {
    fn drop(&mut self) {
        // The session ended well. A journal that cannot be removed is offered again, which does no harm.
        std::fs::remove_file(&self.path).ok();
    }
}

/// What a journal holds; `None` when it is new.
fn read(file: &File) -> Option<Recovered> {
    let mut recovered = Recovered::default();
    let mut any = false;
    for text in BufReader::new(file).split(b'\n').map_while(Result::ok) {
        // A line that was cut by the crash is the last one.
        let Ok(line) = serde_json::from_slice::<Line>(&text) else { continue };
        any = true;
        match line {
            Line::Opened(at) => recovered.opened_at = Some(at),
            Line::Changed { paths, before, at } => {
                recovered.changed_at = Some(at);
                recovered.changes.push((*before, paths));
            }
            Line::Also(more) => {
                if let Some((_, paths)) = recovered.changes.last_mut() {
                    paths.extend(more);
                }
            }
            Line::Undone => {
                recovered.changes.pop();
            }
        }
    }
    any.then_some(recovered)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn study(title: &str) -> Study {
        let text = crate::sample::SAMPLE_STUDY
            .replace("title: Moving sentence encoding to accelerators", &format!("title: {title}"));
        assay_base::yaml::parse(&text, Path::new("study.yaml")).unwrap()
    }

    #[test]
    fn what_a_crash_leaves_is_read_and_a_good_end_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let (mut journal, before) = Journal::begin(folder.path()).unwrap();
        assert!(before.is_none());
        journal.changed(&study("one"), &["title".to_owned()]).unwrap();
        journal.changed(&study("two"), &["title".to_owned()]).unwrap();
        journal.also(&["question".to_owned()]).unwrap();
        journal.changed(&study("three"), &["title".to_owned()]).unwrap();
        journal.undone().unwrap();
        assert!(matches!(Journal::begin(folder.path()), Err(JournalError::InUse(_))));
        // A crash: the file stays, the last line is cut.
        let path = folder.path().join(JOURNAL_FILE);
        let mut left = std::fs::read(&path).unwrap();
        left.extend_from_slice(b"{\"changed\":{\"paths\":[\"ti");
        drop(journal);
        assert!(!path.exists());
        std::fs::write(&path, left).unwrap();

        let (journal, recovered) = Journal::begin(folder.path()).unwrap();
        let recovered = recovered.unwrap();
        let changes: Vec<(&str, usize)> = recovered.changes.iter().map(|(s, p)| (s.title.as_str(), p.len())).collect();
        assert_eq!(changes, [("one", 1), ("two", 2)]);
        assert!(recovered.opened_at.is_some() && recovered.changed_at.is_some());
        // A second crash loses nothing of it.
        let left = std::fs::read(&path).unwrap();
        drop(journal);
        std::fs::write(&path, left).unwrap();
        assert_eq!(Journal::begin(folder.path()).unwrap().1.unwrap().changes.len(), 2);
    }
}
