//! What one inference, a million of them, a token, an owned accelerator-hour or a kilowatt-hour's carbon costs.

use serde::{Deserialize, Serialize};

use crate::error::{CostError, answer, check, finite, fraction, non_negative, positive, proper_fraction};
use crate::time_value::equivalent_annual_cost;

/// Hours of a year of 365 days.
pub const HOURS_PER_YEAR: f64 = 8760.0;
/// Hours of a twelfth of a year: what cloud price lists call a month.
pub const HOURS_PER_MONTH: f64 = 730.0;
pub(crate) const SECS_PER_HOUR: f64 = 3600.0;
/// The denominator of unit costs.
pub const MILLION: f64 = 1e6;

/// Cost of one million items: `1e6 / throughput * price / 3600 / utilisation`, in the price's currency.
///
/// The throughput is in items a second at full load, so `utilisation` = 1 is a benchmark's own cost.
/// Trap: the same model costs twice as much on demand as reserved; the price's basis must travel with the figure.
/// Source: AWS Neuron SDK documentation, benchmark pages (cost per 1M inferences).
///
/// # Errors
/// A throughput not above 0, a negative price, a utilisation outside (0, 1].
pub fn cost_per_million(price_per_hour: f64, throughput_per_sec: f64, utilisation: f64) -> Result<f64, CostError> {
    non_negative("price_per_h", price_per_hour)?;
    positive("throughput_per_s", throughput_per_sec)?;
    proper_fraction("utilization", utilisation)?;
    answer("cost_per_1m", MILLION / throughput_per_sec * price_per_hour / SECS_PER_HOUR / utilisation)
}

/// What a request really takes of a unit: the factors between a benchmark's throughput and items that count.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Effectiveness {
    /// Fraction of its full-load throughput a unit is asked for, (0, 1].
    pub utilisation: f64,
    /// Fraction of the time a unit is in service, (0, 1].
    pub availability: f64,
    /// Fraction of the requests within the service-level objective, (0, 1]: only they count.
    pub goodput_fraction: f64,
    /// Repeated requests as a fraction of the demanded ones, 0 or above.
    pub retry_fraction: f64,
}

impl Effectiveness {
    /// A benchmark's own conditions: every factor 1.
    pub const FULL: Self = Self { utilisation: 1.0, availability: 1.0, goodput_fraction: 1.0, retry_fraction: 0.0 };

    /// Items that count, for each item of full-load throughput.
    ///
    /// # Errors
    /// A factor outside its range.
    pub fn factor(&self) -> Result<f64, CostError> {
        proper_fraction("utilisation", self.utilisation)?;
        proper_fraction("availability", self.availability)?;
        proper_fraction("goodput_fraction", self.goodput_fraction)?;
        non_negative("retry_fraction", self.retry_fraction)?;
        Ok(self.utilisation * self.availability * self.goodput_fraction / (1.0 + self.retry_fraction))
    }
}

/// How a server's time and tokens divide between prefill and decode.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct TokenMix {
    /// Input tokens a second over the whole run, cache hits included.
    pub input_tokens_per_sec: f64,
    /// Output tokens a second over the whole run.
    pub output_tokens_per_sec: f64,
    /// Fraction of the input tokens served from the KV cache, [0, 1).
    pub cached_input_fraction: f64,
    /// Fraction of the accelerator's busy time spent in prefill, [0, 1].
    pub prefill_time_fraction: f64,
}

/// Costs of one million tokens by denominator. They do not add up: each says what it divides by.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct TokenCosts {
    /// The whole cost over input and output tokens.
    pub per_million_total: f64,
    /// The whole cost over output tokens alone (MLPerf's and vLLM's output throughput).
    pub per_million_output_only: f64,
    /// Prefill's share of the cost over the input tokens that were computed; `None` where none were.
    pub per_million_input: Option<f64>,
    /// Decode's share of the cost over the output tokens.
    pub per_million_output: f64,
}

/// Splits an hourly price over tokens by the time prefill and decode take. Tokens served from the KV cache leave the
/// input denominator: they were not computed.
///
/// # Errors
/// A rate or fraction outside its range.
pub fn token_costs(price_per_hour: f64, mix: &TokenMix, utilisation: f64) -> Result<TokenCosts, CostError> {
    non_negative("input_tokens_per_sec", mix.input_tokens_per_sec)?;
    positive("output_tokens_per_sec", mix.output_tokens_per_sec)?;
    let cached = mix.cached_input_fraction;
    check("cached_input_fraction", cached, (0.0..1.0).contains(&cached), "a fraction, 0 or above and below 1")?;
    fraction("prefill_time_fraction", mix.prefill_time_fraction)?;
    let computed = mix.input_tokens_per_sec * (1.0 - cached);
    let per_million_input = (computed > 0.0)
        .then(|| cost_per_million(price_per_hour * mix.prefill_time_fraction, computed, utilisation))
        .transpose()?;
    let decode = price_per_hour * (1.0 - mix.prefill_time_fraction);
    Ok(TokenCosts {
        per_million_total: cost_per_million(
            price_per_hour,
            mix.input_tokens_per_sec + mix.output_tokens_per_sec,
            utilisation,
        )?,
        per_million_output_only: cost_per_million(price_per_hour, mix.output_tokens_per_sec, utilisation)?,
        per_million_input,
        per_million_output: cost_per_million(decode, mix.output_tokens_per_sec, utilisation)?,
    })
}

/// Cost of one training step, and of one sample of it: `price / 3600 * step_secs`, over the batch.
///
/// # Errors
/// A duration or batch not above 0, a negative price, a utilisation outside (0, 1].
pub fn training_costs(
    price_per_hour: f64,
    step_secs: f64,
    samples_per_step: f64,
    utilisation: f64,
) -> Result<(f64, f64), CostError> {
    positive("step_secs", step_secs)?;
    positive("samples_per_step", samples_per_step)?;
    let step = cost_per_million(price_per_hour, 1.0 / step_secs, utilisation)? / MILLION;
    Ok((step, step / samples_per_step))
}

/// What an owned accelerator is made of, for [`owned_accelerator_hour`]. Amounts in one currency.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct OwnedAccelerator {
    /// Price of the accelerator.
    pub capex: f64,
    /// Its share of the server, network and rack.
    pub host_share: f64,
    /// What the hardware is worth at the end, as a fraction of capex and host share, [0, 1].
    pub residual_fraction: f64,
    /// Cost of capital, a fraction a year.
    pub annual_rate: f64,
    /// Years it is used.
    pub years: f64,
    /// Power of the accelerator at full load, before PUE.
    pub power_watts: f64,
    /// Average power as a fraction of that, [0, 1].
    pub average_power_fraction: f64,
    /// Power of its share of the host, before PUE.
    pub host_power_watts: f64,
    /// Power usage effectiveness of the site, 1 or above (ISO/IEC 30134-2).
    pub pue: f64,
    /// Price of electricity.
    pub price_per_kwh: f64,
    /// Maintenance and operation a year, as a fraction of capex and host share.
    pub annual_opex_fraction: f64,
    /// Fraction of the hours it is in service, (0, 1].
    pub availability: f64,
}

/// The parts of an owned accelerator-hour.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct OwnedHour {
    /// Depreciation and interest a year.
    pub annual_capital: f64,
    /// Electricity a year, at the meter.
    pub annual_kwh: f64,
    /// Its cost.
    pub annual_power_cost: f64,
    /// Everything a year.
    pub annual_total: f64,
    /// Over the hours in service.
    pub per_available_hour: f64,
}

/// The cost of an owned accelerator-hour:
/// `(EAC(capex + host share, residual) + kWh * price + opex fraction * (capex + host share)) / (8760 * availability)`,
/// `kWh = (P * load + P_host) / 1000 * 8760 * PUE`.
///
/// Trap: all-in figures in kW per accelerator already contain the PUE; give them with `pue` = 1.
///
/// # Errors
/// A value outside its range.
pub fn owned_accelerator_hour(owned: &OwnedAccelerator) -> Result<OwnedHour, CostError> {
    non_negative("capex_per_accel", owned.capex)?;
    non_negative("host_share", owned.host_share)?;
    fraction("residual_frac", owned.residual_fraction)?;
    non_negative("power_w", owned.power_watts)?;
    fraction("avg_power_frac", owned.average_power_fraction)?;
    non_negative("host_power_w", owned.host_power_watts)?;
    non_negative("annual_opex_frac", owned.annual_opex_fraction)?;
    proper_fraction("availability", owned.availability)?;
    let invested = owned.capex + owned.host_share;
    let residual = invested * owned.residual_fraction;
    let annual_capital = equivalent_annual_cost(invested, residual, owned.annual_rate, owned.years, 0.0)?;
    let it_kw = (owned.power_watts * owned.average_power_fraction + owned.host_power_watts) / 1000.0;
    let annual_kwh = facility_kwh(it_kw, owned.pue, HOURS_PER_YEAR)?;
    let annual_power_cost = power_cost(it_kw, owned.pue, owned.price_per_kwh, HOURS_PER_YEAR)?;
    let annual_total = annual_capital + annual_power_cost + owned.annual_opex_fraction * invested;
    let per_available_hour = answer("owned_accelerator_hour", annual_total / (HOURS_PER_YEAR * owned.availability))?;
    Ok(OwnedHour { annual_capital, annual_kwh, annual_power_cost, annual_total, per_available_hour })
}

/// Energy at the meter in kWh: IT power times PUE times hours.
///
/// Source: ISO/IEC 30134-2, The Green Grid. Trap: do not multiply a PUE-inclusive power again.
///
/// # Errors
/// A negative power or time, a PUE below 1.
pub fn facility_kwh(it_kw: f64, pue: f64, hours: f64) -> Result<f64, CostError> {
    non_negative("it_kw", it_kw)?;
    self::pue("pue", pue)?;
    non_negative("hours", hours)?;
    answer("facility_kwh", it_kw * pue * hours)
}

/// A power usage effectiveness: total over IT energy cannot be below 1.
pub(crate) fn pue(field: &str, value: f64) -> Result<f64, CostError> {
    check(field, value, value.is_finite() && value >= 1.0, "1 or above (facility energy over IT energy)")
}

/// Cost of the energy at the meter: [`facility_kwh`] times the price of a kWh.
///
/// # Errors
/// As [`facility_kwh`]; electricity prices may be negative.
pub fn power_cost(it_kw: f64, pue: f64, price_per_kwh: f64, hours: f64) -> Result<f64, CostError> {
    finite("usd_per_kwh", price_per_kwh)?;
    answer("annual_power_cost", facility_kwh(it_kw, pue, hours)? * price_per_kwh)
}

/// Location-based emissions in kg CO2e: [`facility_kwh`] times the grid's grams a kWh over 1000.
///
/// Source: GHG Protocol Scope 2 Guidance. The market-based figure is a separate one; do not net them. Grid factors are
/// dated: use the user's own.
///
/// # Errors
/// As [`facility_kwh`], or a negative grid factor.
pub fn carbon_kg(it_kw: f64, pue: f64, hours: f64, grams_per_kwh: f64) -> Result<f64, CostError> {
    non_negative("g_per_kwh", grams_per_kwh)?;
    answer("annual_kgco2_location_based", facility_kwh(it_kw, pue, hours)? * grams_per_kwh / 1000.0)
}

/// Energy of one token: power over tokens a second, in joules, at the point where the power was measured.
///
/// # Errors
/// A negative power or a rate not above 0.
pub fn joules_per_token(power_watts: f64, tokens_per_sec: f64) -> Result<f64, CostError> {
    non_negative("power_w", power_watts)?;
    positive("tokens_per_s", tokens_per_sec)?;
    answer("joules_per_token", power_watts / tokens_per_sec)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn published_costs_to_the_printed_digit() {
        // AWS Neuron documentation: price an hour, throughput a second, cost per 1M with three decimals.
        for (price, throughput, printed) in [
            (0.328, 2674.18956433, "0.034"),
            (0.328, 4393.304, "0.021"),
            (0.567, 2123.4, "0.074"),
            (0.11, 1095.4, "0.028"),
            (0.228, 1056.0, "0.060"),
            (1.18, 1968.0, "0.167"),
        ] {
            assert_eq!(format!("{:.3}", cost_per_million(price, throughput, 1.0).unwrap()), printed);
        }
    }

    #[test]
    fn every_published_inferentia2_cost_to_the_printed_digit() {
        let path = "../../shared/acceptance/samples/aws-neuron/expected_cost_per_1m.csv";
        let Ok(text) = std::fs::read_to_string(path) else {
            eprintln!("skipped: {path} is not there");
            return;
        };
        let mut lines = text.lines();
        let header: Vec<&str> = lines.next().unwrap().split(',').collect();
        let column = |name: &str| header.iter().position(|title| *title == name).unwrap();
        let (throughput, rate, rendered) = (column("throughput"), column("ri_rate_usd_per_h"), column("rendered"));
        let mut rows = 0;
        for line in lines.filter(|line| !line.is_empty()) {
            let cells: Vec<&str> = line.split(',').collect();
            let cost = cost_per_million(cells[rate].parse().unwrap(), cells[throughput].parse().unwrap(), 1.0);
            assert_eq!(format!("${:.3}", cost.unwrap()), cells[rendered], "{line}");
            rows += 1;
        }
        assert!(rows > 30, "only {rows} rows");
    }

    #[test]
    fn an_owned_hour() {
        let owned = OwnedAccelerator {
            capex: 31_904.63,
            host_share: 9_000.0,
            residual_fraction: 0.1,
            annual_rate: 0.1,
            years: 4.0,
            power_watts: 700.0,
            average_power_fraction: 0.8,
            host_power_watts: 500.0,
            pue: 1.3,
            price_per_kwh: 0.09,
            annual_opex_fraction: 0.05,
            availability: 0.98,
        };
        let hour = owned_accelerator_hour(&owned).unwrap();
        assert!((hour.annual_kwh - 12_071.28).abs() < 1e-6);
        assert!((hour.per_available_hour - 1.765_269_761_818_621_3).abs() < 1e-9);
        let error = owned_accelerator_hour(&OwnedAccelerator { pue: 0.9, ..owned }).unwrap_err();
        assert_eq!(error.to_string(), "pue is 0.9; it must be 1 or above (facility energy over IT energy)");
    }

    #[test]
    fn the_shares_of_prefill_and_decode_make_the_whole() {
        let mix = TokenMix {
            input_tokens_per_sec: 8_000.0,
            output_tokens_per_sec: 2_000.0,
            cached_input_fraction: 0.5,
            prefill_time_fraction: 0.25,
        };
        let costs = token_costs(36.0, &mix, 0.5).unwrap();
        // 36 an hour at half load is 0.02 a second; 4,000 computed input tokens take a quarter of it.
        assert!((costs.per_million_input.unwrap() - 1.25).abs() < 1e-12);
        assert!((costs.per_million_output - 7.5).abs() < 1e-12);
        assert!((costs.per_million_total - 2.0).abs() < 1e-12);
        assert!((costs.per_million_output_only - 10.0).abs() < 1e-12);
    }

    #[test]
    fn utilisation_is_a_fraction_above_zero() {
        for bad in [0.0, -0.1, 1.01, f64::NAN, f64::INFINITY] {
            assert_eq!(cost_per_million(1.0, 1.0, bad).unwrap_err().field(), "utilization");
        }
    }
}
