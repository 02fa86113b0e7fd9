//! Load that is not ours.

use std::time::Instant;

use assay_core::environment::ForeignLoad;

use super::read;

/// Fewer clock ticks than this say nothing about a share.
const MIN_TICKS: f64 = 10.0;

/// Measures what else keeps the processors busy between a start and an end.
///
/// It takes this process (and children it has waited for) for ours and everything else for foreign, so it must live
/// in the process that executes the workload.
#[derive(Clone, Debug)]
pub struct ForeignLoadMeter {
    begin: Instant,
    load_average: Option<f64>,
    ticks: Option<Ticks>,
    own_ticks: Option<u64>,
}

impl ForeignLoadMeter {
    /// Starts to measure.
    pub fn start() -> Self {
        Self {
            begin: Instant::now(),
            load_average: parse_load_average(&read("/proc/loadavg").unwrap_or_default()),
            ticks: Ticks::read(),
            own_ticks: own_ticks(),
        }
    }

    /// The load of others since the start. Shares are absent when the time was too short to tell (100 ms).
    pub fn finish(self) -> ForeignLoad {
        let elapsed_ticks = ticks_per_sec().map(|rate| self.begin.elapsed().as_secs_f64() * rate);
        let elapsed_ticks = elapsed_ticks.filter(|ticks| *ticks >= MIN_TICKS);
        let passed = self.ticks.zip(Ticks::read()).map(|(begin, end)| end.since(begin));
        let own = self.own_ticks.zip(own_ticks()).map(|(begin, end)| end.saturating_sub(begin));
        ForeignLoad {
            load_average: self.load_average,
            steal: elapsed_ticks.and(passed).and_then(|passed| passed.share(passed.steal)),
            foreign_busy_cpus: elapsed_ticks
                .zip(passed)
                .zip(own)
                .map(|((elapsed, passed), own)| passed.busy.saturating_sub(own) as f64 / elapsed),
        }
    }
}

/// Time of all processors, in clock ticks.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Ticks {
    pub busy: u64,
    pub idle: u64,
    pub steal: u64,
}

impl Ticks {
    pub(super) fn read() -> Option<Self> {
        Self::parse(&read("/proc/stat")?)
    }

    /// The first line of /proc/stat: user nice system idle iowait irq softirq steal guest guest_nice. Time of guests
    /// is counted in user and nice already.
    fn parse(text: &str) -> Option<Self> {
        let fields: Vec<u64> =
            text.lines().next()?.strip_prefix("cpu ")?.split_whitespace().map_while(|v| v.parse().ok()).collect();
        let at = |i: usize| fields.get(i).copied().unwrap_or(0);
        let sum = |positions: &[usize]| positions.iter().fold(0_u64, |sum, i| sum.saturating_add(at(*i)));
        (fields.len() >= 4).then(|| Self { busy: sum(&[0, 1, 2, 5, 6]), idle: sum(&[3, 4]), steal: at(7) })
    }

    pub(super) fn since(self, begin: Self) -> Self {
        Self {
            busy: self.busy.saturating_sub(begin.busy),
            idle: self.idle.saturating_sub(begin.idle),
            steal: self.steal.saturating_sub(begin.steal),
        }
    }

    /// `part` of all ticks; `None` when none passed.
    pub(super) fn share(self, part: u64) -> Option<f64> {
        let all = self.busy as f64 + self.idle as f64 + self.steal as f64;
        (all > 0.0).then(|| part as f64 / all)
    }
}

/// Processor time of this process and the children it has waited for.
fn own_ticks() -> Option<u64> {
    parse_own_ticks(&read("/proc/self/stat")?)
}

/// utime, stime, cutime and cstime: fields 14 to 17. The name in field 2 may hold spaces and parentheses.
fn parse_own_ticks(text: &str) -> Option<u64> {
    let after_name = text.rsplit_once(')')?.1;
    let times = after_name.split_whitespace().skip(11).take(4).map(|v| v.parse().ok());
    let times = times.collect::<Option<Vec<u64>>>().filter(|times| times.len() == 4)?;
    Some(times.iter().fold(0, |sum: u64, t| sum.saturating_add(*t)))
}

fn parse_load_average(text: &str) -> Option<f64> {
    text.split_whitespace().next()?.parse().ok().filter(|v: &f64| v.is_finite() && *v >= 0.0)
}

fn ticks_per_sec() -> Option<f64> {
    #[cfg(unix)]
    {
        // SAFETY: asks for a constant.
        let ticks = unsafe { libc::sysconf(libc::_SC_CLK_TCK) };
        (ticks > 0).then_some(ticks as f64)
    }
    #[cfg(not(unix))]
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn proc_stat_is_split_into_busy_idle_and_steal() {
        let begin = Ticks::parse("cpu  100 10 20 1000 50 1 2 30 5 0\ncpu0 1 1 1 1\n").unwrap();
        assert_eq!(begin, Ticks { busy: 133, idle: 1050, steal: 30 });
        let end = Ticks::parse("cpu  160 10 20 1030 50 1 2 40 5 0\n").unwrap();
        let passed = end.since(begin);
        assert_eq!(passed.share(passed.steal), Some(0.1));
        assert_eq!(passed.share(passed.busy), Some(0.6));
        assert_eq!(end.since(end).share(0), None);
        assert_eq!(Ticks::parse("intr 1 2 3"), None);
        assert_eq!(Ticks::parse("cpu  1 2"), None);
    }

    #[test]
    fn a_process_name_may_hold_anything() {
        let text = "42 (a) b (c)) R 1 2 3 4 5 6 7 8 9 10 250 50 7 3 20 0 1 0";
        assert_eq!(parse_own_ticks(text), Some(310));
        assert_eq!(parse_own_ticks("42 (cat) R 1 2"), None);
    }

    #[test]
    fn load_average_is_the_first_number() {
        assert_eq!(parse_load_average("2.56 2.26 1.55 3/200 31453"), Some(2.56));
        assert_eq!(parse_load_average("NaN"), None);
        assert_eq!(parse_load_average(""), None);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn our_own_work_is_not_foreign() {
        let others_only = ForeignLoadMeter::start();
        let mut everything = others_only.clone();
        everything.own_ticks = Some(u64::MAX); // Nothing is subtracted.
        let mut x = 1.0_f64;
        while others_only.begin.elapsed().as_secs_f64() < 0.4 {
            x = std::hint::black_box(x.sqrt() + 1.0);
        }
        let (others, all) = (others_only.finish(), everything.finish());
        let (others, all) = (others.foreign_busy_cpus.unwrap(), all.foreign_busy_cpus.unwrap());
        // One thread of ours was busy, less what the system did not give it.
        assert!(all - others > 0.05, "{all} {others}");
        assert!(ForeignLoadMeter::start().finish().foreign_busy_cpus.is_none());
    }

    proptest! {
        #[test]
        fn no_text_makes_it_fail(text in any::<String>(), numbers in "(cpu |[0-9]+ \\(.*\\) R )([0-9]{1,25} ){0,20}") {
            for text in [text, numbers] {
                Ticks::parse(&text);
                parse_own_ticks(&text);
                parse_load_average(&text);
            }
        }
    }
}
