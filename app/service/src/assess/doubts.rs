//! What is possible but doubtful of a study's dates and amounts, a sentence each.

use assay_base::format;
use assay_cost_models::Payment;
use assay_study::{ASSUMPTIONS, Study};
use jiff::civil::Date;

use super::ResolvedOption;

/// A pricing date this many days ago prices a decision that is past.
const LONG_AGO_DAYS: i32 = 365;

/// The pricing date against today and against the days of the prices.
pub fn of_dates(options: &[ResolvedOption], pricing_date: Date, today: Date) -> Vec<String> {
    let mut doubts = Vec::new();
    let days_ago = (today - pricing_date).get_days();
    if days_ago < 0 {
        doubts.push(format!(
            "`pricing_date` is {pricing_date}, in the future: nobody has quoted the prices of that day yet, so the \
             newest known ones are taken"
        ));
    } else if days_ago > LONG_AGO_DAYS {
        doubts.push(format!("`pricing_date` is {pricing_date}, {days_ago} days ago: the answer is one of that day"));
    }
    for option in options {
        if let Ok(price) = &option.price
            && let Some(as_of) = price.as_of.filter(|as_of| *as_of > pricing_date)
        {
            let name = &option.input.name;
            doubts.push(format!("{name}: its price is of {as_of}, after the `pricing_date` of {pricing_date}"));
        }
    }
    doubts
}

/// A first month that was over before the prices held.
pub fn of_begin(study: &Study, pricing_date: Date) -> Option<String> {
    let begins = study.capacity.as_ref()?.begins?;
    let after = begins.plus(1).first_day();
    (after <= pricing_date).then(|| {
        format!(
            "`capacity.begins` is {begins}, before the `pricing_date` of {pricing_date}: costs, the capacity plan and \
             the migration plan begin in the past, at prices of later"
        )
    })
}

/// Amounts whose default and plausible range are known in other currencies alone.
pub fn of_amounts(study: &Study, options: &[ResolvedOption]) -> Vec<String> {
    let mut doubts = Vec::new();
    for spec in ASSUMPTIONS.iter().filter(|spec| !spec.is_for(study.currency)) {
        let path = format!("assumptions.{}", spec.key);
        let known = spec.known_currencies();
        match study.assumption(spec.key) {
            Some(value) => doubts.push(format!(
                "`{path}` of {} {} is not checked: a plausible range is known in {known} alone",
                format::without_trailing_zeros(&format::significant(value.value(), 6)),
                spec.unit.replace("currency", study.currency.code())
            )),
            None if spec.key == "electricity_price_per_kwh" && options.iter().any(needs_electricity) => {
                doubts.push(format!("state `{path}`: its default is in {known}, not in {}", study.currency));
            }
            None => {}
        }
    }
    doubts
}

fn needs_electricity(option: &ResolvedOption) -> bool {
    matches!(option.input.payment, Payment::Purchase { .. } | Payment::Lease { energy_included: false, .. })
}
