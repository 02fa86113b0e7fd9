//! Queueing headroom and fleet size.
//!
//! Servers that batch continuously (LLM servers) are nearer to processor sharing than to M/M/c: take these results as
//! first-order headroom and calibrate with measured latency against load.

use serde::{Deserialize, Serialize};

use crate::error::{CostError, answer, check, finite, non_negative, positive, proper_fraction};

/// The largest number of servers that is looked at.
const MAX_SERVERS: u64 = 10_000_000;

fn servers(field: &str, count: u64) -> Result<u64, CostError> {
    let ok = (1..=MAX_SERVERS).contains(&count);
    check(field, count as f64, ok, "a whole number between 1 and 10000000").map(|_| count)
}

/// Erlang B, the probability that all of `count` servers are busy when there is no queue, for an offered load
/// `a = lambda / mu`: `B(0) = 1, B(k) = a B / (k + a B)`. The recursion, for factorials overflow from about 170 on.
///
/// # Errors
/// A negative load, no servers.
pub fn erlang_b(offered_erlangs: f64, count: u64) -> Result<f64, CostError> {
    non_negative("offered_erlangs", offered_erlangs)?;
    servers("servers", count)?;
    let blocking = (1..=count).fold(1.0, |blocking, k| {
        let busy = offered_erlangs * blocking;
        busy / (k as f64 + busy)
    });
    answer("erlang_b", blocking)
}

/// Erlang C, the probability of having to wait: `C = c B / (c - a (1 - B))`.
///
/// # Errors
/// An offered load of `count` erlangs or more: the queue would grow without end.
pub fn erlang_c(offered_erlangs: f64, count: u64) -> Result<f64, CostError> {
    let blocking = erlang_b(offered_erlangs, count)?;
    stable(offered_erlangs, count)?;
    Ok(c_from_b(blocking, offered_erlangs, count))
}

fn c_from_b(blocking: f64, offered_erlangs: f64, count: u64) -> f64 {
    let c = count as f64;
    c * blocking / (c - offered_erlangs * (1.0 - blocking))
}

fn stable(offered_erlangs: f64, count: u64) -> Result<(), CostError> {
    if offered_erlangs < count as f64 {
        return Ok(());
    }
    Err(CostError::invalid(
        "servers",
        format!("{count} cannot carry {offered_erlangs} erlangs: the queue grows without end; more are needed"),
    ))
}

/// An M/M/c queue in its steady state.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct MultiServer {
    /// Offered load `lambda / mu`.
    pub offered_erlangs: f64,
    /// Probability of having to wait.
    pub wait_probability: f64,
    /// Mean wait of all arrivals.
    pub mean_wait_secs: f64,
    /// Fraction of the servers busy.
    pub occupancy: f64,
    arrivals_per_sec: f64,
    capacity_per_sec: f64,
}

impl MultiServer {
    /// Probability of waiting longer: `P(W > T) = C exp(-(c mu - lambda) T)`.
    pub fn wait_exceeds(&self, secs: f64) -> f64 {
        self.wait_probability * (-(self.capacity_per_sec - self.arrivals_per_sec) * secs.max(0.0)).exp()
    }

    /// The wait that a fraction `quantile` of the arrivals does not exceed.
    pub fn wait_quantile_secs(&self, quantile: f64) -> Option<f64> {
        if !(0.0..1.0).contains(&quantile) {
            return None;
        }
        let exceeded = 1.0 - quantile;
        if self.wait_probability <= exceeded {
            return Some(0.0);
        }
        Some((self.wait_probability / exceeded).ln() / (self.capacity_per_sec - self.arrivals_per_sec))
    }
}

/// M/M/c: Poisson arrivals, exponential service, `count` servers. Source: Erlang 1917; Gross & Harris ch. 2.
///
/// # Errors
/// Rates not above 0, or more load than the servers can carry.
pub fn mmc(arrivals_per_sec: f64, service_per_sec: f64, count: u64) -> Result<MultiServer, CostError> {
    non_negative("arrivals_per_sec", arrivals_per_sec)?;
    positive("service_per_sec", service_per_sec)?;
    let offered_erlangs = answer("offered_erlangs", arrivals_per_sec / service_per_sec)?;
    let wait_probability = erlang_c(offered_erlangs, count)?;
    let capacity_per_sec = count as f64 * service_per_sec;
    Ok(MultiServer {
        offered_erlangs,
        wait_probability,
        mean_wait_secs: wait_probability / (capacity_per_sec - arrivals_per_sec),
        occupancy: offered_erlangs / count as f64,
        arrivals_per_sec,
        capacity_per_sec,
    })
}

/// An M/M/1 queue in its steady state.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct SingleServer {
    /// Load `lambda / mu`, which is the probability of having to wait, too.
    pub load: f64,
    /// Mean number in the system.
    pub mean_in_system: f64,
    /// Mean time in the system.
    pub mean_time_secs: f64,
    /// Mean wait.
    pub mean_wait_secs: f64,
}

/// M/M/1: `L = rho / (1 - rho)`, `W = 1 / (mu - lambda)`.
///
/// # Errors
/// As [`mmc`].
pub fn mm1(arrivals_per_sec: f64, service_per_sec: f64) -> Result<SingleServer, CostError> {
    non_negative("lambda_rps", arrivals_per_sec)?;
    positive("mu_rps", service_per_sec)?;
    let load = arrivals_per_sec / service_per_sec;
    stable(load, 1)?;
    let mean_time_secs = 1.0 / (service_per_sec - arrivals_per_sec);
    Ok(SingleServer {
        load,
        mean_in_system: load / (1.0 - load),
        mean_time_secs,
        mean_wait_secs: load * mean_time_secs,
    })
}

/// Mean wait of M/G/1 by Pollaczek-Khinchine: `lambda E[S^2] / (2 (1 - rho))`, `E[S^2] = mean^2 (1 + cv^2)`.
///
/// # Errors
/// Negative values, or a load of 1 or more.
pub fn mg1_wait_secs(arrivals_per_sec: f64, mean_service_secs: f64, cv_service: f64) -> Result<f64, CostError> {
    non_negative("lambda_rps", arrivals_per_sec)?;
    positive("mean_s", mean_service_secs)?;
    non_negative("cv_service", cv_service)?;
    let load = arrivals_per_sec * mean_service_secs;
    stable(load, 1)?;
    let second_moment = mean_service_secs * mean_service_secs * (1.0 + cv_service * cv_service);
    answer("mg1_wait", arrivals_per_sec * second_moment / (2.0 * (1.0 - load)))
}

/// Mean wait of G/G/c by Allen & Cunneen: M/M/c's times `(ca2 + cs2) / 2`, the squared coefficients of variation of
/// arrivals and service. An approximation.
///
/// # Errors
/// As [`mmc`], or a negative coefficient.
pub fn ggc_wait_secs(
    arrivals_per_sec: f64,
    service_per_sec: f64,
    count: u64,
    ca2: f64,
    cs2: f64,
) -> Result<f64, CostError> {
    non_negative("ca2", ca2)?;
    non_negative("cs2", cs2)?;
    let queue = mmc(arrivals_per_sec, service_per_sec, count)?;
    answer("ggc_wait_approx", queue.mean_wait_secs * (ca2 + cs2) / 2.0)
}

/// A fleet that meets a service level.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct ServersForObjective {
    /// The fewest servers.
    pub servers: u64,
    /// What `ceil(lambda / mu)` would have been.
    pub without_headroom: u64,
    /// The queue with them.
    pub queue: MultiServer,
    /// Probability of waiting longer than asked for.
    pub wait_exceeds: f64,
}

/// The fewest servers with `P(W > wait_secs) <= probability` in M/M/c.
///
/// # Errors
/// Values outside their range, or a need of more than ten million servers.
pub fn servers_for_objective(
    arrivals_per_sec: f64,
    service_per_sec: f64,
    wait_secs: f64,
    probability: f64,
) -> Result<ServersForObjective, CostError> {
    servers_with_variability(arrivals_per_sec, service_per_sec, wait_secs, probability, 1.0)
}

/// As [`servers_for_objective`] with the Allen-Cunneen factor `(ca2 + cs2) / 2` on the wait: the wait beyond which the
/// probability counts is divided by it.
///
/// # Errors
/// As [`servers_for_objective`].
pub fn servers_with_variability(
    arrivals_per_sec: f64,
    service_per_sec: f64,
    wait_secs: f64,
    probability: f64,
    variability: f64,
) -> Result<ServersForObjective, CostError> {
    positive("lambda_rps", arrivals_per_sec)?;
    positive("mu_rps", service_per_sec)?;
    non_negative("wait_s", wait_secs)?;
    check("prob", probability, probability > 0.0 && probability < 1.0, "a probability above 0 and below 1")?;
    positive("variability", variability)?;
    let offered = arrivals_per_sec / service_per_sec;
    check("offered load", offered, offered < MAX_SERVERS as f64, "below 10000000 erlangs; check the rates")?;
    let without_headroom = offered.ceil().max(1.0) as u64;
    let mut blocking = 1.0;
    for count in 1..=MAX_SERVERS {
        let busy = offered * blocking;
        blocking = busy / (count as f64 + busy);
        if (count as f64) <= offered {
            continue;
        }
        let waiting = c_from_b(blocking, offered, count);
        let spare = count as f64 * service_per_sec - arrivals_per_sec;
        if waiting * (-spare * wait_secs / variability).exp() <= probability {
            let queue = mmc(arrivals_per_sec, service_per_sec, count)?;
            let wait_exceeds = queue.wait_exceeds(wait_secs / variability);
            return Ok(ServersForObjective { servers: count, without_headroom, queue, wait_exceeds });
        }
    }
    Err(CostError::invalid("servers", "more than 10000000 are needed; check the rates"))
}

/// Probability that at least `k` of `n` independent units are available (binomial).
///
/// # Errors
/// `k` above `n`, an availability outside [0, 1].
pub fn k_of_n_availability(k: u64, n: u64, unit_availability: f64) -> Result<f64, CostError> {
    crate::error::fraction("unit_availability", unit_availability)?;
    check("n", n as f64, (1..=1_000_000).contains(&n), "between 1 and 1000000")?;
    check("k", k as f64, k <= n, "at most n")?;
    let (up, down) = (unit_availability, 1.0 - unit_availability);
    if up == 0.0 || down == 0.0 {
        return Ok(if up == 1.0 || k == 0 { 1.0 } else { 0.0 });
    }
    // The shorter tail is summed, in logarithms: C(n, i) overflows from n about 1000 on.
    let n = n as f64;
    let log_choose = |i: f64| libm::lgamma(n + 1.0) - libm::lgamma(i + 1.0) - libm::lgamma(n - i + 1.0);
    let term = |i: u64| {
        let i = i as f64;
        (log_choose(i) + i * up.ln() + (n - i) * down.ln()).exp()
    };
    let tail = if k as f64 > n * up { (k..=n as u64).map(term).sum() } else { 1.0 - (0..k).map(term).sum::<f64>() };
    Ok(f64::clamp(tail, 0.0, 1.0))
}

/// How many spare units make at least `needed` available with probability `target`; `None` where a thousand do not.
///
/// # Errors
/// A value outside its range.
pub fn spares_for_availability(needed: u64, unit_availability: f64, target: f64) -> Result<Option<u64>, CostError> {
    proper_fraction("unit_availability", unit_availability)?;
    check("target", target, target > 0.0 && target < 1.0, "a probability above 0 and below 1")?;
    for spares in 0..=1_000 {
        if k_of_n_availability(needed, needed + spares, unit_availability)? >= target {
            return Ok(Some(spares));
        }
    }
    Ok(None)
}

/// Units for a peak that grows: `ceil(peak (1 + growth)^years / (per_unit * target)) + spares`.
///
/// # Errors
/// A value outside its range.
pub fn fleet_size(
    peak_demand: f64,
    per_unit: f64,
    target_utilisation: f64,
    growth_rate: f64,
    years: f64,
    spares: u64,
) -> Result<u64, CostError> {
    non_negative("peak_demand", peak_demand)?;
    positive("per_unit", per_unit)?;
    proper_fraction("target_utilization", target_utilisation)?;
    finite("years", years)?;
    let peak = crate::growth::compound(peak_demand, growth_rate, years)?;
    let units = crate::evaluation::whole(peak / (per_unit * target_utilisation));
    check("units needed", units, units <= 1e12, "at most 1e12; check demand and capacity of a unit")?;
    Ok(units as u64 + spares)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_call_centre_of_ten_erlangs() {
        let queue = mmc(200.0 / 3600.0, 1.0 / 180.0, 14).unwrap();
        assert!((queue.wait_probability - 0.174).abs() < 5e-4);
        assert!((1.0 - queue.wait_exceeds(20.0) - 0.888).abs() < 5e-4);
        assert!((queue.mean_wait_secs - 7.8).abs() < 0.05);
        let slowest = queue.wait_quantile_secs(0.99).unwrap();
        assert!((queue.wait_exceeds(slowest) - 0.01).abs() < 1e-12);
        assert_eq!(queue.wait_quantile_secs(0.5), Some(0.0));
    }

    #[test]
    fn one_server_is_the_same_by_every_formula() {
        let single = mm1(8.0, 10.0).unwrap();
        assert!((single.mean_wait_secs - 0.4).abs() < 1e-12);
        assert!((mmc(8.0, 10.0, 1).unwrap().mean_wait_secs - 0.4).abs() < 1e-12);
        assert!((mg1_wait_secs(8.0, 0.1, 1.0).unwrap() - 0.4).abs() < 1e-12);
    }

    #[test]
    fn the_fewest_servers_are_the_fewest() {
        let fleet = servers_for_objective(400.0, 48.0, 0.05, 0.01).unwrap();
        assert_eq!((fleet.servers, fleet.without_headroom), (10, 9));
        assert!((fleet.wait_exceeds - 0.008_930_899_814_552_73).abs() < 1e-9);
        assert!(mmc(400.0, 48.0, 9).unwrap().wait_exceeds(0.05) > 0.01);
        assert!(servers_with_variability(400.0, 48.0, 0.05, 0.01, 3.0).unwrap().servers > 10);
    }

    #[test]
    fn large_fleets_do_not_overflow() {
        let blocking = erlang_b(10_000.0, 10_100).unwrap();
        assert!(blocking > 0.0 && blocking < 0.01);
        assert!(k_of_n_availability(9_900, 10_000, 0.995).unwrap() > 0.99);
    }

    #[test]
    fn an_overloaded_queue_is_refused() {
        let error = mmc(10.0, 1.0, 10).unwrap_err();
        assert!(error.to_string().contains("10 erlangs"), "{error}");
    }

    #[test]
    fn availability_of_a_fleet() {
        assert!((k_of_n_availability(8, 10, 0.99).unwrap() - 0.999_886_150_882_094_2).abs() < 1e-12);
        assert_eq!(k_of_n_availability(0, 10, 0.5), Ok(1.0));
        let spares = spares_for_availability(8, 0.99, 0.9995).unwrap().unwrap();
        assert_eq!(spares, 2);
        assert_eq!(fleet_size(12_000.0, 850.0, 0.7, 0.45, 2.0, 1), Ok(44));
    }
}
