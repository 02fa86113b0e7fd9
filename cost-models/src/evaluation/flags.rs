//! What is possible but not plausible: shown with the figure, for it is more often a slip than a fact.

use serde::{Deserialize, Serialize};

use super::{Assumptions, OptionInput, Payment, PowerBasis, pays_for_energy};
use crate::demand::Growth;

/// A doubt about an input.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Flag {
    /// The input, such as `payment.life_months`; those of the assumptions by their own names.
    pub field: String,
    /// What is doubtful and what to look at.
    pub problem: String,
}

/// Terms and lives below this many months are more likely years.
const SHORT_MONTHS: u32 = 6;
/// Growth a month from here on is more likely a year's.
const STEEP_MONTHLY_GROWTH: f64 = 0.25;
/// A discount rate from here on is more likely a slip.
const STEEP_DISCOUNT_RATE: f64 = 0.5;

pub(super) fn of(option: &OptionInput, assumptions: &Assumptions) -> Vec<Flag> {
    let mut flags = Vec::new();
    let mut flag = |field: &str, problem: String| flags.push(Flag { field: field.to_owned(), problem });
    if let (Ok(throughput), Some(ceiling)) = (&option.throughput_per_unit, option.throughput_ceiling_per_unit)
        && throughput.value > ceiling
    {
        let problem = format!(
            "{} items a second are above the {ceiling} that the roofline allows; check items, units and the peak",
            throughput.value
        );
        flag("throughput_per_unit", problem);
    }
    let months = |what: &str, months: u32| {
        let unit = if months == 1 { "month" } else { "months" };
        format!("{what} of {months} {unit} is unusually short; if years were meant, give {}", months.saturating_mul(12))
    };
    match &option.payment {
        Payment::Purchase { life_months, .. } if *life_months < SHORT_MONTHS => {
            flag("payment.life_months", months("a life", *life_months));
        }
        Payment::Reserved { term_months, .. } | Payment::Lease { term_months, .. } if *term_months < SHORT_MONTHS => {
            flag("payment.term_months", months("a term", *term_months));
        }
        _ => {}
    }
    if pays_for_energy(&option.payment)
        && option.power_basis == PowerBasis::Board
        && option.host_power_watts_per_unit.is_none()
    {
        let problem = "the power is that of the boards alone, so the energy of the host is missing; state its power";
        flag("host_power_watts_per_unit", problem.to_owned());
    }
    if let Growth::Compound { per_month } = assumptions.demand.growth
        && per_month > STEEP_MONTHLY_GROWTH
    {
        let a_year = 100.0 * ((1.0 + per_month).powi(12) - 1.0);
        let problem = format!("{per_month} a month is {a_year:.0} % a year; if a year was meant, give a month's");
        flag("demand.growth.per_month", problem);
    }
    if assumptions.discount_rate_annual > STEEP_DISCOUNT_RATE {
        let problem =
            format!("{} a year is a very high cost of capital (0.08 is 8 %)", assumptions.discount_rate_annual);
        flag("discount_rate_annual", problem);
    }
    flags
}
