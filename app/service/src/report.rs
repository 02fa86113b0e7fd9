//! Documents of a study.

mod facts;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use assay_core::Measurement;
use assay_reports::content::{Ceiling, ComparedResult, RunsCompared};
use assay_reports::document::Document;
use assay_reports::proof::SigningKey;
use assay_reports::scene::Color;
use assay_reports::{Brand, Paper, Pdf, RenderOptions, ReportInput, compose, render_pdf};
pub use assay_reports::{ReportKind, to_markdown};
use assay_store::verdict::compare_runs;
use assay_study::PaperSize;

use crate::assess::{Assessment, assumed};
use crate::evidence::{EvidencePack, Facts};
use crate::runs::plan_for;
use crate::workbench::{Workbench, WorkbenchError};

/// A document that was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrittenReport {
    /// Where.
    pub path: PathBuf,
    /// Its pages.
    pub pages: usize,
    /// Its size.
    pub bytes: usize,
    /// What the writer had to work around, such as missing glyphs.
    pub diagnostics: Vec<String>,
}

impl Workbench {
    /// Where a document is written when nothing else is said.
    pub fn default_report_path(&self, kind: ReportKind) -> PathBuf {
        self.reports_folder().join(format!("{}.pdf", kind.id()))
    }

    /// Writes a document as PDF, to `out` or to the study's `reports` folder; signed where there is a key.
    ///
    /// # Errors
    /// When the document cannot be made or written; an older file is then untouched.
    pub fn write_report(
        &self,
        kind: ReportKind,
        out: Option<&Path>,
        signing_key: Option<SigningKey>,
    ) -> Result<WrittenReport, WorkbenchError> {
        let path = out.map_or_else(|| self.default_report_path(kind), Path::to_owned);
        let (pdf, _) = self.render_report(kind, signing_key)?;
        assay_base::files::write_atomic(&path, &pdf.bytes)
            .map_err(|source| WorkbenchError::Write { file: path.clone(), source })?;
        let diagnostics = pdf.diagnostics.iter().map(ToString::to_string).collect();
        Ok(WrittenReport { path, pages: pdf.pages, bytes: pdf.bytes.len(), diagnostics })
    }

    /// A document as PDF, and its content as data.
    ///
    /// # Errors
    /// When the evidence cannot be put together, or the logo cannot be used.
    pub fn render_report(
        &self,
        kind: ReportKind,
        signing_key: Option<SigningKey>,
    ) -> Result<(Pdf, Document), WorkbenchError> {
        let evidence = EvidencePack::of(self, Facts::now(self, kind))?;
        let document = self.compose(&evidence);
        let presentation = &self.assessment().study.documents;
        let options = RenderOptions {
            paper: match presentation.paper {
                PaperSize::A4 => Paper::A4,
                PaperSize::Letter => Paper::Letter,
            },
            brand: self.brand()?,
            attachments: evidence.attachments()?,
            signing_key,
        };
        let pdf = render_pdf(&document, &options)?;
        Ok((pdf, document))
    }

    /// The look of the house that the study names.
    fn brand(&self) -> Result<Brand, WorkbenchError> {
        let presentation = &self.assessment().study.documents;
        let color = |text: &Option<String>| text.as_deref().and_then(Color::from_hex);
        let logo = presentation.logo.as_ref().map(|logo| self.folder().join(logo));
        let read = |file: PathBuf| {
            std::fs::read(&file).map_err(|error| {
                WorkbenchError::Other(format!(
                    "the logo {} cannot be read ({error}); set `documents.logo` to a PNG image in the study's folder",
                    file.display()
                ))
            })
        };
        Ok(Brand {
            primary: color(&presentation.primary_color),
            accent: color(&presentation.accent_color),
            logo_png: logo.map(read).transpose()?,
        })
    }

    /// The content of a document as data.
    ///
    /// # Errors
    /// When the evidence cannot be put together.
    pub fn document(&self, kind: ReportKind) -> Result<Document, WorkbenchError> {
        Ok(self.compose(&EvidencePack::of(self, Facts::now(self, kind))?))
    }

    /// The document that follows from the evidence; `self` is the study in it.
    pub(crate) fn compose(&self, evidence: &EvidencePack) -> Document {
        compose(evidence.facts.kind, &self.report_input(evidence))
    }

    fn report_input(&self, evidence: &EvidencePack) -> ReportInput {
        let assessment = self.assessment();
        // Only the dossier shows these, and they take longer than all the rest; the briefing asks by what they say.
        let decides = evidence.facts.kind == ReportKind::Dossier;
        ReportInput {
            study: assessment.study.clone(),
            prepared_at: evidence.facts.prepared_at,
            prepared_with: evidence.facts.prepared_with.clone(),
            evidence_hash: evidence.hash(),
            pricing_date: assessment.pricing_date,
            first_month: assessment.first_month(),
            assumed: assumed(assessment),
            items: assessment.item().to_owned(),
            workload: assessment.workload.clone(),
            assumptions: assessment.assumptions.clone(),
            options: assessment.options.iter().map(|option| facts::option(assessment, option)).collect(),
            evaluations: assessment.evaluations.clone(),
            answer: assessment.answer.facts.clone(),
            sensitivity: assessment.sensitivity().clone(),
            uncertainty: if decides || evidence.facts.kind == ReportKind::Briefing {
                facts::uncertainty(assessment)
            } else {
                None
            },
            waiting: facts::waiting(assessment),
            break_evens: if decides { facts::break_evens(assessment) } else { Vec::new() },
            volume_curves: if decides { facts::volume_curves(assessment) } else { Vec::new() },
            hardware: facts::hardware(assessment, self.catalog()),
            model_cards: assessment.model_cards.clone(),
            compiler_estimates: facts::compiler_estimates(self.estimates()),
            speed_ups: if decides { facts::speed_ups(self.measurements()) } else { Vec::new() },
            comparison: comparison(self.measurements()),
            capacity: self.capacity().clone(),
            migration: self.migration().clone(),
            missing: assessment.missing.clone(),
            measurements: self.measurements().to_vec(),
            ceilings: ceilings(assessment),
            stop_rule: plan_for(&assessment.study.suite).stop,
            study_argument: evidence.facts.study_argument.clone(),
        }
    }
}

/// The newest run against the newest earlier one that measured any of the same.
fn comparison(measurements: &[Measurement]) -> Option<RunsCompared> {
    let mut runs: BTreeMap<&str, Vec<Measurement>> = BTreeMap::new();
    for measurement in measurements {
        runs.entry(&measurement.run_id).or_default().push(measurement.clone());
    }
    let mut runs: Vec<(&str, Vec<Measurement>)> = runs.into_iter().collect();
    runs.sort_by_key(|(id, found)| (found.iter().map(|m| m.started_at).min(), *id));
    let (candidate, newest) = runs.pop()?;
    runs.iter().rev().find_map(|(baseline, older)| {
        let compared = compare_runs(older, &newest);
        compared.iter().any(|row| row.verdict.is_some()).then(|| RunsCompared {
            baseline: (*baseline).to_owned(),
            candidate: candidate.to_owned(),
            rows: compared.iter().filter_map(compared_result).collect(),
        })
    })
}

fn compared_result(row: &assay_store::verdict::RunComparison<'_>) -> Option<ComparedResult> {
    let named = row.either()?;
    let median = |m: Option<&Measurement>| Some(m?.timing.as_ref()?.statistics.median_secs);
    Some(ComparedResult {
        workload: named.workload.id.clone(),
        device: named.device.name.clone(),
        stack: named.stack.to_string(),
        baseline_secs: median(row.baseline),
        candidate_secs: median(row.candidate),
        ratio: row.ratio,
        verdict: row.verdict.map(|verdict| verdict.label().to_owned()),
        is_regression: row.is_regression(),
        reason: row.reason.clone(),
    })
}

fn ceilings(assessment: &Assessment) -> Vec<Ceiling> {
    assessment
        .ceilings
        .iter()
        .map(|c| Ceiling { target: c.target.clone(), device: c.device.clone(), format: c.format, roofline: c.roofline })
        .collect()
}
