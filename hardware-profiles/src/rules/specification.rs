//! Rules for figures: plausible, sourced, and in line with each other.

use assay_base::NumericFormat;

use super::{Rules, root};
use crate::source::Figure;
use assay_base::place::Place;

/// What a figure of a kind is at least and at most on hardware that exists, in the unit of its field. The bounds are
/// wide on purpose: they catch a slip of the unit (Gbit/s for GB/s, GFLOP/s for TFLOP/s), not an unusual product.
pub(super) struct Band {
    pub least: f64,
    pub most: f64,
    pub unit: &'static str,
}

const MEMORY_GB: Band = Band { least: 0.01, most: 100_000.0, unit: "GB" };
/// The most is that of a wafer's on-chip memory.
const BANDWIDTH: Band = Band { least: 5.0, most: 50_000_000.0, unit: "GB/s" };
/// Beyond this no memory outside the chip reaches.
const OFF_CHIP_BANDWIDTH_GB_PER_SEC: f64 = 50_000.0;
const PEAK: Band = Band { least: 0.01, most: 500_000.0, unit: "TFLOP/s" };
const TDP: Band = Band { least: 1.0, most: 50_000.0, unit: "W" };
const LINKS: Band = Band { least: 1.0, most: 1_000_000.0, unit: "GB/s" };

impl<'a> Rules<'a> {
    pub(super) fn figure(&mut self, place: &Place, figure: &'a Figure, band: &Band) {
        let Band { least, most, unit } = band;
        self.source(place.key("source"), &figure.source);
        if let Some(note) = &figure.note {
            self.text(place.key("note"), note);
        }
        if let Some(date) = figure.as_of {
            self.date(place.key("as_of"), date);
        }
        if figure.value == 1.0 {
            self.error(place.key("value"), "1 looks like a placeholder; leave the key out when the figure is unknown");
        } else if self.number(place.key("value"), figure.value) && !(*least..=*most).contains(&figure.value) {
            let value = figure.value;
            self.error(
                place.key("value"),
                format!("{value} {unit} is not plausible (expected {least} to {most} {unit}); check the unit"),
            );
        }
    }

    pub(super) fn specification(&mut self) {
        let profile = self.profile;
        let simple = [
            ("memory_gb", &profile.memory_gb, &MEMORY_GB),
            ("memory_gib", &profile.memory_gib, &MEMORY_GB),
            ("memory_bandwidth_gb_per_sec", &profile.memory_bandwidth_gb_per_sec, &BANDWIDTH),
            ("tdp_watts", &profile.tdp_watts, &TDP),
        ];
        for (key, figure, band) in simple {
            if let Some(figure) = figure {
                self.figure(&root(key), figure, band);
            }
        }
        if profile.memory_gb.is_some() && profile.memory_gib.is_some() {
            self.error(root("memory_gib"), "memory is given twice; keep `memory_gb` or `memory_gib`");
        }
        let on_chip = profile.memory_type.as_deref().is_some_and(|kind| kind.contains("SRAM"));
        if let Some(figure) = &profile.memory_bandwidth_gb_per_sec
            && (OFF_CHIP_BANDWIDTH_GB_PER_SEC..=BANDWIDTH.most).contains(&figure.value)
            && !on_chip
        {
            let place = root("memory_bandwidth_gb_per_sec").key("value");
            self.error(
                place,
                format!(
                    "{} GB/s is beyond any memory outside a chip; say `memory_type: SRAM` or check the unit",
                    figure.value
                ),
            );
        }
        for (format, figure) in &profile.peak_tflops {
            self.figure(&root("peak_tflops").key(format.label()), figure, &PEAK);
        }
        if let Some(interconnect) = &profile.interconnect {
            self.text(root("interconnect").key("description"), &interconnect.description);
            if let Some(figure) = &interconnect.bandwidth_gb_per_sec {
                self.figure(&root("interconnect").key("bandwidth_gb_per_sec"), figure, &LINKS);
            }
        }
    }

    pub(super) fn formats(&mut self) {
        let profile = self.profile;
        for (index, format) in profile.numeric_formats.iter().enumerate() {
            if profile.numeric_formats.iter().take(index).any(|other| other == format) {
                self.error(root("numeric_formats").item(index), format!("{format} is listed twice"));
            }
        }
        for format in profile.peak_tflops.keys() {
            if !profile.numeric_formats.contains(format) {
                let place = root("peak_tflops").key(format.label());
                self.error(place, format!("{format} has a peak rate and is missing from `numeric_formats`"));
            }
        }
        // A narrower format that is slower than a wider one is nearly always a column mixed up.
        use NumericFormat::{Bf16, Fp4, Fp8, Fp16, Fp32, Fp64, Tf32};
        for chain in [[Fp64, Fp32, Tf32, Bf16, Fp8, Fp4], [Fp64, Fp32, Tf32, Fp16, Fp8, Fp4]] {
            let known: Vec<_> =
                chain.iter().filter_map(|format| Some((*format, profile.peak_tflops.get(format)?.value))).collect();
            for pair in known.windows(2) {
                if let [(wide, wide_rate), (narrow, narrow_rate)] = pair
                    && narrow_rate < wide_rate
                {
                    let place = root("peak_tflops").key(narrow.label()).key("value");
                    self.warn(place, format!("{narrow} ({narrow_rate}) is slower than {wide} ({wide_rate})"));
                }
            }
        }
    }
}
