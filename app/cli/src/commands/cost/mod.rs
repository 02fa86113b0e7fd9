//! `assay cost`

mod document;
mod tables;
mod uncertain;

use anyhow::Context as _;
use assay_base::files;
use assay_service::uncertainty::{Uncertainty, simulate};
use assay_service::what_if::{OptionBreakEven, Waited, break_evens, waiting};
use assay_service::{Assessment, Workbench, focus};

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
    let mut values = place::values(&arguments.set)?;
    if let Some(lens) = arguments.lens {
        values.push(("finance.lens".to_owned(), lens.word().into()));
    }
    place::look_at(&mut workbench, arguments.scenario.as_deref(), &values)?;
    let assessment = workbench.assessment();
    if let Some(file) = &arguments.focus {
        write_focus(&workbench, file)?;
    }
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

/// Writes the payments as FOCUS rows, and says which options have none.
fn write_focus(workbench: &Workbench, file: &std::path::Path) -> anyhow::Result<()> {
    let assessment = workbench.assessment();
    let rows = focus::csv(assessment, workbench.catalog(), workbench.scenario())?;
    files::write_atomic(file, &rows).with_context(|| format!("{} cannot be written", file.display()))?;
    eprintln!("Wrote {}", file.display());
    for evaluation in assessment.evaluations.iter().filter(|e| e.tco.is_none()) {
        eprintln!(
            "{} has no rows: {}",
            evaluation.name,
            evaluation.not_ranked.as_deref().unwrap_or("its cost is unknown")
        );
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
