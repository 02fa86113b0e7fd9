//! The study's scenarios side by side with the plan itself, and what makes the difference.

use std::sync::Arc;

use assay_cost_models::evaluation::Component;
use assay_hardware_profiles::Catalog;
use assay_study::Study;
use jiff::civil::Date;

use crate::answer::Confidence;
use crate::assess::{Assessment, Measured, assess_under};
use crate::workbench::Workbench;

/// What follows under one scenario.
#[derive(Clone, Debug, PartialEq)]
pub struct ScenarioOutcome {
    /// The scenario's id; `None` for the plan itself.
    pub id: Option<String>,
    /// Its name.
    pub name: String,
    /// What it sets, a path and a value each.
    pub changes: Vec<(String, String)>,
    /// What follows, or why nothing does.
    pub outcome: Result<Outcome, String>,
}

/// The answer and the cost of each option under one scenario.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// `MOVE`, `STAY` or that there is no answer.
    pub verdict: String,
    /// How far it can be trusted.
    pub confidence: Confidence,
    /// The option recommended.
    pub recommended: Option<String>,
    /// Each option, in the study's order.
    pub options: Vec<OptionOutcome>,
}

/// An option under one scenario. What is not known is absent.
#[derive(Clone, Debug, PartialEq)]
pub struct OptionOutcome {
    /// The option.
    pub id: String,
    /// Its total cost.
    pub total: Option<f64>,
    /// Its NPV against the baseline.
    pub npv: Option<f64>,
    /// Months to pay back; `None` as well where it never does.
    pub payback_months: Option<f64>,
    /// Cost by component.
    pub components: Vec<(Component, f64)>,
}

impl Outcome {
    fn of(assessment: &Assessment) -> Self {
        let option = |evaluation: &assay_cost_models::Evaluation| OptionOutcome {
            id: evaluation.id.clone(),
            total: evaluation.tco.as_ref().map(|tco| tco.total.amount),
            npv: evaluation.npv().map(|npv| npv.amount),
            payback_months: evaluation.payback_months(),
            components: evaluation
                .tco
                .iter()
                .flat_map(|tco| &tco.components)
                .map(|part| (part.component, part.amount.amount))
                .collect(),
        };
        Self {
            verdict: assessment.answer.verdict.clone(),
            confidence: assessment.answer.confidence,
            recommended: assessment.answer.recommended.clone(),
            options: assessment.evaluations.iter().map(option).collect(),
        }
    }

    /// An option.
    pub fn option(&self, id: &str) -> Option<&OptionOutcome> {
        self.options.iter().find(|option| option.id == id)
    }
}

/// A step from one total to another.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// What changes.
    pub component: Component,
    /// By how much.
    pub by: f64,
}

/// The steps from an option's total under one scenario to that under another, the largest first; `None` where either
/// is not known.
pub fn steps(from: &OptionOutcome, to: &OptionOutcome) -> Option<Vec<Step>> {
    from.total?;
    to.total?;
    let amount = |of: &OptionOutcome, component: Component| {
        of.components.iter().filter(|(known, _)| *known == component).map(|(_, amount)| amount).sum::<f64>()
    };
    let mut steps: Vec<Step> = Component::ALL
        .into_iter()
        .map(|component| Step { component, by: amount(to, component) - amount(from, component) })
        .filter(|step| step.by != 0.0)
        .collect();
    steps.sort_by(|a, b| b.by.abs().total_cmp(&a.by.abs()));
    Some(steps)
}

/// What the outcomes of all scenarios are made from; each is an evaluation of the study, so this can go to another
/// thread.
#[derive(Debug)]
pub struct Basis {
    study: Study,
    /// The scenario looked at, with what follows under it.
    current: (Option<String>, Arc<Assessment>),
    catalog: Arc<Catalog>,
    measured: Arc<Measured>,
    today: Date,
}

impl Basis {
    /// Takes what is needed of a study that is open.
    pub fn of(workbench: &Workbench) -> Self {
        Self {
            study: workbench.study().clone(),
            current: (workbench.scenario().map(str::to_owned), workbench.shared_assessment()),
            catalog: workbench.shared_catalog(),
            measured: workbench.shared_measured(),
            today: workbench.today(),
        }
    }

    fn outcome(&self, id: Option<&str>) -> Result<Outcome, String> {
        let (current, assessment) = &self.current;
        if id == current.as_deref() {
            return Ok(Outcome::of(assessment));
        }
        let found = assess_under(id, &self.study, &self.catalog, &self.measured, self.today);
        found.map(|found| Outcome::of(&found)).map_err(|error| error.to_string())
    }
}

/// The plan itself and each scenario, in the study's order.
pub fn outcomes(basis: &Basis) -> Vec<ScenarioOutcome> {
    let scenarios = basis.study.scenarios.iter().map(|s| (Some(s.id.as_str()), s.name.as_str(), Some(&s.set)));
    std::iter::once((None, "The plan itself", None))
        .chain(scenarios)
        .map(|(id, name, set)| ScenarioOutcome {
            id: id.map(str::to_owned),
            name: name.to_owned(),
            changes: set.into_iter().flatten().map(|(path, value)| (path.clone(), value.to_string())).collect(),
            outcome: basis.outcome(id),
        })
        .collect()
}
