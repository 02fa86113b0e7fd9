//! Commitments: when a reservation pays, how much to reserve, and how often to write a checkpoint on spot capacity.

use serde::{Deserialize, Serialize};

use crate::error::{CostError, answer, check, finite_list, fraction, non_negative, positive};
use crate::uncertainty::{normal_cdf, normal_pdf, normal_ppf};

/// The utilisation from which on a reservation that is paid regardless beats renting on demand: `reserved / on_demand`.
/// `None` where it never does (the reserved price is not below the other).
///
/// # Errors
/// Prices outside their range.
pub fn breakeven_utilisation(reserved: f64, on_demand: f64) -> Result<Option<f64>, CostError> {
    non_negative("reserved", reserved)?;
    positive("on_demand", on_demand)?;
    let utilisation = answer("reservation_breakeven_utilization", reserved / on_demand)?;
    Ok((utilisation <= 1.0).then_some(utilisation))
}

/// The hours of use from which on an upfront payment pays when the reserved hours are billed *only when used*:
/// `upfront / (on_demand - reserved)`. `None` where the term is too short or the reserved hour is no cheaper.
///
/// For reservations paid regardless see [`breakeven_hours_paid_regardless`].
///
/// # Errors
/// Prices or a term outside their range.
pub fn breakeven_hours(
    upfront: f64,
    reserved_hourly: f64,
    on_demand: f64,
    term_hours: f64,
) -> Result<Option<f64>, CostError> {
    non_negative("upfront", upfront)?;
    non_negative("reserved_hourly", reserved_hourly)?;
    non_negative("on_demand", on_demand)?;
    positive("term_h", term_hours)?;
    let hours = upfront / (on_demand - reserved_hourly);
    Ok((reserved_hourly < on_demand && hours <= term_hours).then_some(hours))
}

/// The same for a reservation paid regardless: `(upfront + reserved * term) / on_demand`.
///
/// # Errors
/// Prices or a term outside their range.
pub fn breakeven_hours_paid_regardless(
    upfront: f64,
    reserved_hourly: f64,
    on_demand: f64,
    term_hours: f64,
) -> Result<Option<f64>, CostError> {
    non_negative("upfront", upfront)?;
    non_negative("reserved_hourly", reserved_hourly)?;
    positive("on_demand", on_demand)?;
    positive("term_h", term_hours)?;
    let hours = (upfront + reserved_hourly * term_hours) / on_demand;
    Ok((hours <= term_hours).then_some(hours))
}

/// How much to reserve, and what that costs an hour.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReservationLevel {
    /// Units to reserve.
    pub level: f64,
    /// Expected cost with it.
    pub expected_cost: f64,
    /// Expected cost with none.
    pub all_on_demand: f64,
    /// Expected cost when the mean demand is reserved.
    pub reserve_mean: f64,
}

/// The reservation level for normal demand: minimise `c_r R + c_o E[(D - R)+]`, so `P(D > R*) = c_r / c_o`.
///
/// Source: the newsvendor of Arrow, Harris & Marschak 1951. The level is not below 0.
///
/// # Errors
/// A deviation not above 0, a reserved rate not above 0 or not below the on-demand one.
pub fn reservation_for_normal_demand(
    mean: f64,
    sd: f64,
    reserved_rate: f64,
    on_demand_rate: f64,
) -> Result<ReservationLevel, CostError> {
    non_negative("mean", mean)?;
    positive("sd", sd)?;
    let ratio = rate_ratio(reserved_rate, on_demand_rate)?;
    let cost = |level: f64| normal_cost(level, mean, sd, reserved_rate, on_demand_rate);
    let level = (mean + sd * normal_ppf(1.0 - ratio)).max(0.0);
    Ok(ReservationLevel {
        level,
        expected_cost: answer("expected_cost", cost(level))?,
        all_on_demand: answer("all_on_demand", on_demand_rate * mean)?,
        reserve_mean: answer("reserve_mean", cost(mean))?,
    })
}

/// The expected cost of reserving `level` under normal demand; `E[(D - R)+]` has a closed form.
pub fn normal_cost(level: f64, mean: f64, sd: f64, reserved_rate: f64, on_demand_rate: f64) -> f64 {
    let z = (mean - level) / sd;
    let overflow = (mean - level) * normal_cdf(z) + sd * normal_pdf(z);
    reserved_rate * level + on_demand_rate * overflow
}

fn rate_ratio(reserved_rate: f64, on_demand_rate: f64) -> Result<f64, CostError> {
    positive("on_demand_rate", on_demand_rate)?;
    let ok = reserved_rate > 0.0 && reserved_rate < on_demand_rate;
    check("reserved_rate", reserved_rate, ok, "above 0 and below the on-demand rate")?;
    Ok(reserved_rate / on_demand_rate)
}

/// The reservation level for observed demand, by the order statistic; where the optimum is flat, the smallest.
///
/// # Errors
/// An empty list, a negative demand, rates outside their range.
pub fn reservation_for_samples(
    demand: &[f64],
    reserved_rate: f64,
    on_demand_rate: f64,
) -> Result<ReservationLevel, CostError> {
    rate_ratio(reserved_rate, on_demand_rate)?;
    let stack = stack_by_load_duration(demand, &[reserved_rate], on_demand_rate)?;
    let mean = demand.iter().sum::<f64>() / demand.len() as f64;
    let overflow = demand.iter().map(|d| (d - mean).max(0.0)).sum::<f64>() / demand.len() as f64;
    Ok(ReservationLevel {
        level: stack.levels.iter().sum(),
        expected_cost: stack.min_cost,
        all_on_demand: on_demand_rate * mean,
        reserve_mean: reserved_rate * mean + on_demand_rate * overflow,
    })
}

/// The cheapest stack of commitments under a load-duration curve.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CommitmentStack {
    /// Units committed at each of the given rates, in their order.
    pub levels: Vec<f64>,
    /// Cost an hour on average, on-demand overflow included.
    pub min_cost: f64,
}

/// Reserves each slice of demand whose duty cycle exceeds `rate / on_demand`, at the cheapest of the given rates.
///
/// At one horizon the cheapest commitment dominates the others; terms differ in risk, so give dearer-looking long
/// terms their risk as a mark-up on the rate. Where the optimum is flat, less is committed.
///
/// # Errors
/// An empty list, a negative demand or rate.
pub fn stack_by_load_duration(
    demand: &[f64],
    committed_rates: &[f64],
    on_demand_rate: f64,
) -> Result<CommitmentStack, CostError> {
    finite_list("demand_samples", demand)?;
    for (i, units) in demand.iter().enumerate() {
        non_negative(&format!("demand_samples[{i}]"), *units)?;
    }
    finite_list("rates", committed_rates)?;
    for (i, rate) in committed_rates.iter().enumerate() {
        non_negative(&format!("rates[{i}]"), *rate)?;
    }
    non_negative("on-demand rate", on_demand_rate)?;
    let mut levels = vec![0.0; committed_rates.len()];
    let cheapest = committed_rates.iter().enumerate().min_by(|a, b| a.1.total_cmp(b.1));
    let Some((cheapest, rate)) = cheapest else { return Err(CostError::invalid("rates", "give at least one")) };
    let mut sorted = demand.to_vec();
    sorted.sort_by(f64::total_cmp);
    let count = sorted.len() as f64;
    for (below, units) in sorted.iter().enumerate() {
        // The slice up to this demand is used by all samples that are not below it.
        let duty = (count - below as f64) / count;
        if *rate < on_demand_rate * duty * (1.0 - 1e-12) {
            levels[cheapest] = *units;
        }
    }
    let overflow = sorted.iter().map(|d| (d - levels[cheapest]).max(0.0)).sum::<f64>() / count;
    let min_cost = answer("min_cost", rate * levels[cheapest] + on_demand_rate * overflow)?;
    Ok(CommitmentStack { levels, min_cost })
}

/// The interval between checkpoints that loses the least time: `sqrt(2 * checkpoint * MTBF)`.
///
/// On spot capacity the mean time between failures is that between interruptions. Source: Young 1974, of which
/// Daly 2006 is the higher-order form.
///
/// # Errors
/// Times not above 0.
pub fn checkpoint_interval_secs(checkpoint_secs: f64, mtbf_secs: f64) -> Result<f64, CostError> {
    positive("checkpoint_s", checkpoint_secs)?;
    positive("mtbf_s", mtbf_secs)?;
    answer("optimal_checkpoint_interval_s", (2.0 * checkpoint_secs * mtbf_secs).sqrt())
}

/// The extra hours of spot capacity as a fraction of the useful ones: checkpoints, lost work and restarts,
/// `checkpoint / interval + (interval / 2 + restart) / MTBI`, at the interval of [`checkpoint_interval_secs`].
///
/// First order: good while interruptions are rare against the interval.
///
/// # Errors
/// Times outside their range, or interruptions so frequent that the approximation does not hold (more than 1).
pub fn spot_overhead_fraction(checkpoint_secs: f64, restart_secs: f64, mtbi_secs: f64) -> Result<f64, CostError> {
    non_negative("restart_s", restart_secs)?;
    let interval = checkpoint_interval_secs(checkpoint_secs, mtbi_secs)?;
    let overhead = checkpoint_secs / interval + (0.5 * interval + restart_secs) / mtbi_secs;
    check("overhead", overhead, overhead <= 1.0, "at most 1; interruptions are too frequent for this workload")
}

/// The largest share of a fleet on spot capacity when losing it all at once may cost at most `tolerable_loss` of the
/// capacity and a fraction `simultaneous` of the spot units can be withdrawn together.
///
/// # Errors
/// A fraction outside [0, 1].
pub fn spot_share_cap(tolerable_loss: f64, simultaneous: f64) -> Result<f64, CostError> {
    fraction("tolerable_loss", tolerable_loss)?;
    fraction("simultaneous", simultaneous)?;
    Ok(if simultaneous <= tolerable_loss { 1.0 } else { tolerable_loss / simultaneous })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn break_even() {
        assert!((breakeven_utilisation(8.197, 21.5).unwrap().unwrap() - 0.381_255_813_953_488_34).abs() < 1e-12);
        assert_eq!(breakeven_utilisation(2.0, 1.0), Ok(None));
        assert!((breakeven_hours(5_000.0, 0.3, 1.2, 8_760.0).unwrap().unwrap() - 5_555.555_555_555_556).abs() < 1e-9);
        assert_eq!(breakeven_hours(5_000.0, 1.2, 1.2, 8_760.0), Ok(None));
        let regardless = breakeven_hours_paid_regardless(5_000.0, 0.3, 1.2, 8_760.0).unwrap().unwrap();
        assert!((regardless - 6_356.666_666_666_667).abs() < 1e-9);
    }

    #[test]
    fn the_newsvendor_beats_its_neighbours() {
        let best = reservation_for_normal_demand(100.0, 20.0, 0.6, 1.0).unwrap();
        assert!((best.level - 94.933_057_937_284).abs() < 1e-9);
        assert!((best.expected_cost - 67.726_850_669_937_2).abs() < 1e-9);
        for step in [-5.0, -0.1, 0.1, 5.0] {
            assert!(normal_cost(best.level + step, 100.0, 20.0, 0.6, 1.0) > best.expected_cost);
        }
    }

    #[test]
    fn the_stack_is_the_brute_force_one() {
        let demand = [40.0, 55.0, 60.0, 62.0, 70.0, 75.0, 80.0, 90.0, 110.0, 160.0];
        let stack = stack_by_load_duration(&demand, &[0.4, 0.6], 1.0).unwrap();
        assert_eq!((stack.levels.as_slice(), stack.min_cost), (&[75.0, 0.0][..], 44.0));
        let cost = |level: f64| 0.4 * level + demand.iter().map(|d| (d - level).max(0.0)).sum::<f64>() / 10.0;
        assert!((0..=160).all(|level| cost(f64::from(level)) >= stack.min_cost - 1e-9));
        assert_eq!(reservation_for_samples(&demand, 0.4, 1.0).unwrap().level, 75.0);
    }

    #[test]
    fn spot() {
        assert!((checkpoint_interval_secs(60.0, 21_600.0).unwrap() - 1_609.968_943_799_848_6).abs() < 1e-9);
        let overhead = spot_overhead_fraction(60.0, 120.0, 21_600.0).unwrap();
        assert!((overhead - (60.0 / 1_609.968_943_799_848_6 * 2.0 + 120.0 / 21_600.0)).abs() < 1e-9);
        assert!(spot_overhead_fraction(600.0, 600.0, 900.0).is_err());
        assert_eq!(spot_share_cap(0.2, 0.5), Ok(0.4));
    }
}
