//! Uncertainty and the value of waiting.

use serde_json::{Value, json};

use super::expression::Expression;
use super::inputs::Inputs;
use super::{CalcError, Function, Input};
use crate::CostError;
use crate::options::{black_scholes_call, mcdonald_siegel, one_step_deferral};
use crate::uncertainty::{
    Distribution, LatinHypercube, lognormal_parameters, mc_standard_error, pert_shape, quantile_type7, sobol_indices,
    tornado,
};
use crate::unit_cost::cost_per_million;

const LOW: Input = Input::needed("low", "lower end");
const MODE: Input = Input::needed("mode", "likeliest value");
const HIGH: Input = Input::needed("high", "upper end");
const Q: Input = Input::needed("q", "fraction: a number or a list");
const SEED: Input = Input::optional("seed", "seed; 1 where absent");

/// The phrase for the cost of a million tokens from `price`, `thr` and `util`.
const PER_MILLION_TOKENS: &str = "usd per 1M tokens";

fn triangular(i: &Inputs<'_>) -> Result<Distribution, CalcError> {
    Ok(Distribution::Triangular { low: i.number("low")?, mode: i.number("mode")?, high: i.number("high")? })
}

fn pert(i: &Inputs<'_>) -> Result<Value, CalcError> {
    let (low, mode, high, lambda) = (i.number("low")?, i.number("mode")?, i.number("high")?, i.number_or("lam", 4.0)?);
    let (alpha, beta) = pert_shape(low, mode, high, lambda).map_err(|error| i.refused(error))?;
    let distribution = Distribution::Pert { low, mode, high, lambda };
    let answer = || {
        let moments = distribution.moments()?;
        Ok(json!({
            "alpha": alpha,
            "beta": beta,
            "mean": moments.mean,
            "var": moments.variance,
            "q05": distribution.quantile(0.05)?,
            "q95": distribution.quantile(0.95)?,
        }))
    };
    i.answer(answer())
}

fn lognormal(i: &Inputs<'_>) -> Result<Value, CalcError> {
    let (mean, cv) = (i.number("mean")?, i.number("cv")?);
    let answer = || {
        let (mu, sigma) = lognormal_parameters(mean, cv)?;
        let q95 = Distribution::Lognormal { mean, cv }.quantile(0.95)?;
        Ok(json!({ "mu": mu, "sigma": sigma, "median": mu.exp(), "q95": q95 }))
    };
    i.answer(answer())
}

/// Draws a hypercube and looks whether each stratum of each dimension holds one point.
fn hypercube_property(i: &Inputs<'_>) -> Result<Value, CalcError> {
    let (n, dimensions) = (i.count("n")?, i.count("d")?);
    if n == 0 || n > 1 << 20 || dimensions == 0 || dimensions > 1_000 {
        let problem = "n must be between 1 and 1048576, d between 1 and 1000";
        return Err(i.refused(CostError::invalid("n, d", problem)));
    }
    let count = n as usize;
    let cube = LatinHypercube::new(count, i.count_or("seed", 1)?).map_err(|error| i.refused(error))?;
    for dimension in 0..dimensions as usize {
        let dimension = cube.dimension(dimension);
        let mut hits = vec![0u32; count];
        for point in 0..count {
            if let Some(hit) = hits.get_mut((dimension.at(point) * count as f64) as usize) {
                *hit += 1;
            }
        }
        if hits.iter().any(|hits| *hits != 1) {
            return Ok(Value::from("some strata hold no point or several"));
        }
    }
    Ok(Value::from("exactly one sample per 1/n stratum in every dimension"))
}

/// The model and the range of its inputs, from text such as `sin(x1) + x2^2, x~U(0,1)`.
fn sobol(i: &Inputs<'_>) -> Result<Value, CalcError> {
    let text = i.text("function")?;
    let refused = |problem: String| i.refused(CostError::invalid("function", problem));
    let (model, range) = text
        .rsplit_once(", x~U(")
        .ok_or_else(|| refused("must end in the range of its inputs, such as `, x~U(0,1)`".to_owned()))?;
    let ends = range.trim_end().strip_suffix(')').and_then(|range| range.split_once(','));
    let (low, high) = ends.ok_or_else(|| refused(format!("`x~U({range}` is not a range such as `x~U(0,1)`")))?;
    let end = |text: &str| Expression::parse(text, &[]).map(|end| end.value(&[])).map_err(refused);
    let input = Distribution::Uniform { low: end(low)?, high: end(high)? };

    let names: Vec<String> = (1..=32).map(|n| format!("x{n}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let model = Expression::parse(model, &names).map_err(refused)?;
    let inputs = vec![input; model.variables()];
    let samples = i.small_count_or("samples", 1 << 14)?;
    let indices = sobol_indices(&inputs, samples, i.small_count_or("seed", 1)?, |x| model.value(x));
    i.answer(
        indices.map(|indices| json!({ "S1": indices.first_order, "ST": indices.total, "variance": indices.variance })),
    )
}

/// A result from the values of the base.
type Model<'a> = Box<dyn Fn(&[f64]) -> Result<f64, CostError> + 'a>;

fn tornado_by_name(i: &Inputs<'_>) -> Result<Value, CalcError> {
    let base = i.named_numbers("base")?;
    let ranges = i.named_ranges("ranges")?;
    let names: Vec<&str> = base.iter().map(|(name, _)| name.as_str()).collect();
    let values: Vec<f64> = base.iter().map(|(_, value)| *value).collect();
    let place = |name: &str| {
        names.iter().position(|known| *known == name).ok_or_else(|| {
            i.refused(CostError::invalid("ranges", format!("`{name}` has a range but no value in `base`")))
        })
    };
    let places = ranges.iter().map(|(name, _, _)| place(name)).collect::<Result<Vec<_>, _>>()?;

    let output = i.text("output")?;
    let evaluate: Model<'_> = if output == PER_MILLION_TOKENS {
        let (price, throughput, utilisation) = (place("price")?, place("thr")?, place("util")?);
        Box::new(move |x| cost_per_million(x[price], x[throughput], x[utilisation]))
    } else {
        let model =
            Expression::parse(output, &names).map_err(|problem| i.refused(CostError::invalid("output", problem)))?;
        Box::new(move |x| crate::error::answer("output", model.value(x)))
    };
    let at_base = evaluate(&values).map_err(|error| i.refused(error))?;
    let bars = tornado(&ranges, |range, value| {
        let mut changed = values.clone();
        if let Some(entry) = places.get(range).and_then(|place| changed.get_mut(*place)) {
            *entry = value;
        }
        evaluate(&changed)
    });
    i.answer(bars.map(|bars| {
        let order: Vec<&str> = bars.iter().map(|bar| bar.name.as_str()).collect();
        let by_name: serde_json::Map<String, Value> = bars
            .iter()
            .map(|bar| (bar.name.clone(), json!({ "low": bar.low, "high": bar.high, "swing": bar.swing })))
            .collect();
        json!({ "base": at_base, "bars": by_name, "order": order })
    }))
}

pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        name: "triangular_ppf",
        summary: "Quantiles of a triangular distribution.",
        source: "a + sqrt(u (b-a)(m-a)) below the mode, b - sqrt((1-u)(b-a)(b-m)) above",
        inputs: &[LOW, MODE, HIGH, Q],
        run: |i| {
            let distribution = triangular(i)?;
            i.each("q", |q| distribution.quantile(q))
        },
    },
    Function {
        name: "triangular_moments",
        summary: "Mean and variance of a triangular distribution.",
        source: "(a+b+c)/3, (a2+b2+c2-ab-ac-bc)/18",
        inputs: &[LOW, MODE, HIGH],
        run: |i| {
            let moments = triangular(i)?.moments();
            i.answer(moments.map(|moments| json!({ "mean": moments.mean, "var": moments.variance })))
        },
    },
    Function {
        name: "pert",
        summary: "Shape, moments and 5 and 95 % quantiles of a PERT distribution.",
        source: "Beta(1 + l (m-a)/(b-a), 1 + l (b-m)/(b-a)); exact variance (mean-a)(b-mean)/(l+3)",
        inputs: &[LOW, MODE, HIGH, Input::optional("lam", "weight of the mode; 4 where absent")],
        run: pert,
    },
    Function {
        name: "lognormal_params",
        summary: "mu, sigma, median and 95 % quantile of a lognormal distribution.",
        source: "sigma2 = ln(1 + cv2), mu = ln(mean) - sigma2 / 2",
        inputs: &[Input::needed("mean", "mean"), Input::needed("cv", "coefficient of variation")],
        run: lognormal,
    },
    Function {
        name: "quantile_type7",
        summary: "Quantiles of data, linear between order statistics.",
        source: "Hyndman & Fan 1996, type 7 (Excel PERCENTILE.INC, NumPy's default)",
        inputs: &[Input::needed("data", "the data"), Q],
        run: |i| {
            let data = i.numbers("data")?;
            i.each("q", |q| quantile_type7(&data, q))
        },
    },
    Function {
        name: "mc_standard_error",
        summary: "Standard error of a Monte Carlo mean.",
        source: "sd / sqrt(n)",
        inputs: &[Input::needed("sd", "standard deviation"), Input::needed("n", "number of samples")],
        run: |i| i.answer(mc_standard_error(i.number("sd")?, i.number("n")?)),
    },
    Function {
        name: "latin_hypercube_property",
        summary: "Draws a Latin hypercube and says whether each stratum of each dimension holds exactly one point.",
        source: "McKay, Beckman & Conover 1979",
        inputs: &[Input::needed("n", "number of points"), Input::needed("d", "number of dimensions"), SEED],
        run: hypercube_property,
    },
    Function {
        name: "sobol_indices",
        summary: "First-order and total sensitivity indices of a function of x1, x2, ...",
        source: "Saltelli et al. 2010; Jansen 1999",
        inputs: &[
            Input::needed("function", "formula and range, such as \"sin(x1) + 7 sin^2(x2), x~U(-pi,pi)\""),
            Input::optional("samples", "points of each of the two samples, at most 65536; 16384 where absent"),
            SEED,
        ],
        run: sobol,
    },
    Function {
        name: "tornado",
        summary: "A result with each input at its low and high value, the widest bar first.",
        source: "one at a time",
        inputs: &[
            Input::needed("base", "base values by name"),
            Input::needed("ranges", "[low, high] by name"),
            Input::needed("output", "\"usd per 1M tokens\" (of price, thr, util) or a formula of the base's names"),
        ],
        run: tornado_by_name,
    },
    Function {
        name: "mcdonald_siegel_threshold",
        summary: "The value from which on to invest now (`V_star`), and what the right to wait is worth at V = 1.",
        source: "McDonald & Siegel 1986; Dixit & Pindyck ch. 5",
        inputs: &[
            Input::needed("r", "risk-free rate a year, a fraction"),
            Input::needed("delta", "value lost by waiting, a fraction a year"),
            Input::needed("sigma", "volatility, a fraction a square-root year"),
            Input::needed("I", "investment"),
        ],
        run: |i| {
            let (r, delta, sigma) = (i.number("r")?, i.number("delta")?, i.number("sigma")?);
            i.answer(mcdonald_siegel(r, delta, sigma, i.number("I")?).map(|trigger| {
                json!({
                    "beta": trigger.beta,
                    "V_star": trigger.trigger_value,
                    "F_at_V1": trigger.option_value(1.0),
                })
            }))
        },
    },
    Function {
        name: "black_scholes_call",
        summary: "Value of a European call: the right to invest K at the time T.",
        source: "Hull, Options, Futures and Other Derivatives",
        inputs: &[
            Input::needed("S", "value now"),
            Input::needed("K", "investment"),
            Input::needed("r", "risk-free rate a year, a fraction"),
            Input::needed("sigma", "volatility, a fraction a square-root year"),
            Input::needed("T", "years"),
        ],
        run: |i| {
            let (spot, strike, r) = (i.number("S")?, i.number("K")?, i.number("r")?);
            i.answer(black_scholes_call(spot, strike, r, i.number("sigma")?, i.number("T")?))
        },
    },
    Function {
        name: "one_step_deferral",
        summary: "Investing now or one step later.",
        source: "risk-neutral binomial step",
        inputs: &[
            Input::needed("V", "value now"),
            Input::needed("I", "investment, the same later"),
            Input::needed("u", "factor on the value in the upper state"),
            Input::needed("d", "factor in the lower state"),
            Input::needed("rf", "risk-free rate of the step, a fraction"),
        ],
        run: |i| {
            let (value, investment, up) = (i.number("V")?, i.number("I")?, i.number("u")?);
            i.answer(one_step_deferral(value, investment, up, i.number("d")?, i.number("rf")?).map(|deferral| {
                json!({
                    "q": deferral.up_probability,
                    "npv_now": deferral.npv_now,
                    "value_wait": deferral.value_of_waiting,
                    "option_premium": deferral.premium,
                })
            }))
        },
    },
];
