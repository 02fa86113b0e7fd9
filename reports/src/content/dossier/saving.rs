//! Where a saving comes from, component by component.

use crate::charts::{Chart, Quantity, WaterfallChart, WaterfallStep};
use crate::content::author::Author;
use crate::document::{Figure, Inline};
use crate::rich;
use assay_cost_models::Evaluation;
use assay_cost_models::evaluation::Component;

/// Components that have a step of their own; the rest are one.
const STEPS_SHOWN: usize = 5;

/// What the recommendation saves against what it has to beat, component by component; `None` without an answer.
pub(super) fn figure(author: &mut Author<'_>) -> Option<Figure> {
    let (best, rival) = (author.found.best?, author.found.rival()?);
    let saving = author.found.saving()?;
    let mut changes: Vec<(&str, f64)> = Component::ALL
        .into_iter()
        .map(|component| (component.label(), amount(rival, component) - amount(best, component)))
        .filter(|(_, change)| *change != 0.0)
        .collect();
    changes.sort_by(|a, b| b.1.abs().total_cmp(&a.1.abs()));
    let (largest, change) = *changes.first()?;
    let rest: f64 = changes.iter().skip(STEPS_SHOWN).map(|(_, change)| change).sum();
    changes.truncate(STEPS_SHOWN);
    if rest != 0.0 {
        changes.push(("remaining parts", rest));
    }
    let step = |label: &str, amount| WaterfallStep { label: label.to_owned(), amount };
    let mut steps: Vec<WaterfallStep> = changes.iter().map(|(label, change)| step(label, Some(*change))).collect();
    steps.push(step(if saving < 0.0 { "more in sum" } else { "saving" }, None));
    let value = author.amount(best, "largest_change", Some(change.abs()));
    let verb = if change > 0.0 { "the largest saving is " } else { "the largest extra cost is " };
    Some(Figure {
        anchor: "saving".to_owned(),
        takeaway: rich![
            Inline::name(&best.name),
            " against ",
            Inline::name(&rival.name),
            ": ",
            verb,
            value,
            " of ",
            Inline::name(largest)
        ],
        chart: Chart::Waterfall(WaterfallChart { steps, quantity: Quantity::Money(author.input.assumptions.currency) }),
        height_pt: 150.0,
        source: author.cost_source("total cost of ownership by component, undiscounted; up is saved, down costs more."),
    })
}

fn amount(of: &Evaluation, component: Component) -> f64 {
    let costs = of.tco.iter().flat_map(|tco| &tco.components);
    costs.filter(|cost| cost.component == component).map(|cost| cost.amount.amount).sum()
}
