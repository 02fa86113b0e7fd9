//! Commitments, queueing, fleet size, growth.

use serde_json::{Map, Value, json};

use super::inputs::Inputs;
use super::{CalcError, Function, Input};
use crate::CostError;
use crate::commitments::{
    ReservationLevel, breakeven_hours, breakeven_hours_paid_regardless, breakeven_utilisation,
    checkpoint_interval_secs, normal_cost, reservation_for_normal_demand, reservation_for_samples,
    spot_overhead_fraction, stack_by_load_duration,
};
use crate::growth::{cagr, compound, learning_curve, linear, logistic, price_decline};
use crate::queueing::{
    erlang_b, erlang_c, fleet_size, ggc_wait_secs, k_of_n_availability, mg1_wait_secs, mm1, mmc, servers_for_objective,
};

const LAMBDA: Input = Input::needed("lambda_rps", "arrivals a second");
const MU: Input = Input::needed("mu_rps", "requests one server serves a second");
const SERVERS: Input = Input::needed("servers", "number of servers");
const ERLANGS: Input = Input::needed("offered_erlangs", "arrivals a second over services a second of one server");
const UPFRONT: Input = Input::needed("upfront", "upfront payment");
const RESERVED_HOURLY: Input = Input::needed("reserved_hourly", "price of a reserved hour");
const ON_DEMAND: Input = Input::needed("on_demand", "price of an hour on demand");
const TERM: Input = Input::needed("term_h", "hours of the term");
const BASE: Input = Input::needed("base", "value at t = 0");
const T: Input = Input::needed("t", "time in periods: a number or a list");

/// The lowest point of a function with one minimum, by golden sections.
fn argmin(f: impl Fn(f64) -> f64, mut low: f64, mut high: f64) -> f64 {
    const GOLDEN: f64 = 0.618_033_988_749_894_9;
    for _ in 0..200 {
        let (a, b) = (high - GOLDEN * (high - low), low + GOLDEN * (high - low));
        if f(a) < f(b) { high = b } else { low = a }
    }
    0.5 * (low + high)
}

fn reservation(i: &Inputs<'_>) -> Result<Value, CalcError> {
    let (reserved, on_demand) = (i.number("reserved_rate")?, i.number("on_demand_rate")?);
    let as_json = |level: ReservationLevel| json!(level);
    match i.text("demand")? {
        "normal" => {
            let (mean, sd) = (i.number("mean")?, i.number("sd")?);
            i.answer(reservation_for_normal_demand(mean, sd, reserved, on_demand).map(|level| {
                let mut answer = as_json(level);
                let low = (mean - 8.0 * sd).max(0.0);
                let numeric = argmin(|r| normal_cost(r, mean, sd, reserved, on_demand), low, mean + 8.0 * sd);
                answer["numeric_argmin"] = Value::from(numeric);
                answer
            }))
        }
        "samples" => i.answer(reservation_for_samples(&i.numbers("samples")?, reserved, on_demand).map(as_json)),
        _ => Err(i.refused(CostError::invalid("demand", "must be \"normal\" or \"samples\""))),
    }
}

fn stack(i: &Inputs<'_>) -> Result<Value, CalcError> {
    let mut committed = Vec::new();
    let mut on_demand = None;
    for (name, rate) in i.named_numbers("rates")? {
        match name.as_str() {
            "od" => on_demand = Some(rate),
            _ => committed.push((name, rate)),
        }
    }
    let Some(on_demand) = on_demand else {
        return Err(i.refused(CostError::invalid("rates", "the on-demand rate `od` is missing")));
    };
    let rates: Vec<f64> = committed.iter().map(|(_, rate)| *rate).collect();
    i.answer(stack_by_load_duration(&i.numbers("demand_samples")?, &rates, on_demand).map(|stack| {
        let mut answer = Map::new();
        answer.insert("min_cost".to_owned(), Value::from(stack.min_cost));
        for ((name, _), level) in committed.iter().zip(&stack.levels) {
            // `y3` is the level of three years.
            let term = name.strip_prefix('y').map_or(name.clone(), |years| format!("{years}y"));
            answer.insert(format!("level_{term}"), Value::from(*level));
        }
        Value::from(answer)
    }))
}

pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        name: "reservation_breakeven_utilization",
        summary: "Utilisation from which on a reservation paid regardless beats on-demand; null where never.",
        source: "reserved / on-demand",
        inputs: &[Input::needed("reserved", "price of a reserved hour"), ON_DEMAND],
        run: |i| i.answer(breakeven_utilisation(i.number("reserved")?, i.number("on_demand")?)),
    },
    Function {
        name: "reservation_breakeven_hours",
        summary: "Hours from which on an upfront payment pays, reserved hours billed only when used; null where never.",
        source: "upfront / (on-demand - reserved)",
        inputs: &[UPFRONT, RESERVED_HOURLY, ON_DEMAND, TERM],
        run: |i| {
            let (upfront, hourly) = (i.number("upfront")?, i.number("reserved_hourly")?);
            i.answer(breakeven_hours(upfront, hourly, i.number("on_demand")?, i.number("term_h")?))
        },
    },
    Function {
        name: "reservation_breakeven_hours_paid_regardless",
        summary: "The same for a reservation whose hours are paid whether used or not.",
        source: "(upfront + reserved * term) / on-demand",
        inputs: &[UPFRONT, RESERVED_HOURLY, ON_DEMAND, TERM],
        run: |i| {
            let (upfront, hourly) = (i.number("upfront")?, i.number("reserved_hourly")?);
            i.answer(breakeven_hours_paid_regardless(upfront, hourly, i.number("on_demand")?, i.number("term_h")?))
        },
    },
    Function {
        name: "optimal_reservation_level",
        summary: "Units to reserve so that the expected cost is lowest, and that cost.",
        source: "newsvendor (Arrow, Harris & Marschak 1951): P(D > level) = reserved / on-demand",
        inputs: &[
            Input::needed("demand", "\"normal\" (with mean and sd) or \"samples\" (with samples)"),
            Input::optional("mean", "mean demand in units"),
            Input::optional("sd", "its standard deviation"),
            Input::optional("samples", "observed demand in units, hour by hour"),
            Input::needed("reserved_rate", "price of a reserved unit-hour"),
            Input::needed("on_demand_rate", "price of a unit-hour on demand"),
        ],
        run: reservation,
    },
    Function {
        name: "commitment_stack_by_load_duration",
        summary: "The cheapest commitments under a load-duration curve: `level_3y` for the rate `y3`, and so on.",
        source: "a slice is committed where its duty cycle exceeds committed / on-demand",
        inputs: &[
            Input::needed("demand_samples", "observed demand in units, hour by hour"),
            Input::needed("rates", "rates by term, such as {\"y3\": 0.4, \"y1\": 0.6, \"od\": 1}; `od` is on demand"),
        ],
        run: stack,
    },
    Function {
        name: "optimal_checkpoint_interval_s",
        summary: "Seconds between checkpoints that lose the least time.",
        source: "Young 1974; Daly 2006: sqrt(2 * checkpoint * MTBF)",
        inputs: &[
            Input::needed("checkpoint_s", "seconds to write a checkpoint"),
            Input::needed("mtbf_s", "mean seconds between failures (spot: between interruptions)"),
        ],
        run: |i| i.answer(checkpoint_interval_secs(i.number("checkpoint_s")?, i.number("mtbf_s")?)),
    },
    Function {
        name: "spot_overhead",
        summary: "Extra spot hours for checkpoints, lost work and restarts, as a fraction of the useful ones.",
        source: "first order of Young 1974, at its best interval",
        inputs: &[
            Input::needed("checkpoint_s", "seconds to write a checkpoint"),
            Input::needed("restart_s", "seconds from an interruption to useful work"),
            Input::needed("mtbi_s", "mean seconds between interruptions"),
        ],
        run: |i| {
            i.answer(spot_overhead_fraction(i.number("checkpoint_s")?, i.number("restart_s")?, i.number("mtbi_s")?))
        },
    },
    Function {
        name: "erlang_b",
        summary: "Probability that all servers are busy, without a queue.",
        source: "Erlang 1917, by recursion",
        inputs: &[ERLANGS, SERVERS],
        run: |i| i.answer(erlang_b(i.number("offered_erlangs")?, i.count("servers")?)),
    },
    Function {
        name: "erlang_c",
        summary: "Probability of having to wait.",
        source: "Erlang 1917: c B / (c - a (1 - B))",
        inputs: &[ERLANGS, SERVERS],
        run: |i| i.answer(erlang_c(i.number("offered_erlangs")?, i.count("servers")?)),
    },
    Function {
        name: "mmc_wait",
        summary: "M/M/c: waiting probability, service level, mean wait, occupancy.",
        source: "Erlang C; first-order headroom only for servers that batch continuously",
        inputs: &[
            Input::needed("arrivals_per_h", "arrivals an hour"),
            Input::needed("service_s", "mean seconds of service"),
            SERVERS,
            Input::needed("target_s", "wait of the service level in seconds"),
        ],
        run: |i| {
            let service = i.number("service_s")?;
            if service <= 0.0 {
                return Err(i.refused(CostError::invalid("service_s", "must be above 0")));
            }
            let queue = mmc(i.number("arrivals_per_h")? / 3600.0, 1.0 / service, i.count("servers")?);
            let target = i.number("target_s")?;
            i.answer(queue.map(|queue| {
                json!({
                    "offered_erlangs": queue.offered_erlangs,
                    "p_wait": queue.wait_probability,
                    "service_level": 1.0 - queue.wait_exceeds(target),
                    "mean_wait_s": queue.mean_wait_secs,
                    "occupancy": queue.occupancy,
                })
            }))
        },
    },
    Function {
        name: "min_servers_for_sla",
        summary: "The fewest servers with P(wait > wait_s) at most prob.",
        source: "Erlang C; first-order headroom only for servers that batch continuously",
        inputs: &[
            LAMBDA,
            MU,
            Input::needed("wait_s", "wait in seconds"),
            Input::needed("prob", "probability with which it may be exceeded"),
        ],
        run: |i| {
            let (lambda, mu, wait) = (i.number("lambda_rps")?, i.number("mu_rps")?, i.number("wait_s")?);
            i.answer(servers_for_objective(lambda, mu, wait, i.number("prob")?).map(|fleet| {
                json!({
                    "servers": fleet.servers,
                    "p_wait": fleet.queue.wait_probability,
                    "p_wait_gt_T": fleet.wait_exceeds,
                    "utilization": fleet.queue.occupancy,
                    "naive_ceil": fleet.without_headroom,
                })
            }))
        },
    },
    Function {
        name: "mm1",
        summary: "M/M/1: load, mean number and time in the system, mean wait, waiting probability.",
        source: "rho / (1 - rho), 1 / (mu - lambda)",
        inputs: &[LAMBDA, MU],
        run: |i| {
            i.answer(mm1(i.number("lambda_rps")?, i.number("mu_rps")?).map(|queue| {
                json!({
                    "rho": queue.load,
                    "L": queue.mean_in_system,
                    "W": queue.mean_time_secs,
                    "Wq": queue.mean_wait_secs,
                    "P_wait": queue.load,
                })
            }))
        },
    },
    Function {
        name: "mg1_wait",
        summary: "Mean wait in seconds of M/G/1.",
        source: "Pollaczek-Khinchine",
        inputs: &[
            LAMBDA,
            Input::needed("mean_s", "mean seconds of service"),
            Input::needed("cv_service", "coefficient of variation of the service time"),
        ],
        run: |i| i.answer(mg1_wait_secs(i.number("lambda_rps")?, i.number("mean_s")?, i.number("cv_service")?)),
    },
    Function {
        name: "ggc_wait_approx",
        summary: "Approximate mean wait in seconds of G/G/c.",
        source: "Allen-Cunneen: Wq(M/M/c) (ca2 + cs2) / 2",
        inputs: &[
            LAMBDA,
            MU,
            SERVERS,
            Input::needed("ca2", "squared coefficient of variation of the times between arrivals"),
            Input::needed("cs2", "squared coefficient of variation of the service times"),
        ],
        run: |i| {
            let (lambda, mu, servers) = (i.number("lambda_rps")?, i.number("mu_rps")?, i.count("servers")?);
            i.answer(ggc_wait_secs(lambda, mu, servers, i.number("ca2")?, i.number("cs2")?))
        },
    },
    Function {
        name: "k_of_n_availability",
        summary: "Probability that at least k of n independent units are available.",
        source: "binomial",
        inputs: &[
            Input::needed("k", "units needed"),
            Input::needed("n", "units there are"),
            Input::needed("unit_availability", "probability that a unit is available"),
        ],
        run: |i| i.answer(k_of_n_availability(i.count("k")?, i.count("n")?, i.number("unit_availability")?)),
    },
    Function {
        name: "fleet_size",
        summary: "Whole units for a peak that grows, with headroom and spares.",
        source: "ceil(peak (1 + growth)^years / (per_unit * target)) + spares",
        inputs: &[
            Input::needed("peak_demand", "peak demand now"),
            Input::needed("per_unit", "what one unit serves at full load, in the same unit"),
            Input::needed("target_utilization", "utilisation aimed at, a fraction"),
            Input::optional("growth_rate", "growth a year, a fraction; 0 where absent"),
            Input::optional("years", "years of growth; 0 where absent"),
            Input::optional("spares", "units beyond the need; 0 where absent"),
        ],
        run: |i| {
            let (peak, per_unit) = (i.number("peak_demand")?, i.number("per_unit")?);
            let (growth, years) = (i.number_or("growth_rate", 0.0)?, i.number_or("years", 0.0)?);
            let target = i.number("target_utilization")?;
            i.answer(fleet_size(peak, per_unit, target, growth, years, i.count_or("spares", 0)?))
        },
    },
    Function {
        name: "cagr",
        summary: "Compound annual growth rate, a fraction.",
        source: "(end / start)^(1/years) - 1",
        inputs: &[
            Input::needed("start", "value at the begin"),
            Input::needed("end", "value at the end"),
            Input::needed("years", "years between"),
        ],
        run: |i| i.answer(cagr(i.number("start")?, i.number("end")?, i.number("years")?)),
    },
    Function {
        name: "demand_linear",
        summary: "Linear growth.",
        source: "base + slope t",
        inputs: &[BASE, Input::needed("slope", "added each period"), T],
        run: |i| {
            let (base, slope) = (i.number("base")?, i.number("slope")?);
            i.each("t", |t| linear(base, slope, t))
        },
    },
    Function {
        name: "demand_compound",
        summary: "Compound growth.",
        source: "base (1 + rate)^t",
        inputs: &[BASE, Input::needed("rate", "growth a period, a fraction"), T],
        run: |i| {
            let (base, rate) = (i.number("base")?, i.number("rate")?);
            i.each("t", |t| compound(base, rate, t))
        },
    },
    Function {
        name: "demand_logistic",
        summary: "Logistic growth to a ceiling.",
        source: "capacity / (1 + exp(-k (t - midpoint)))",
        inputs: &[
            Input::needed("capacity", "the ceiling"),
            Input::needed("k", "steepness"),
            Input::needed("midpoint", "time of half the ceiling"),
            T,
        ],
        run: |i| {
            let (capacity, k, midpoint) = (i.number("capacity")?, i.number("k")?, i.number("midpoint")?);
            i.each("t", |t| logistic(capacity, k, midpoint, t))
        },
    },
    Function {
        name: "learning_curve",
        summary: "Cost of the n-th unit.",
        source: "Wright 1936: first n^(log2 progress)",
        inputs: &[
            Input::needed("first_unit", "cost of the first unit"),
            Input::needed("progress", "cost after each doubling as a fraction, such as 0.8"),
            Input::needed("n", "the unit: a number or a list"),
        ],
        run: |i| {
            let (first, progress) = (i.number("first_unit")?, i.number("progress")?);
            i.each("n", |n| learning_curve(first, progress, n))
        },
    },
    Function {
        name: "price_decline",
        summary: "A price after a steady decline; a negative decline is a rise.",
        source: "p0 (1 - d)^years",
        inputs: &[
            Input::needed("p0", "price now"),
            Input::needed("annual_decline", "fraction lost each year"),
            Input::needed("years", "years from now: a number or a list"),
        ],
        run: |i| {
            let (p0, decline) = (i.number("p0")?, i.number("annual_decline")?);
            i.each("years", |years| price_decline(p0, decline, years))
        },
    },
];
