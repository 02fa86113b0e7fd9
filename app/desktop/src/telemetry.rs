//! What the sensors of this machine's devices have said of late.

use std::collections::{BTreeMap, VecDeque};

use assay_service::core::telemetry::Reading;
use assay_service::watch::{Seen, Watch};

/// Readings kept of each device: five minutes.
const KEPT: usize = 300;

/// The sensors as the window sees them.
#[derive(Debug, Default)]
pub struct Telemetry {
    watch: Option<Watch>,
    /// The readings by device, oldest first.
    pub devices: BTreeMap<String, VecDeque<Reading>>,
    /// Why nothing more is seen.
    pub ended: Option<String>,
}

impl Telemetry {
    /// Whether somebody watches.
    pub fn is_watching(&self) -> bool {
        self.watch.is_some()
    }

    /// Begins to watch, with nothing seen so far.
    pub fn begin(&mut self, watch: Watch) {
        *self = Self { watch: Some(watch), ..Self::default() };
    }

    /// Stops watching; what was seen stays until the next time.
    pub fn stop(&mut self) {
        self.watch = None;
    }

    /// Takes what was seen.
    pub fn poll(&mut self) {
        let Some(watch) = &self.watch else { return };
        for seen in watch.seen.try_iter() {
            match seen {
                Seen::Readings(readings) => {
                    for told in readings {
                        let kept = self.devices.entry(told.device).or_default();
                        if kept.len() == KEPT {
                            kept.pop_front();
                        }
                        kept.push_back(told.reading);
                    }
                }
                Seen::Ended(reason) => self.ended = Some(reason),
            }
        }
    }
}
