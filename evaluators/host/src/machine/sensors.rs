//! The processor's sensors.

use std::path::PathBuf;
use std::time::Instant;

use assay_core::telemetry::{Reading, Sensors};

use super::load::Ticks;
use super::memory::MemoryInfo;
use super::{cpu, entries, read, read_number};

/// Asking a processor for its clock wakes it; a few are enough.
const MAX_CLOCKS: usize = 8;

/// Sensors of the processor, as far as the system has them and lets this process read them.
///
/// Energy comes from the packages' RAPL counters (often readable by root only); power is their difference between
/// two readings. In a virtual machine without cpufreq the clock in /proc/cpuinfo is a constant, so it is absent.
pub struct CpuSensors {
    energy: Vec<EnergyCounter>,
    last_energy: Option<(Instant, f64)>,
    clocks: Vec<PathBuf>,
    clock_from_cpuinfo: bool,
    temperature: Option<PathBuf>,
    throttle_counts: Vec<PathBuf>,
    last_throttle_count: Option<u64>,
    last_ticks: Option<Ticks>,
}

impl CpuSensors {
    /// Finds the sensors there are.
    pub fn new() -> Self {
        let clocks: Vec<PathBuf> = entries("/sys/devices/system/cpu", "cpu")
            .into_iter()
            .map(|cpu| cpu.join("cpufreq/scaling_cur_freq"))
            .filter(|path| read(path).is_some())
            .take(MAX_CLOCKS)
            .collect();
        let throttle = |name: &str| PathBuf::from("/sys/devices/system/cpu/cpu0/thermal_throttle").join(name);
        Self {
            energy: entries("/sys/class/powercap", "intel-rapl:")
                .into_iter()
                .filter(|zone| read(zone.join("name")).is_some_and(|name| name.starts_with("package")))
                .filter_map(EnergyCounter::open)
                .collect(),
            last_energy: None,
            clock_from_cpuinfo: clocks.is_empty() && !cpu::cpu_info().virtualised,
            clocks,
            temperature: find_temperature(),
            throttle_counts: ["package_throttle_count", "core_throttle_count"].map(throttle).to_vec(),
            last_throttle_count: None,
            last_ticks: None,
        }
    }

    fn clock_hz(&self) -> Option<f64> {
        if self.clock_from_cpuinfo {
            return cpu::cpu_info().clock_hz;
        }
        let clocks: Vec<f64> = self.clocks.iter().filter_map(read_number::<f64>).collect();
        (!clocks.is_empty()).then(|| clocks.iter().sum::<f64>() / clocks.len() as f64 * 1e3)
    }
}

impl Default for CpuSensors {
    fn default() -> Self {
        Self::new()
    }
}

impl Sensors for CpuSensors {
    fn read(&mut self) -> Reading {
        let now = Instant::now();
        let energy = self.energy.iter_mut().map(EnergyCounter::joules).sum::<Option<f64>>();
        let energy = energy.filter(|_| !self.energy.is_empty());
        let power_watts = self.last_energy.zip(energy).and_then(|((then, before), joules)| {
            let secs = now.duration_since(then).as_secs_f64();
            (secs > 0.0).then(|| (joules - before) / secs)
        });
        self.last_energy = energy.map(|joules| (now, joules));

        let ticks = Ticks::read();
        let utilisation = ticks.zip(self.last_ticks).and_then(|(end, begin)| {
            let passed = end.since(begin);
            passed.share(passed.busy)
        });
        self.last_ticks = ticks;

        let throttle_count = self.throttle_counts.iter().map(read_number::<u64>).sum::<Option<u64>>();
        let throttled = throttle_count.zip(self.last_throttle_count).map(|(now, before)| now > before);
        self.last_throttle_count = throttle_count;

        Reading {
            power_watts,
            energy_counter_joules: energy,
            clock_hz: self.clock_hz(),
            temperature_celsius: self.temperature.as_ref().and_then(read_number::<f64>).map(|milli| milli / 1e3),
            utilisation,
            memory_used_bytes: MemoryInfo::read().used().map(|bytes| bytes as f64),
            throttled,
            ..Reading::default()
        }
    }
}

/// A RAPL counter, in microjoules, that starts again at zero after its maximum.
struct EnergyCounter {
    path: PathBuf,
    range: u64,
    last: u64,
    total: u64,
}

impl EnergyCounter {
    fn open(zone: PathBuf) -> Option<Self> {
        let (path, range) = (zone.join("energy_uj"), read_number(zone.join("max_energy_range_uj"))?);
        Some(Self { last: read_number(&path)?, path, range, total: 0 })
    }

    /// Energy since the counter was opened.
    fn joules(&mut self) -> Option<f64> {
        let value = read_number(&self.path)?;
        self.total = self.total.saturating_add(counted(self.last, value, self.range));
        self.last = value;
        Some(self.total as f64 / 1e6)
    }
}

/// What a counter that wraps at `range` counted between two readings.
fn counted(before: u64, now: u64, range: u64) -> u64 {
    if now >= before { now - before } else { range.saturating_sub(before).saturating_add(now) }
}

/// The file of the processor's own temperature, in thousandths of a degree.
fn find_temperature() -> Option<PathBuf> {
    let zone = entries("/sys/class/thermal", "thermal_zone")
        .into_iter()
        .find(|zone| read(zone.join("type")).is_some_and(|kind| is_cpu_sensor(&kind)))
        .map(|zone| zone.join("temp"));
    let monitor = || {
        entries("/sys/class/hwmon", "hwmon")
            .into_iter()
            .find(|monitor| read(monitor.join("name")).is_some_and(|name| is_cpu_sensor(&name)))
            .map(|monitor| monitor.join("temp1_input"))
    };
    zone.or_else(monitor).filter(|path| read_number::<f64>(path).is_some())
}

fn is_cpu_sensor(name: &str) -> bool {
    ["x86_pkg_temp", "coretemp", "k10temp", "zenpower"].contains(&name) || name.starts_with("cpu")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_energy_counter_may_wrap() {
        assert_eq!(counted(10, 25, 100), 15);
        assert_eq!(counted(90, 5, 100), 15);
        assert_eq!(counted(200, 5, 100), 5);
    }

    #[test]
    fn a_counter_sums_over_its_wraps() {
        let zone = tempfile::tempdir().unwrap();
        let write = |name: &str, value: &str| std::fs::write(zone.path().join(name), value).unwrap();
        write("max_energy_range_uj", "3000000\n");
        write("energy_uj", "2000000\n");
        let mut counter = EnergyCounter::open(zone.path().to_owned()).unwrap();
        assert_eq!(counter.joules(), Some(0.0));
        write("energy_uj", "500000\n");
        assert_eq!(counter.joules(), Some(1.5));
        write("energy_uj", "odd\n");
        assert_eq!(counter.joules(), None);
    }

    #[test]
    fn readings_are_plausible_and_cheap() {
        let mut sensors = CpuSensors::new();
        sensors.read();
        let start = Instant::now();
        while start.elapsed().as_millis() < 50 {
            std::hint::black_box(Instant::now());
        }
        let start = Instant::now();
        let reading = sensors.read();
        assert!(start.elapsed().as_millis() < 50, "{:?}", start.elapsed());
        assert!(reading.utilisation.is_none_or(|u| (0.0..=1.0).contains(&u)), "{reading:?}");
        assert!(reading.power_watts.is_none_or(|p| (0.0..5000.0).contains(&p)), "{reading:?}");
        #[cfg(target_os = "linux")]
        assert!(reading.memory_used_bytes.is_some_and(|bytes| bytes > 0.0));
    }
}
