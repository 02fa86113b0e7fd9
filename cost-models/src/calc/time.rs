//! The time value of money.

use super::{Function, Input};
use crate::time_value::{
    discounted_payback, effective_rate, future_value, irr, irr_all_roots, mirr, npv_excel, npv_t0, number_of_periods,
    payback, payback_last_crossing, payment, period_rate, present_value, profitability_index, real_rate, roi, xirr,
    xnpv,
};

const RATE: Input = Input::needed("rate", "discount rate a period, a fraction");
const FLOWS: Input = Input::needed("flows", "cash flows, equally spaced, paid is negative");
const DATES: Input = Input::needed("dates", "dates of the flows, such as \"2026-03-31\"; the first is the base");
const DATED_FLOWS: Input = Input::needed("flows", "cash flows, one for each date, paid is negative");
const ANNUAL_RATE: Input = Input::needed("rate", "discount rate a year, a fraction");
const PERIOD_RATE: Input = Input::needed("rate", "interest rate a period, a fraction");
const NPER: Input = Input::needed("nper", "number of periods");
const PMT: Input = Input::needed("pmt", "payment each period, paid is negative");
const PV: Input = Input::needed("pv", "present value");
const FV: Input = Input::optional("fv", "future value; 0 where absent");
const TYPE: Input = Input::optional("type", "1 where payments are due at the begin of a period; 0 where absent");
const GUESS: Input = Input::optional("guess", "accepted for spreadsheets' sake and not needed: every root is found");

pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        name: "npv_t0",
        summary: "Net present value, the first flow at t = 0 and not discounted (Assay's convention).",
        source: "numpy-financial npv; Brealey, Myers & Allen ch. 2",
        inputs: &[RATE, FLOWS],
        run: |i| i.answer(npv_t0(i.number("rate")?, &i.numbers("flows")?)),
    },
    Function {
        name: "npv_excel",
        summary: "Net present value as a spreadsheet's NPV(): the first flow is discounted by one period.",
        source: "Microsoft Support, NPV function",
        inputs: &[RATE, FLOWS],
        run: |i| i.answer(npv_excel(i.number("rate")?, &i.numbers("flows")?)),
    },
    Function {
        name: "xnpv",
        summary: "Net present value of dated flows, actual/365.",
        source: "Microsoft Support, XNPV function",
        inputs: &[ANNUAL_RATE, DATES, DATED_FLOWS],
        run: |i| i.answer(xnpv(i.number("rate")?, &i.dates("dates")?, &i.numbers("flows")?)),
    },
    Function {
        name: "irr",
        summary: "Internal rate of return a period: a number, null where there is none, a list where there are several.",
        source: "Brealey, Myers & Allen ch. 5; Lorie & Savage 1955",
        inputs: &[FLOWS, GUESS],
        run: |i| i.answer(irr(&i.numbers("flows")?)),
    },
    Function {
        name: "irr_all_roots",
        summary: "Every internal rate of return a period, ascending; an empty list where there is none.",
        source: "Brealey, Myers & Allen ch. 5; Lorie & Savage 1955",
        inputs: &[FLOWS],
        run: |i| i.answer(irr_all_roots(&i.numbers("flows")?)),
    },
    Function {
        name: "xirr",
        summary: "Internal rate of return a year of dated flows, actual/365: a number, null, or a list.",
        source: "Microsoft Support, XIRR function (exact root; the spreadsheet stops at 1e-8)",
        inputs: &[DATES, DATED_FLOWS, GUESS],
        run: |i| i.answer(xirr(&i.dates("dates")?, &i.numbers("flows")?)),
    },
    Function {
        name: "mirr",
        summary: "Modified internal rate of return a period; null without both outlays and returns.",
        source: "Microsoft Support, MIRR function",
        inputs: &[
            FLOWS,
            Input::needed("finance_rate", "rate at which outlays are financed, a fraction a period"),
            Input::needed("reinvest_rate", "rate at which returns are reinvested, a fraction a period"),
        ],
        run: |i| i.answer(mirr(&i.numbers("flows")?, i.number("finance_rate")?, i.number("reinvest_rate")?)),
    },
    Function {
        name: "payback",
        summary: "Periods until the cumulative flow first reaches 0; null where it never does.",
        source: "closed form, linear within a period",
        inputs: &[FLOWS],
        run: |i| i.answer(payback(&i.numbers("flows")?)),
    },
    Function {
        name: "payback_last_crossing",
        summary: "Periods until the cumulative flow stays at 0 or above; null where it ends below.",
        source: "closed form, linear within a period",
        inputs: &[FLOWS],
        run: |i| i.answer(payback_last_crossing(&i.numbers("flows")?)),
    },
    Function {
        name: "discounted_payback",
        summary: "Periods until the discounted cumulative flow stays at 0 or above; null where it ends below.",
        source: "closed form, linear within a period",
        inputs: &[FLOWS, RATE],
        run: |i| i.answer(discounted_payback(i.number("rate")?, &i.numbers("flows")?)),
    },
    Function {
        name: "roi",
        summary: "Return on investment, a fraction. State its horizon.",
        source: "(gain - cost) / cost",
        inputs: &[Input::needed("gain", "what came back"), Input::needed("cost", "what was laid out, above 0")],
        run: |i| i.answer(roi(i.number("gain")?, i.number("cost")?)),
    },
    Function {
        name: "profitability_index",
        summary: "1 + NPV over the first outlay; null where the first flow is no outlay.",
        source: "1 + NPV / |CF0|",
        inputs: &[RATE, FLOWS],
        run: |i| i.answer(profitability_index(i.number("rate")?, &i.numbers("flows")?)),
    },
    Function {
        name: "pmt",
        summary: "The level payment of a loan or a sinking fund.",
        source: "Microsoft Support, PMT function",
        inputs: &[PERIOD_RATE, NPER, PV, FV, TYPE],
        run: |i| {
            let (pv, fv) = (i.number("pv")?, i.number_or("fv", 0.0)?);
            i.answer(payment(i.number("rate")?, i.number("nper")?, pv, fv, i.flag_or("type", false)?))
        },
    },
    Function {
        name: "pv",
        summary: "The present value of level payments and a final one.",
        source: "Microsoft Support, PV function",
        inputs: &[PERIOD_RATE, NPER, PMT, FV, TYPE],
        run: |i| {
            let (pmt, fv) = (i.number("pmt")?, i.number_or("fv", 0.0)?);
            i.answer(present_value(i.number("rate")?, i.number("nper")?, pmt, fv, i.flag_or("type", false)?))
        },
    },
    Function {
        name: "fv",
        summary: "The future value of a first amount and level payments.",
        source: "Microsoft Support, FV function",
        inputs: &[PERIOD_RATE, NPER, PMT, Input::optional("pv", "present value; 0 where absent"), TYPE],
        run: |i| {
            let (pmt, pv) = (i.number("pmt")?, i.number_or("pv", 0.0)?);
            i.answer(future_value(i.number("rate")?, i.number("nper")?, pmt, pv, i.flag_or("type", false)?))
        },
    },
    Function {
        name: "rate",
        summary: "The interest rate a period of an annuity: a number, null, or a list.",
        source: "Microsoft Support, RATE function",
        inputs: &[NPER, PMT, PV, FV, TYPE, GUESS],
        run: |i| {
            let (pv, fv) = (i.number("pv")?, i.number_or("fv", 0.0)?);
            i.answer(period_rate(i.number("nper")?, i.number("pmt")?, pv, fv, i.flag_or("type", false)?))
        },
    },
    Function {
        name: "nper",
        summary: "The number of periods of an annuity; null where it never gets there.",
        source: "Microsoft Support, NPER function",
        inputs: &[PERIOD_RATE, PMT, PV, FV, TYPE],
        run: |i| {
            let (pv, fv) = (i.number("pv")?, i.number_or("fv", 0.0)?);
            i.answer(number_of_periods(i.number("rate")?, i.number("pmt")?, pv, fv, i.flag_or("type", false)?))
        },
    },
    Function {
        name: "effective_rate",
        summary: "The effective annual rate of a nominal one.",
        source: "Microsoft Support, EFFECT function",
        inputs: &[
            Input::needed("nominal", "nominal rate a year, a fraction"),
            Input::needed("periods", "times a year it is compounded"),
        ],
        run: |i| i.answer(effective_rate(i.number("nominal")?, i.number("periods")?)),
    },
    Function {
        name: "real_rate",
        summary: "The real rate behind a nominal one.",
        source: "Fisher: (1 + nominal) / (1 + inflation) - 1",
        inputs: &[
            Input::needed("nominal", "nominal rate, a fraction"),
            Input::needed("inflation", "inflation over the same time, a fraction"),
        ],
        run: |i| i.answer(real_rate(i.number("nominal")?, i.number("inflation")?)),
    },
];
