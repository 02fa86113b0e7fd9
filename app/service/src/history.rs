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

#[derive(Clone, Debug)]
struct Entry {
    study: Study,
    paths: Vec<String>,
    gesture: Option<u64>,
}

impl History {
    /// Remembers the study before a change of `path`. Changes of one gesture are one entry.
    pub fn record(&mut self, before: &Study, path: &str, gesture: Option<u64>) {
        self.future.clear();
        if let Some(last) = self.past.last_mut()
            && gesture.is_some()
            && last.gesture == gesture
        {
            if !last.paths.iter().any(|p| p == path) {
                last.paths.push(path.to_owned());
            }
            return;
        }
        if self.past.len() == DEPTH {
            self.past.remove(0);
        }
        self.past.push(Entry { study: before.clone(), paths: vec![path.to_owned()], gesture });
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
