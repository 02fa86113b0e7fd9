//! Documents of a study.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use assay_core::Measurement;
use assay_cost_models::evaluation::{Metric, tornado_of, usual_ranges};
pub use assay_reports::ReportKind;
use assay_reports::content::{
    AnswerFacts, Ceiling, ComparedResult, Confidence as ReportConfidence, OptionFacts, RunsCompared,
    Sensitivity, Swing,
};
use assay_reports::{Attachment, RenderOptions, ReportInput, compose, render_pdf};
use assay_store::verdict::compare_runs;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::answer::Confidence;
use crate::assess::{Assessment, ResolvedOption};
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

    /// Writes a document as PDF, to `out` or to the study's `reports` folder.
    ///
    /// # Errors
    /// When the document cannot be made or written; an older file is then untouched.
    pub fn write_report(&self, kind: ReportKind, out: Option<&Path>) -> Result<WrittenReport, WorkbenchError> {
        let path = out.map_or_else(|| self.default_report_path(kind), Path::to_owned);
        let evidence = Evidence::of(self)?;
        let document = compose(kind, &self.report_input(&evidence));
        let options = RenderOptions { attachments: evidence.attachments(), ..RenderOptions::default() };
        let pdf = render_pdf(&document, &options)?;
        assay_base::files::write_atomic(&path, &pdf.bytes)
            .map_err(|source| WorkbenchError::Write { file: path.clone(), source })?;
        let diagnostics = pdf.diagnostics.iter().map(ToString::to_string).collect();
        Ok(WrittenReport { path, pages: pdf.pages, bytes: pdf.bytes.len(), diagnostics })
    }

    fn report_input(&self, evidence: &Evidence) -> ReportInput {
        let assessment = self.assessment();
        ReportInput {
            study: assessment.study.clone(),
            prepared_at: jiff::Timestamp::now(),
            prepared_with: format!("Assay {}", env!("CARGO_PKG_VERSION")),
            evidence_hash: evidence.hash(),
            pricing_date: assessment.pricing_date,
            items: assessment.item().to_owned(),
            workload: assessment.workload.clone(),
            assumptions: assessment.assumptions.clone(),
            options: assessment.options.iter().map(option_facts).collect(),
            evaluations: assessment.evaluations.clone(),
            answer: answer_facts(assessment),
            sensitivity: sensitivity(assessment),
            comparison: comparison(self.measurements()),
            migration: self.migration().clone(),
            missing: assessment.missing.clone(),
            measurements: self.measurements().to_vec(),
            ceilings: ceilings(assessment),
            stop_rule: plan_for(&assessment.study.suite).stop,
            study_argument: format!("--study {}", self.folder().display()),
        }
    }
}

/// What a document was made from, as it travels inside the PDF.
struct Evidence {
    study: Vec<u8>,
    measurements: Vec<u8>,
    prices: Vec<u8>,
}

impl Evidence {
    fn of(workbench: &Workbench) -> Result<Self, WorkbenchError> {
        let json = |value: &Value| {
            serde_json::to_vec_pretty(value)
                .map_err(|e| WorkbenchError::Other(format!("the evidence has no JSON form: {e}")))
        };
        let assessment = workbench.assessment();
        let measurements = serde_json::to_value(workbench.measurements())
            .map_err(|e| WorkbenchError::Other(format!("the measurements have no JSON form: {e}")))?;
        let prices: Vec<Value> = assessment.options.iter().map(price_json).collect();
        Ok(Self {
            study: assay_base::yaml::to_string(&assessment.study).map_err(assay_study::StudyError::Yaml)?.into_bytes(),
            measurements: json(&measurements)?,
            prices: json(&Value::Array(prices))?,
        })
    }

    fn hash(&self) -> String {
        let mut hasher = Sha256::new();
        for part in [&self.study, &self.measurements, &self.prices] {
            hasher.update((part.len() as u64).to_le_bytes());
            hasher.update(part);
        }
        let hex: String = hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
        format!("sha256:{hex}")
    }

    fn attachments(self) -> Vec<Attachment> {
        let attachment = |name: &str, media_type: &str, description: &str, bytes| Attachment {
            name: name.to_owned(),
            media_type: media_type.to_owned(),
            description: description.to_owned(),
            bytes,
        };
        vec![
            attachment("study.yaml", "application/yaml", "The study as evaluated", self.study),
            attachment("measurements.json", "application/json", "Every measurement of the study", self.measurements),
            attachment("prices.json", "application/json", "The price of each option with its source", self.prices),
        ]
    }
}

fn price_json(option: &ResolvedOption) -> Value {
    match &option.price {
        Ok(p) => json!({
            "option": option.input.id, "offer": p.offer, "price": p.price.amount, "currency": p.price.currency,
            "per": p.per, "accelerators_per_unit": p.accelerators_per_unit, "source": p.source,
            "as_of": p.as_of.map(|d| d.to_string()), "evidence": p.evidence,
        }),
        Err(reason) => json!({ "option": option.input.id, "price": null, "reason": reason }),
    }
}

fn option_facts(option: &ResolvedOption) -> OptionFacts {
    OptionFacts {
        id: option.input.id.clone(),
        name: option.input.name.clone(),
        hardware: option.hardware.clone(),
        accelerators_per_unit: option.input.accelerators_per_unit,
        price: option.price.clone().map(|p| p.quoted),
        throughput: option.throughput.clone(),
    }
}

fn answer_facts(assessment: &Assessment) -> AnswerFacts {
    let answer = &assessment.answer;
    AnswerFacts {
        recommended: answer.recommended.clone(),
        runner_up: answer.runner_up.clone(),
        confidence: match answer.confidence {
            Confidence::Firm => ReportConfidence::Firm,
            Confidence::Likely => ReportConfidence::Likely,
            Confidence::Open => ReportConfidence::Open,
            Confidence::None => ReportConfidence::None,
        },
        next_measurement: answer.next_measurement.clone(),
    }
}

/// What the usual ranges of one input at a time do to the value of replacing the baseline: with the option recommended,
/// or where one stays, with the best alternative.
fn sensitivity(assessment: &Assessment) -> Option<Sensitivity> {
    let ranked = assessment.ranked();
    let option = ranked.iter().find(|e| !e.is_baseline)?;
    let npv = option.npv()?.amount;
    let baseline = assessment.evaluations.iter().find(|e| e.is_baseline)?;
    let inputs: Vec<_> = assessment.options.iter().map(|o| o.input.clone()).collect();
    let ids = [option.id.as_str(), baseline.id.as_str()];
    let ranges = usual_ranges(&inputs, &assessment.assumptions, &ids);
    let mut swings: Vec<Swing> = ranges
        .into_iter()
        .filter_map(|range| {
            // An end at which the figure does not exist has no bar.
            let bars =
                tornado_of(&inputs, &assessment.assumptions, &option.id, Metric::Npv, std::slice::from_ref(&range));
            let bar = bars.ok()?.into_iter().next()?;
            Some(Swing {
                driver: range.driver,
                low: range.low,
                high: range.high,
                npv_at_low: bar.low,
                npv_at_high: bar.high,
            })
        })
        .collect();
    let width = |swing: &Swing| (swing.npv_at_high - swing.npv_at_low).abs();
    swings.sort_by(|a, b| width(b).total_cmp(&width(a)));
    swings.retain(|swing| width(swing) > 0.0);
    Some(Sensitivity { option: option.id.clone(), npv, swings })
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
