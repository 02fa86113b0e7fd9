//! The payments of a cost evaluation as FOCUS 1.2 rows, for FinOps dashboards.
//!
//! Source: FinOps Open Cost & Usage Specification 1.2. `BilledCost` is what is paid, `EffectiveCost` spreads what is paid
//! in advance over its use; each of them sums to the option's total cost, and they must not be added to each other. The
//! months of the plan are calendar months from [`crate::assess::Assessment::first_month`] on.

use assay_cost_models::evaluation::{Component, ComponentFlow};
use assay_cost_models::{Evaluation, Payment};
use assay_hardware_profiles::{Catalog, Offer};
use assay_study::StudyOption;
use jiff::ToSpan as _;
use jiff::civil::Date;

use crate::assess::{Assessment, ResolvedOption};
use crate::workbench::WorkbenchError;

/// The account that the rows belong to: there is no invoice yet.
const ACCOUNT: &str = "assay-plan";
/// Who provides what no offer of the catalogue is behind.
const NOBODY: &str = "not stated";

/// The columns, in their order: those of the specification by name, then our own.
pub const COLUMNS: [&str; 51] = [
    "BilledCost",
    "BillingAccountId",
    "BillingAccountName",
    "BillingCurrency",
    "BillingPeriodEnd",
    "BillingPeriodStart",
    "ChargeCategory",
    "ChargeClass",
    "ChargeDescription",
    "ChargeFrequency",
    "ChargePeriodEnd",
    "ChargePeriodStart",
    "CommitmentDiscountCategory",
    "CommitmentDiscountId",
    "CommitmentDiscountName",
    "CommitmentDiscountQuantity",
    "CommitmentDiscountStatus",
    "CommitmentDiscountType",
    "CommitmentDiscountUnit",
    "ConsumedQuantity",
    "ConsumedUnit",
    "ContractedCost",
    "EffectiveCost",
    "InvoiceIssuerName",
    "ListCost",
    "PricingCategory",
    "PricingQuantity",
    "PricingUnit",
    "ProviderName",
    "PublisherName",
    "RegionId",
    "ResourceType",
    "ServiceCategory",
    "ServiceName",
    "SubAccountId",
    "SubAccountName",
    "x_AcceleratorModel",
    "x_Baseline",
    "x_BenchmarkRunId",
    "x_Component",
    "x_CostPerMillion",
    "x_Evidence",
    "x_InferenceCount",
    "x_Item",
    "x_Month",
    "x_OptionId",
    "x_OptionName",
    "x_Sample",
    "x_Scenario",
    "x_Study",
    "x_Units",
];

/// The rows of every option that has a total cost, as CSV with a header: one a month and component. An empty field is
/// null.
///
/// # Errors
/// When the demand or a date leaves its range.
pub fn csv(assessment: &Assessment, catalog: &Catalog, scenario: Option<&str>) -> Result<Vec<u8>, WorkbenchError> {
    let other =
        |error: &dyn std::fmt::Display| WorkbenchError::Other(format!("the FOCUS rows cannot be written: {error}"));
    let months = assessment.assumptions.horizon_months as usize;
    let items = assessment.assumptions.demand.items(months)?;
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(COLUMNS).map_err(|error| other(&error))?;
    for (option, resolved) in assessment.study.options.iter().zip(&assessment.options) {
        let Some(evaluation) = assessment.evaluation(&option.id) else { continue };
        let sheet =
            Sheet { assessment, scenario, items: &items, option, resolved, evaluation, offer: offer(option, catalog) };
        for row in sheet.rows().map_err(|error| other(&error))? {
            writer.write_record(row).map_err(|error| other(&error))?;
        }
    }
    writer.into_inner().map_err(|error| other(&error))
}

fn offer<'a>(option: &StudyOption, catalog: &'a Catalog) -> Option<&'a Offer> {
    catalog.require(option.profile.as_deref()?).ok()?.offer(option.price.offer.as_deref()?)
}

/// The rows of one option.
struct Sheet<'a> {
    assessment: &'a Assessment,
    scenario: Option<&'a str>,
    items: &'a [f64],
    option: &'a StudyOption,
    resolved: &'a ResolvedOption,
    evaluation: &'a Evaluation,
    offer: Option<&'a Offer>,
}

/// One charge.
struct Charge {
    component: Component,
    /// 0 for what is paid at the start, else the month, counted from 1.
    month: usize,
    billed: f64,
    effective: f64,
}

impl Sheet<'_> {
    fn rows(&self) -> Result<Vec<Vec<String>>, jiff::Error> {
        let Some(tco) = &self.evaluation.tco else { return Ok(Vec::new()) };
        let charges = |flows: &[ComponentFlow], charge: fn(Component, usize, f64) -> Charge| -> Vec<Charge> {
            let of = |flow: &ComponentFlow| {
                let component = flow.component;
                let amounts = flow.monthly.iter().enumerate().filter(|(_, amount)| **amount != 0.0);
                amounts.map(move |(month, amount)| charge(component, month, *amount)).collect::<Vec<_>>()
            };
            flows.iter().flat_map(of).collect()
        };
        let mut found = charges(&tco.by_payment, |component, month, amount| Charge {
            component,
            month,
            billed: amount,
            effective: if is_spread(component) { 0.0 } else { amount },
        });
        // What was paid in advance, in the months that use it. Interest is no charge.
        let spread: Vec<ComponentFlow> = tco
            .by_expense
            .iter()
            .filter(|flow| matches!(flow.component, Component::Depreciation | Component::ResidualValue))
            .cloned()
            .collect();
        found.extend(charges(&spread, |component, month, amount| Charge {
            component,
            month,
            billed: 0.0,
            effective: amount,
        }));
        found.sort_by_key(|charge| (charge.month, charge.component));
        let mut counted = 0;
        found
            .iter()
            .map(|charge| {
                // The items of a month stand in one of its rows, so that they can be summed.
                let first_of_month = charge.month > counted;
                counted = counted.max(charge.month);
                self.row(charge, first_of_month)
            })
            .collect()
    }

    fn row(&self, charge: &Charge, first_of_month: bool) -> Result<Vec<String>, jiff::Error> {
        let assessment = self.assessment;
        let (begin, end) = period(assessment.first_month(), charge.month)?;
        let (begin, end) = (instant(begin), instant(end));
        let component = charge.component;
        let payment = &self.resolved.input.payment;
        let rented = component == Component::Compute && self.hours(charge.month).is_some();
        let hours = self.hours(charge.month).filter(|_| rented);
        let is_tax = component == Component::Tax;
        let is_purchase = charge.billed != 0.0 && is_bought(component);
        let one_time = charge.month == 0 || is_purchase || is_one_off(component);
        let reserved = matches!(payment, Payment::Reserved { .. }) && (rented || is_committed(component, charge));
        let provider =
            self.offer.filter(|_| self.is_offered(component)).map_or(NOBODY, |offer| offer.provider.as_str());
        let decimal = |value: f64| value.to_string();
        let some = |yes: bool, text: &str| if yes { text.to_owned() } else { String::new() };
        let name = match &self.resolved.hardware {
            Some(hardware) if self.is_offered(component) => format!("{hardware}, {}", component.label()),
            _ => component.label().to_owned(),
        };
        let category = match component {
            Component::Tax => "Tax",
            Component::ResidualValue => "Adjustment",
            _ if is_purchase || is_one_off(component) => "Purchase",
            _ => "Usage",
        };
        let priced = !matches!(category, "Tax" | "Adjustment");
        let pricing = match payment {
            _ if !priced => "",
            Payment::Spot { .. } if rented => "Dynamic",
            Payment::Reserved { .. } if rented => "Committed",
            _ if rented || component == Component::Service || is_purchase => "Standard",
            _ => "Other",
        };
        let (quantity, unit) = match hours {
            Some(hours) => (hours, "Hours"),
            None if one_time => (1.0, "Units"),
            None => (1.0, "Months"),
        };
        let description = format!(
            "{} of {}: {}{}",
            component.label(),
            self.evaluation.name,
            payment.label(),
            if is_spread(component) && charge.billed == 0.0 { ", the part used in this month" } else { "" }
        );
        let commitment = format!("{}-{}", self.option.id, self.option.price.offer.as_deref().unwrap_or("reserved"));
        let measurement = self.resolved.throughput.as_ref().ok().and_then(|fact| fact.measurement_id.clone());
        let per_million = self.evaluation.cost_per_million.map(|cost| cost.value.amount);
        let units = self.units(charge.month);
        let cells: [(&str, String); COLUMNS.len()] = [
            ("BilledCost", decimal(charge.billed)),
            ("BillingAccountId", ACCOUNT.to_owned()),
            ("BillingAccountName", assessment.study.title.clone()),
            ("BillingCurrency", assessment.study.currency.to_string()),
            ("BillingPeriodEnd", end.clone()),
            ("BillingPeriodStart", begin.clone()),
            ("ChargeCategory", category.to_owned()),
            ("ChargeClass", String::new()),
            ("ChargeDescription", description),
            (
                "ChargeFrequency",
                if one_time {
                    "One-Time"
                } else if rented {
                    "Usage-Based"
                } else {
                    "Recurring"
                }
                .to_owned(),
            ),
            ("ChargePeriodEnd", end),
            ("ChargePeriodStart", begin),
            ("CommitmentDiscountCategory", some(reserved, "Usage")),
            ("CommitmentDiscountId", some(reserved, &commitment)),
            ("CommitmentDiscountName", some(reserved, &payment.label())),
            ("CommitmentDiscountQuantity", if reserved { decimal(quantity) } else { String::new() }),
            ("CommitmentDiscountStatus", some(reserved && category == "Usage", "Used")),
            ("CommitmentDiscountType", some(reserved, "Reserved")),
            ("CommitmentDiscountUnit", some(reserved, unit)),
            ("ConsumedQuantity", hours.map(decimal).unwrap_or_default()),
            ("ConsumedUnit", some(rented, "Hours")),
            ("ContractedCost", decimal(charge.billed)),
            ("EffectiveCost", decimal(charge.effective)),
            ("InvoiceIssuerName", provider.to_owned()),
            ("ListCost", decimal(charge.billed)),
            ("PricingCategory", pricing.to_owned()),
            ("PricingQuantity", if is_tax { String::new() } else { decimal(quantity) }),
            ("PricingUnit", some(!is_tax, unit)),
            ("ProviderName", provider.to_owned()),
            ("PublisherName", provider.to_owned()),
            (
                "RegionId",
                self.offer.and_then(|o| o.region.clone()).filter(|_| self.is_offered(component)).unwrap_or_default(),
            ),
            (
                "ResourceType",
                self.offer.and_then(|o| o.unit.clone()).filter(|_| self.is_offered(component)).unwrap_or_default(),
            ),
            ("ServiceCategory", service_category(component).to_owned()),
            ("ServiceName", name),
            ("SubAccountId", self.option.id.clone()),
            ("SubAccountName", self.evaluation.name.clone()),
            ("x_AcceleratorModel", self.resolved.hardware.clone().unwrap_or_default()),
            ("x_Baseline", self.evaluation.is_baseline.to_string()),
            ("x_BenchmarkRunId", measurement.unwrap_or_default()),
            ("x_Component", component.label().to_owned()),
            ("x_CostPerMillion", per_million.map(decimal).unwrap_or_default()),
            ("x_Evidence", self.evaluation.evidence.to_string()),
            (
                "x_InferenceCount",
                charge
                    .month
                    .checked_sub(1)
                    .filter(|_| first_of_month)
                    .and_then(|month| self.items.get(month))
                    .map(|items| decimal(*items))
                    .unwrap_or_default(),
            ),
            ("x_Item", assessment.item().to_owned()),
            ("x_Month", charge.month.to_string()),
            ("x_OptionId", self.option.id.clone()),
            ("x_OptionName", self.evaluation.name.clone()),
            ("x_Sample", assessment.study.sample.to_string()),
            ("x_Scenario", self.scenario.unwrap_or_default().to_owned()),
            ("x_Study", assessment.study.title.clone()),
            ("x_Units", units.map(|units| units.to_string()).unwrap_or_default()),
        ];
        debug_assert!(cells.iter().zip(COLUMNS).all(|((name, _), column)| *name == column));
        Ok(cells.into_iter().map(|(_, cell)| cell).collect())
    }

    /// Units in service in a month; `None` for a service, and at the start.
    fn units(&self, month: usize) -> Option<u64> {
        self.evaluation.fleet.as_ref()?.per_month.get(month.checked_sub(1)?).copied()
    }

    /// Unit-hours of a month.
    fn hours(&self, month: usize) -> Option<f64> {
        Some(self.units(month)? as f64 * self.assessment.assumptions.hours_per_month)
    }

    /// Whether a component is what the option's offer is for.
    fn is_offered(&self, component: Component) -> bool {
        matches!(
            component,
            Component::Compute
                | Component::Commitment
                | Component::CommitmentAfterHorizon
                | Component::Hardware
                | Component::Depreciation
                | Component::Service
        )
    }
}

/// Paid in advance and used over time.
fn is_spread(component: Component) -> bool {
    matches!(
        component,
        Component::Hardware | Component::Commitment | Component::ResidualValue | Component::Depreciation
    )
}

fn is_bought(component: Component) -> bool {
    matches!(component, Component::Hardware | Component::Commitment)
}

fn is_one_off(component: Component) -> bool {
    matches!(
        component,
        Component::Migration
            | Component::ParallelRunning
            | Component::Training
            | Component::Exit
            | Component::CommitmentAfterHorizon
    )
}

/// Rows of an upfront payment: the payment, and the parts used.
fn is_committed(component: Component, charge: &Charge) -> bool {
    component == Component::Commitment || (component == Component::Depreciation && charge.billed == 0.0)
}

/// The calendar month of a month of the plan, its end exclusive; what is paid at the start belongs to the first.
fn period(first: Date, month: usize) -> Result<(Date, Date), jiff::Error> {
    let begin = first.checked_add((month.max(1) as i64 - 1).months())?;
    Ok((begin, begin.checked_add(1.month())?))
}

fn instant(day: Date) -> String {
    format!("{day}T00:00:00Z")
}

/// One of the specification's values.
fn service_category(component: Component) -> &'static str {
    match component {
        Component::Compute | Component::Commitment | Component::CommitmentAfterHorizon => "Compute",
        Component::Hardware | Component::ResidualValue | Component::Depreciation => "Compute",
        Component::Maintenance => "Compute",
        Component::Service => "AI and Machine Learning",
        Component::Network => "Networking",
        Component::Storage => "Storage",
        Component::Staff | Component::Support => "Management and Governance",
        Component::Migration | Component::ParallelRunning => "Migration",
        _ => "Other",
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn months_are_calendar_months_from_the_first_one_on() {
        assert_eq!(period(date(2027, 1, 1), 0).unwrap(), (date(2027, 1, 1), date(2027, 2, 1)));
        assert_eq!(period(date(2027, 1, 1), 1).unwrap(), (date(2027, 1, 1), date(2027, 2, 1)));
        assert_eq!(period(date(2027, 1, 1), 2).unwrap(), (date(2027, 2, 1), date(2027, 3, 1)));
        assert_eq!(instant(date(2026, 2, 3)), "2026-02-03T00:00:00Z");
    }
}
