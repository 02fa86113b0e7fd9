//! Rules for what is known beside figures and prices: the life cycle, export control, portability.

use super::specification::Band;
use super::{Rules, root};
use crate::export_control::bits;
use crate::portability::Statement;
use assay_base::place::Place;

/// From a small chip to a rack of them.
const PERFORMANCE: Band = Band { least: 1.0, most: 10_000_000.0, unit: "TOP/s × bits" };
const DENSITY: Band = Band { least: 0.01, most: 1_000.0, unit: "TOP/s × bits / mm²" };

/// How far the stated total processing performance may be off the one of the peak rates, which are rounded.
const PERFORMANCE_TOLERANCE: f64 = 0.01;

impl<'a> Rules<'a> {
    pub(super) fn lifecycle(&mut self) {
        let Some(lifecycle) = &self.profile.lifecycle else { return };
        let place = root("lifecycle");
        self.source(place.key("source"), &lifecycle.source);
        if let Some(date) = lifecycle.as_of {
            self.date(place.key("as_of"), date);
        }
        if let Some(note) = &lifecycle.note {
            self.text(place.key("note"), note);
        }
    }

    /// The stated performance is that of the peak rates, so that a changed rate does not leave it behind.
    pub(super) fn export_control(&mut self) {
        let profile = self.profile;
        let Some(control) = &profile.export_control else { return };
        let place = root("export_control");
        let stated = &control.total_processing_performance;
        self.figure(&place.key("total_processing_performance"), stated, &PERFORMANCE);
        if let Some(density) = &control.performance_density {
            self.figure(&place.key("performance_density"), density, &DENSITY);
        }
        let of = |format| profile.peak_tflops.get(&format).map(|peak| peak.value * bits(format));
        let largest = profile.peak_tflops.keys().filter_map(|format| of(*format)).fold(0.0, f64::max);
        let off = |value: f64| (value / stated.value - 1.0).abs() > PERFORMANCE_TOLERANCE;
        if largest > 0.0 && off(largest) {
            let message = format!("the dense peaks give {largest}, not {}; compute it anew", stated.value);
            self.error(place.key("total_processing_performance").key("value"), message);
        } else if of(control.limiting_format).is_none_or(off) {
            let message =
                format!("{} does not give {}; name the format that does", control.limiting_format, stated.value);
            self.error(place.key("limiting_format"), message);
        }
    }

    pub(super) fn portability(&mut self) {
        let Some(portability) = &self.profile.portability else { return };
        let place = root("portability");
        for (index, toolchain) in portability.toolchains.iter().enumerate() {
            let place = place.key("toolchains").item(index);
            self.text(place.key("name"), &toolchain.name);
            self.source(place.key("source"), &toolchain.source);
            for (index, entry) in toolchain.entry_points.iter().enumerate() {
                self.text(place.key("entry_points").item(index), entry);
            }
            if let Some(note) = &toolchain.note {
                self.text(place.key("note"), note);
            }
        }
        for (index, support) in portability.formats.iter().enumerate() {
            self.sourced_text(&place.key("formats").item(index), &support.text, &support.source);
        }
        for (index, exit) in portability.exit_cost.iter().enumerate() {
            self.sourced_text(&place.key("exit_cost").item(index), &exit.text, &exit.source);
        }
        self.statements(&place.key("known_gaps"), &portability.known_gaps);
        self.statements(&place.key("driver_prerequisites"), &portability.driver_prerequisites);
        self.statements(&place.key("isolation"), &portability.isolation);
    }

    fn statements(&mut self, place: &Place, statements: &'a [Statement]) {
        for (index, statement) in statements.iter().enumerate() {
            let place = place.item(index);
            self.sourced_text(&place, &statement.text, &statement.source);
            if let Some(date) = statement.as_of {
                self.date(place.key("as_of"), date);
            }
        }
    }

    fn sourced_text(&mut self, place: &Place, text: &str, source: &'a str) {
        self.text(place.key("text"), text);
        self.source(place.key("source"), source);
    }
}
