//! `assay cost`

mod document;
mod tables;
mod uncertain;

use anyhow::Context as _;
use assay_service::Command;
use assay_service::study::edit::parse_value;
use assay_service::uncertainty::{Uncertainty, simulate};
use assay_service::what_if::{OptionBreakEven, Waited, break_evens, waiting};
use assay_service::{Assessment, Workbench};

use crate::args::{Cost, Format};
use crate::{Verdict, output, place};

/// Everything that the command prints.
struct Figures<'a> {
    assessment: &'a Assessment,
    scenario: Option<&'a str>,
    break_evens: Vec<OptionBreakEven>,
    waiting: Vec<Waited>,
    uncertainty: Option<Uncertainty>,
    quarterly: bool,
}

pub fn run(arguments: &Cost) -> anyhow::Result<Verdict> {
    let mut workbench = place::open(arguments.study.named())?;
    look_at(&mut workbench, arguments)?;
    let assessment = workbench.assessment();
    let figures = Figures {
        assessment,
        scenario: workbench.scenario(),
        break_evens: break_evens(assessment)?,
        waiting: waiting(assessment),
        uncertainty: match arguments.samples {
            Some(samples) => simulate(assessment, samples, arguments.seed)?,
            None => None,
        },
        quarterly: arguments.quarterly,
    };
    match arguments.format {
        Format::Table => {
            tables::print(&figures)?;
            if arguments.samples.is_some() {
                uncertain::print(&figures)?;
            }
            tables::print_rest(&figures)?;
        }
        Format::Json => output::json(&document::whole(&figures)?)?,
        Format::Csv => output::csv(&document::rows(&figures)?)?,
    }
    Ok(verdict(assessment))
}

/// The scenario, the values set for this evaluation, and the lens.
fn look_at(workbench: &mut Workbench, arguments: &Cost) -> anyhow::Result<()> {
    let mut values = arguments
        .set
        .iter()
        .map(|text| {
            let (path, value) = text.split_once('=').with_context(|| format!("`{text}` is not PATH=VALUE"))?;
            Ok((path.trim().to_owned(), parse_value(value.trim())))
        })
        .collect::<anyhow::Result<Vec<_>>>()?;
    if let Some(lens) = arguments.lens {
        values.push(("finance.lens".to_owned(), lens.word().into()));
    }
    if let Some(scenario) = &arguments.scenario {
        workbench.apply(Command::SelectScenario(Some(scenario.clone())))?;
    }
    if !values.is_empty() {
        workbench.override_values(&values)?;
    }
    Ok(())
}

/// "No" where options have a cost, but none of them meets the requirements.
fn verdict(assessment: &Assessment) -> Verdict {
    let costed = assessment.evaluations.iter().any(|e| e.tco.is_some());
    let required = assessment.study.requirements.max_p99_latency_secs.is_some();
    if required && costed && assessment.evaluations.iter().all(|e| e.rank.is_none()) {
        Verdict::No
    } else {
        Verdict::Yes
    }
}
