//! Unit cost, energy, carbon, break-even volume.

use serde_json::json;

use super::inputs::Inputs;
use super::{CalcError, Function, Input};
use crate::break_even::break_even_volume;
use crate::unit_cost::{
    HOURS_PER_YEAR, MILLION, OwnedAccelerator, TokenMix, carbon_kg, cost_per_million, joules_per_token,
    owned_accelerator_hour, power_cost, token_costs, training_costs,
};

const PRICE: Input = Input::needed("price_per_h", "price of the unit for an hour");
const UTILISATION: Input = Input::optional("utilization", "fraction of full load, above 0, at most 1; 1 where absent");
const IT_KW: Input = Input::needed("it_kw", "average IT power in kW, before PUE");
const PUE: Input = Input::needed("pue", "power usage effectiveness, 1 or above");
const HOURS: Input = Input::optional("hours", "hours; 8760 where absent");

fn per_million(i: &Inputs<'_>) -> Result<serde_json::Value, CalcError> {
    let (price, throughput) = (i.number("price_per_h")?, i.number("throughput_per_s")?);
    i.answer(cost_per_million(price, throughput, i.number_or("utilization", 1.0)?))
}

pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        name: "cost_per_1m",
        summary: "Cost of one million inferences.",
        source: "AWS Neuron SDK documentation: 1e6 / throughput * price / 3600, over the utilisation",
        inputs: &[PRICE, Input::needed("throughput_per_s", "inferences a second at full load"), UTILISATION],
        run: per_million,
    },
    Function {
        name: "cost_per_1m_tokens",
        summary: "Cost of one million tokens of the kind the throughput counts.",
        source: "1e6 / throughput * price / 3600, over the utilisation",
        inputs: &[
            PRICE,
            Input::needed("throughput_per_s", "tokens a second at full load; say which: output, input or both"),
            UTILISATION,
        ],
        run: per_million,
    },
    Function {
        name: "token_costs",
        summary: "Cost of one million tokens by denominator: total, output only, and prefill's and decode's shares.",
        source: "time shares of prefill and decode; KV-cache hits leave the input denominator",
        inputs: &[
            PRICE,
            Input::needed("input_tokens_per_s", "input tokens a second over the run, cache hits included"),
            Input::needed("output_tokens_per_s", "output tokens a second over the run"),
            Input::optional("cached_input_fraction", "fraction of input tokens served from the cache; 0 where absent"),
            Input::needed("prefill_time_fraction", "fraction of the busy time spent in prefill"),
            UTILISATION,
        ],
        run: |i| {
            let mix = TokenMix {
                input_tokens_per_sec: i.number("input_tokens_per_s")?,
                output_tokens_per_sec: i.number("output_tokens_per_s")?,
                cached_input_fraction: i.number_or("cached_input_fraction", 0.0)?,
                prefill_time_fraction: i.number("prefill_time_fraction")?,
            };
            let costs = token_costs(i.number("price_per_h")?, &mix, i.number_or("utilization", 1.0)?);
            i.answer(costs.map(|costs| json!(costs)))
        },
    },
    Function {
        name: "training_cost",
        summary: "Cost of one training step and of one sample of it.",
        source: "price / 3600 * step time, over the utilisation and the batch",
        inputs: &[
            PRICE,
            Input::needed("step_s", "duration of a step in seconds"),
            Input::needed("samples_per_step", "samples in a step"),
            UTILISATION,
        ],
        run: |i| {
            let (price, step, samples) = (i.number("price_per_h")?, i.number("step_s")?, i.number("samples_per_step")?);
            let costs = training_costs(price, step, samples, i.number_or("utilization", 1.0)?);
            i.answer(costs.map(|(step, sample)| json!({ "per_step": step, "per_sample": sample })))
        },
    },
    Function {
        name: "owned_accelerator_hour",
        summary: "Cost of an owned accelerator for an hour in service, and its parts a year.",
        source: "[EAC(capex + host, residual) + kWh price + opex fraction * capex] / (8760 availability)",
        inputs: &[
            Input::needed("capex_per_accel", "price of the accelerator"),
            Input::optional("host_share", "its share of server, network and rack; 0 where absent"),
            Input::optional("residual_frac", "value at the end as a fraction; 0 where absent"),
            Input::needed("rate", "cost of capital a year, a fraction"),
            Input::needed("years", "years of use"),
            Input::needed("power_w", "power at full load in watts, before PUE"),
            Input::optional("avg_power_frac", "average power as a fraction of that; 1 where absent"),
            Input::optional("host_power_w", "power of its share of the host in watts; 0 where absent"),
            PUE,
            Input::needed("usd_per_kwh", "price of electricity"),
            Input::optional("annual_opex_frac", "maintenance a year as a fraction of the price; 0 where absent"),
            Input::optional("availability", "fraction of the hours in service; 1 where absent"),
        ],
        run: |i| {
            let owned = OwnedAccelerator {
                capex: i.number("capex_per_accel")?,
                host_share: i.number_or("host_share", 0.0)?,
                residual_fraction: i.number_or("residual_frac", 0.0)?,
                annual_rate: i.number("rate")?,
                years: i.number("years")?,
                power_watts: i.number("power_w")?,
                average_power_fraction: i.number_or("avg_power_frac", 1.0)?,
                host_power_watts: i.number_or("host_power_w", 0.0)?,
                pue: i.number("pue")?,
                price_per_kwh: i.number("usd_per_kwh")?,
                annual_opex_fraction: i.number_or("annual_opex_frac", 0.0)?,
                availability: i.number_or("availability", 1.0)?,
            };
            i.answer(owned_accelerator_hour(&owned).map(|hour| json!(hour)))
        },
    },
    Function {
        name: "annual_power_cost",
        summary: "Cost of the energy at the meter.",
        source: "kW * PUE * hours * price; ISO/IEC 30134-2",
        inputs: &[IT_KW, PUE, Input::needed("usd_per_kwh", "price of electricity"), HOURS],
        run: |i| {
            let (kw, pue, hours) = (i.number("it_kw")?, i.number("pue")?, i.number_or("hours", HOURS_PER_YEAR)?);
            i.answer(power_cost(kw, pue, i.number("usd_per_kwh")?, hours))
        },
    },
    Function {
        name: "annual_kgco2_location_based",
        summary: "Location-based emissions in kg CO2e.",
        source: "GHG Protocol Scope 2 Guidance: kWh at the meter times the grid's factor",
        inputs: &[IT_KW, PUE, HOURS, Input::needed("g_per_kwh", "grid intensity in grams CO2e a kWh, dated")],
        run: |i| {
            let (kw, pue, hours) = (i.number("it_kw")?, i.number("pue")?, i.number_or("hours", HOURS_PER_YEAR)?);
            i.answer(carbon_kg(kw, pue, hours, i.number("g_per_kwh")?))
        },
    },
    Function {
        name: "joules_per_token",
        summary: "Energy of one token in joules.",
        source: "power / tokens a second",
        inputs: &[
            Input::needed("power_w", "average power in watts"),
            Input::needed("tokens_per_s", "tokens a second of the same run"),
        ],
        run: |i| i.answer(joules_per_token(i.number("power_w")?, i.number("tokens_per_s")?)),
    },
    Function {
        name: "breakeven_tokens_per_month",
        summary: "Tokens a month from which on serving them oneself beats an API; null where that is never. Check that \
                  the tokens a second it needs are within what was measured.",
        source: "fixed / (price - variable)",
        inputs: &[
            Input::needed("fixed_monthly", "fixed cost of serving oneself, a month"),
            Input::needed("api_usd_per_1m", "the API's price of a million tokens"),
            Input::optional("self_variable_usd_per_1m", "variable cost of a million tokens of one's own; 0"),
        ],
        run: |i| {
            let (fixed, api) = (i.number("fixed_monthly")?, i.number("api_usd_per_1m")?);
            let volume = break_even_volume(fixed, api, i.number_or("self_variable_usd_per_1m", 0.0)?);
            i.answer(volume.map(|millions| millions.map(|millions| millions * MILLION)))
        },
    },
];
