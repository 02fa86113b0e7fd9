//! What sensors say while a workload runs.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// One reading of a device's sensors. What a device does not tell is absent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Reading {
    /// Time since the run began.
    pub elapsed_secs: f64,
    /// Power draw.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub power_watts: Option<f64>,
    /// The device's own cumulative energy counter.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub energy_counter_joules: Option<f64>,
    /// Clock of the compute units.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clock_hz: Option<f64>,
    /// Clock of the memory.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory_clock_hz: Option<f64>,
    /// Temperature.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub temperature_celsius: Option<f64>,
    /// Share of time the device was busy, 0 to 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub utilisation: Option<f64>,
    /// Device memory in use.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory_used_bytes: Option<f64>,
    /// Whether the device was slowing itself down.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub throttled: Option<bool>,
    /// Why, where it tells.
    #[serde(default)]
    pub throttle_reasons: ThrottleReasons,
}

/// Why a device slows itself down: any of the constants together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ThrottleReasons(u8);

impl ThrottleReasons {
    /// The power limit.
    pub const POWER_CAP: Self = Self(1);
    /// The temperature, by the driver.
    pub const HEAT: Self = Self(2);
    /// The temperature, by the hardware.
    pub const HARDWARE_HEAT: Self = Self(4);
    /// The power supply asked for it.
    pub const POWER_BRAKE: Self = Self(8);
    /// The hardware, for any reason.
    pub const HARDWARE: Self = Self(16);
    /// To keep pace with other devices.
    pub const SYNC_BOOST: Self = Self(32);

    /// These reasons and others.
    #[must_use]
    pub fn with(self, others: Self) -> Self {
        Self(self.0 | others.0)
    }

    /// Whether there is any.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Their names.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        [
            (Self::POWER_CAP, "power cap"),
            (Self::HEAT, "heat"),
            (Self::HARDWARE_HEAT, "heat, by the hardware"),
            (Self::POWER_BRAKE, "power brake"),
            (Self::HARDWARE, "hardware slow-down"),
            (Self::SYNC_BOOST, "sync boost"),
        ]
        .into_iter()
        .filter(move |(reason, _)| self.0 & reason.0 != 0)
        .map(|(_, name)| name)
    }
}

/// A source of readings for one device. Reading must be cheap (well under a millisecond).
pub trait Sensors: Send {
    /// Reads all sensors now; `elapsed_secs` is filled in by the caller.
    fn read(&mut self) -> Reading;

    /// How often they are worth reading.
    fn period(&self) -> Duration {
        Duration::from_millis(100)
    }
}

/// Energy over a window, with a verdict on its validity.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Energy {
    /// Trapezoid over the power readings, if there are enough.
    pub integrated_joules: Option<f64>,
    /// By the device's own counter, if it has one: its mean power between its first and its last step, over the whole
    /// window. A counter moves in steps, so its ends tell less.
    pub counter_joules: Option<f64>,
    /// The longest gap between two readings.
    pub largest_gap_secs: f64,
    /// Whether the figure can be used.
    pub valid: bool,
    /// Why not, if not.
    pub reason: Option<String>,
}

impl Energy {
    /// The figure to use: the device's own counter where it has one, else the trapezoid; `None` when invalid.
    pub fn joules(&self) -> Option<f64> {
        if self.valid { self.counter_joules.or(self.integrated_joules) } else { None }
    }
}

/// The readings of one run in brief.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TelemetrySummary {
    /// Number of readings.
    pub readings: usize,
    /// Mean power over the window.
    pub mean_power_watts: Option<f64>,
    /// Lowest and highest compute clock.
    pub clock_hz: Option<(f64, f64)>,
    /// Highest temperature.
    pub max_temperature_celsius: Option<f64>,
    /// Largest memory in use.
    pub max_memory_used_bytes: Option<f64>,
    /// Readings during which the device slowed itself down.
    pub throttled_readings: Option<usize>,
    /// Energy over the timed window.
    pub energy: Option<Energy>,
}

/// Below this many readings no energy figure is given.
const MIN_READINGS: usize = 5;
/// A gap longer than this between two readings hides too much.
const MAX_GAP_SECS: f64 = 1.0;
/// The integral and the device's counter must agree to this fraction.
const MAX_DISAGREEMENT: f64 = 0.10;

/// Summarises readings; `None` when there are none.
pub fn summarize(readings: &[Reading]) -> Option<TelemetrySummary> {
    if readings.is_empty() {
        return None;
    }
    let of = |get: fn(&Reading) -> Option<f64>| readings.iter().filter_map(get).collect::<Vec<_>>();
    let max = |values: &[f64]| values.iter().copied().reduce(f64::max);
    let clocks = of(|r| r.clock_hz);
    let power = of(|r| r.power_watts);
    let throttled: Vec<bool> = readings.iter().filter_map(|r| r.throttled).collect();
    Some(TelemetrySummary {
        readings: readings.len(),
        mean_power_watts: (!power.is_empty()).then(|| power.iter().sum::<f64>() / power.len() as f64),
        clock_hz: clocks.iter().copied().reduce(f64::min).zip(max(&clocks)),
        max_temperature_celsius: max(&of(|r| r.temperature_celsius)),
        max_memory_used_bytes: max(&of(|r| r.memory_used_bytes)),
        throttled_readings: (!throttled.is_empty()).then(|| throttled.iter().filter(|t| **t).count()),
        energy: energy(readings),
    })
}

/// Energy of a window of readings: the trapezoid over the power, cross-checked with the device's own counter.
/// `None` when the device tells neither.
pub fn energy(readings: &[Reading]) -> Option<Energy> {
    let power: Vec<(f64, f64)> = readings.iter().filter_map(|r| Some((r.elapsed_secs, r.power_watts?))).collect();
    let counter: Vec<(f64, f64)> =
        readings.iter().filter_map(|r| Some((r.elapsed_secs, r.energy_counter_joules?))).collect();
    let window_secs = readings.last()?.elapsed_secs - readings.first()?.elapsed_secs;
    let stretch = counted(&counter);
    let counter_joules = stretch.map(|(from, to, joules)| joules * window_secs / (to - from));
    if power.is_empty() && counter_joules.is_none() {
        return None;
    }
    let integrated_joules = (power.len() >= 2).then(|| trapezoid(&power));
    let largest_gap_secs = readings.windows(2).map(|w| w[1].elapsed_secs - w[0].elapsed_secs).fold(0.0, f64::max);
    // Over the same stretch of time.
    let disagreement = stretch.filter(|(_, _, joules)| *joules > 0.0).and_then(|(from, to, joules)| {
        let within: Vec<(f64, f64)> = power.iter().copied().filter(|(at, _)| (from..=to).contains(at)).collect();
        (within.len() >= 2).then(|| (trapezoid(&within) - joules).abs() / joules)
    });
    let reason = if readings.len() < MIN_READINGS {
        Some(format!("only {} readings, at least {MIN_READINGS} are needed", readings.len()))
    } else if largest_gap_secs > MAX_GAP_SECS {
        Some(format!("a gap of {largest_gap_secs:.2} s between readings"))
    } else {
        disagreement
            .filter(|d| *d > MAX_DISAGREEMENT)
            .map(|d| format!("the integral and the device's counter differ by {:.0} %", d * 100.0))
    };
    Some(Energy { integrated_joules, counter_joules, largest_gap_secs, valid: reason.is_none(), reason })
}

fn trapezoid(power: &[(f64, f64)]) -> f64 {
    power.windows(2).map(|w| (w[1].0 - w[0].0) * (w[0].1 + w[1].1) / 2.0).sum()
}

/// From the first to the last step of a counter that moves in steps: both times, and what it counted between them. From
/// the first reading to the last where it moved less than twice.
fn counted(counter: &[(f64, f64)]) -> Option<(f64, f64, f64)> {
    let steps: Vec<(f64, f64)> = counter.windows(2).filter(|w| w[1].1 > w[0].1).map(|w| w[1]).collect();
    let ends = |readings: &[(f64, f64)]| {
        let ((from, low), (to, high)) = (*readings.first()?, *readings.last()?);
        (to > from && high >= low).then_some((from, to, high - low))
    };
    ends(&steps).or_else(|| ends(counter))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn readings(count: usize, step_secs: f64, power_watts: f64, counter: bool) -> Vec<Reading> {
        (0..count)
            .map(|i| Reading {
                elapsed_secs: i as f64 * step_secs,
                power_watts: Some(power_watts),
                energy_counter_joules: counter.then_some(100.0 + i as f64 * step_secs * power_watts),
                ..Reading::default()
            })
            .collect()
    }

    #[test]
    fn energy_of_constant_power_is_power_times_time() {
        let energy = energy(&readings(11, 0.1, 200.0, true)).unwrap();
        assert!((energy.joules().unwrap() - 200.0).abs() < 1e-9);
        assert!(energy.valid);
    }

    #[test]
    fn a_gap_or_a_disagreement_makes_it_invalid() {
        let mut gap = readings(11, 0.1, 200.0, false);
        gap.iter_mut().skip(5).for_each(|r| r.elapsed_secs += 5.0);
        assert_eq!(energy(&gap).unwrap().joules(), None);
        let mut lying = readings(11, 0.1, 200.0, true);
        lying.iter_mut().for_each(|r| r.power_watts = Some(300.0));
        assert!(energy(&lying).unwrap().reason.unwrap().contains("differ"));
    }

    #[test]
    fn a_counter_that_moves_in_steps_is_read_at_its_steps() {
        // 200 W; the counter shows every 70 ms what was used until then, and is read every 20 ms.
        let mut stepped = readings(26, 0.02, 200.0, false);
        for reading in &mut stepped {
            reading.energy_counter_joules = Some(50.0 + 200.0 * 0.07 * (reading.elapsed_secs / 0.07).floor());
        }
        let energy = energy(&stepped).unwrap();
        assert!(energy.valid, "{energy:?}");
        assert!((energy.joules().unwrap() / (200.0 * 0.5) - 1.0).abs() < 0.05, "{energy:?}");
    }

    #[test]
    fn no_sensor_means_no_energy() {
        assert_eq!(energy(&[Reading::default(); 9]), None);
        assert_eq!(summarize(&[]), None);
    }
}
