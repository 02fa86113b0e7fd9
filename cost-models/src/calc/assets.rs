//! Depreciation, capital recovery, lease against buy.

use serde_json::json;

use super::{Function, Input};
use crate::CostError;
use crate::depreciation::{
    declining, fixed_declining, macrs, residual_value, straight_line, sum_of_years_digits, variable_declining,
};
use crate::lease_vs_buy::{LeaseOrBuy, breakeven_lease_payment, lease_vs_buy};
use crate::time_value::{capital_recovery_factor, equivalent_annual_cost};

const COST: Input = Input::needed("cost", "price of the asset");
const SALVAGE: Input = Input::needed("salvage", "value at the end of its life");
const LIFE: Input = Input::needed("life", "life in periods");
const PERIOD: Input = Input::needed("period", "the period, counted from 1");
const FACTOR: Input = Input::optional("factor", "multiple of the straight-line rate; 2 where absent");
const TAX: Input = Input::needed("tax", "tax rate, a fraction");
const IN_ADVANCE: Input = Input::optional("in_advance", "whether payments are due at the begin of a year; true");

pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        name: "depreciation_straight_line",
        summary: "Straight-line depreciation each period.",
        source: "Microsoft Support, SLN function",
        inputs: &[COST, SALVAGE, LIFE],
        run: |i| i.answer(straight_line(i.number("cost")?, i.number("salvage")?, i.number("life")?)),
    },
    Function {
        name: "depreciation_syd",
        summary: "Sum-of-years'-digits depreciation in a period.",
        source: "Microsoft Support, SYD function",
        inputs: &[COST, SALVAGE, LIFE, PERIOD],
        run: |i| {
            let (cost, salvage) = (i.number("cost")?, i.number("salvage")?);
            i.answer(sum_of_years_digits(cost, salvage, i.number("life")?, i.number("period")?))
        },
    },
    Function {
        name: "depreciation_fixed_declining",
        summary: "Fixed declining balance in a period, the rate rounded to three decimals as in Excel's DB.",
        source: "Microsoft Support, DB function",
        inputs: &[COST, SALVAGE, LIFE, PERIOD, Input::optional("month", "months in the first year; 12 where absent")],
        run: |i| {
            let (cost, salvage, month) = (i.number("cost")?, i.number("salvage")?, i.number_or("month", 12.0)?);
            i.answer(fixed_declining(cost, salvage, i.number("life")?, i.number("period")?, month))
        },
    },
    Function {
        name: "depreciation_double_declining",
        summary: "Declining balance in a period, never below the salvage.",
        source: "Microsoft Support, DDB function",
        inputs: &[COST, SALVAGE, LIFE, PERIOD, FACTOR],
        run: |i| {
            let (cost, salvage, factor) = (i.number("cost")?, i.number("salvage")?, i.number_or("factor", 2.0)?);
            i.answer(declining(cost, salvage, i.number("life")?, i.number("period")?, factor))
        },
    },
    Function {
        name: "depreciation_vdb",
        summary: "Declining balance between two moments, switching to straight line.",
        source: "Microsoft Support, VDB function",
        inputs: &[
            COST,
            SALVAGE,
            LIFE,
            Input::needed("start", "first moment, in periods from 0"),
            Input::needed("end", "last moment, in periods"),
            FACTOR,
        ],
        run: |i| {
            let (cost, salvage, life) = (i.number("cost")?, i.number("salvage")?, i.number("life")?);
            let factor = i.number_or("factor", 2.0)?;
            i.answer(variable_declining(cost, salvage, life, i.number("start")?, i.number("end")?, factor))
        },
    },
    Function {
        name: "depreciation_macrs_table",
        summary: "US MACRS depreciation of each year by the published table.",
        source: "IRS Publication 946, Table A-1 (half-year convention)",
        inputs: &[
            COST,
            Input::needed("recovery_years", "3, 5 (computers and servers) or 7"),
            Input::optional("convention", "\"half-year\", the only one"),
        ],
        run: |i| {
            if i.given.contains_key("convention") && i.text("convention")? != "half-year" {
                let problem = "only the half-year convention of Table A-1 is known";
                return Err(i.refused(CostError::invalid("convention", problem)));
            }
            i.answer(macrs(i.number("cost")?, i.small_count("recovery_years")?))
        },
    },
    Function {
        name: "residual_value",
        summary: "What is left of a price after a steady decline.",
        source: "price (1 - d)^years",
        inputs: &[
            Input::needed("price", "price when new"),
            Input::needed("annual_decline", "fraction lost each year"),
            Input::needed("years", "age in years"),
        ],
        run: |i| i.answer(residual_value(i.number("price")?, i.number("annual_decline")?, i.number("years")?)),
    },
    Function {
        name: "capital_recovery_factor",
        summary: "What 1 borrowed costs each period.",
        source: "r (1+r)^n / ((1+r)^n - 1); engineering-economy A/P tables",
        inputs: &[Input::needed("rate", "rate a period, a fraction"), Input::needed("n", "number of periods")],
        run: |i| i.answer(capital_recovery_factor(i.number("rate")?, i.number("n")?)),
    },
    Function {
        name: "equivalent_annual_cost",
        summary: "Annual cost of an asset, for comparing unequal lives.",
        source: "(I - S/(1+r)^n) CRF(r, n) + opex",
        inputs: &[
            Input::needed("capex", "price"),
            Input::needed("salvage", "value at the end"),
            Input::needed("rate", "rate a year, a fraction"),
            Input::needed("years", "life in years"),
            Input::optional("annual_opex", "running cost a year; 0 where absent"),
        ],
        run: |i| {
            let (capex, salvage, opex) = (i.number("capex")?, i.number("salvage")?, i.number_or("annual_opex", 0.0)?);
            i.answer(equivalent_annual_cost(capex, salvage, i.number("rate")?, i.number("years")?, opex))
        },
    },
    Function {
        name: "lease_vs_buy_npv",
        summary: "Net advantage of leasing (`nal`, positive favours the lease) and both present values.",
        source: "Brealey, Myers & Allen ch. 25",
        inputs: &[
            COST,
            Input::needed("salvage_pre_tax", "sale at the end of the lease, before tax"),
            TAX,
            Input::needed("debt_rate", "borrowing rate before tax, a fraction a year"),
            Input::needed("macrs", "recovery period: \"3y\", \"5y\" or \"7y\""),
            Input::needed("lease_payment", "annual payment before tax"),
            Input::needed("payments", "number of annual payments"),
            IN_ADVANCE,
        ],
        run: |i| {
            let macrs_years = match i.text("macrs")? {
                "3y" => 3,
                "5y" => 5,
                "7y" => 7,
                _ => {
                    let problem = "the recovery period must be \"3y\", \"5y\" or \"7y\"";
                    return Err(i.refused(CostError::invalid("macrs", problem)));
                }
            };
            let terms = LeaseOrBuy {
                cost: i.number("cost")?,
                salvage_pre_tax: i.number("salvage_pre_tax")?,
                tax_rate: i.number("tax")?,
                debt_rate: i.number("debt_rate")?,
                macrs_years,
                lease_payment: i.number("lease_payment")?,
                payments: i.small_count("payments")?,
                in_advance: i.flag_or("in_advance", true)?,
            };
            i.answer(lease_vs_buy(&terms).map(|compared| {
                json!({
                    "buy_pv_cost": compared.buy_pv_cost,
                    "lease_pv_cost": compared.lease_pv_cost,
                    "nal": compared.net_advantage_of_leasing,
                })
            }))
        },
    },
    Function {
        name: "breakeven_lease_payment",
        summary: "The annual lease payment before tax at which leasing costs what buying costs.",
        source: "buy_pv / ((1 - tax) annuity); Brealey, Myers & Allen ch. 25",
        inputs: &[
            Input::needed("buy_pv_cost", "present value of buying, after tax"),
            TAX,
            Input::needed("after_tax_rate", "borrowing rate after tax, a fraction a year"),
            Input::needed("payments", "number of annual payments"),
            IN_ADVANCE,
        ],
        run: |i| {
            let (buy, tax, rate) = (i.number("buy_pv_cost")?, i.number("tax")?, i.number("after_tax_rate")?);
            i.answer(breakeven_lease_payment(
                buy,
                tax,
                rate,
                i.small_count("payments")?,
                i.flag_or("in_advance", true)?,
            ))
        },
    },
];
