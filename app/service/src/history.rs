//! Undo: a history of the studies before each gesture.

use assay_study::Study;

/// The most gestures that can be taken back.
const DEPTH: usize = 500;

/// A history of changes.
#[derive(Clone, Debug, Default)]
pub struct History {
    past: Vec<Entry>,
    future: Vec<Entry>,
}

/// What became of a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Recorded {
    /// It is an entry of its own.
    New,
    /// It went on with the last entry, which did not have these paths yet.
    WentOn(Vec<String>),
}

#[derive(Clone, Debug)]
struct Entry {
    study: Study,
    paths: Vec<String>,
    gesture: Option<u64>,
}

impl History {
    /// Remembers the study before a change of `paths`. Changes of one gesture are one entry.
    pub fn record(&mut self, before: &Study, paths: &[String], gesture: Option<u64>) -> Recorded {
        self.future.clear();
        if let Some(last) = self.past.last_mut()
            && gesture.is_some()
            && last.gesture == gesture
        {
            let more: Vec<String> = paths.iter().filter(|path| !last.paths.contains(path)).cloned().collect();
            last.paths.extend(more.iter().cloned());
            return Recorded::WentOn(more);
        }
        if self.past.len() == DEPTH {
            self.past.remove(0);
        }
        self.past.push(Entry { study: before.clone(), paths: paths.to_vec(), gesture });
        Recorded::New
    }

    /// A history of changes that an earlier session made.
    pub fn of(changes: Vec<(Study, Vec<String>)>) -> Self {
        let entry = |(study, paths)| Entry { study, paths, gesture: None };
        let skipped = changes.len().saturating_sub(DEPTH);
        Self { past: changes.into_iter().skip(skipped).map(entry).collect(), future: Vec::new() }
    }

    /// The studies before each change that can be taken back, with the paths changed, oldest first.
    pub fn past(&self) -> impl Iterator<Item = (&Study, &[String])> {
        self.past.iter().map(|entry| (&entry.study, entry.paths.as_slice()))
    }

    /// The study before the last gesture, and the paths that it had changed.
    pub fn undo(&mut self, now: &Study) -> Option<(Study, Vec<String>)> {
        Self::step(&mut self.past, &mut self.future, now)
    }

    /// The study after the last gesture taken back, and the paths that it changes.
    pub fn redo(&mut self, now: &Study) -> Option<(Study, Vec<String>)> {
        Self::step(&mut self.future, &mut self.past, now)
    }

    fn step(from: &mut Vec<Entry>, to: &mut Vec<Entry>, now: &Study) -> Option<(Study, Vec<String>)> {
        let entry = from.pop()?;
        // A gesture that was taken back is over: what follows starts an entry of its own.
        to.push(Entry { study: now.clone(), paths: entry.paths.clone(), gesture: None });
        Some((entry.study, entry.paths))
    }

    /// Whether there is something to take back.
    pub fn can_undo(&self) -> bool {
        !self.past.is_empty()
    }

    /// Whether there is something to make again.
    pub fn can_redo(&self) -> bool {
        !self.future.is_empty()
    }
}
