//! Documents of a study.

use std::path::{Path, PathBuf};

use assay_reports::dossier::{
    AnswerFacts, Ceiling, Confidence as ReportConfidence, OptionFacts, PriceFacts, ThroughputFacts,
};
use assay_reports::{Attachment, DossierInput, RenderOptions, compose_dossier, render_pdf};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::answer::Confidence;
use crate::assess::{Assessment, ResolvedOption};
use crate::runs::plan_for;
use crate::workbench::{Workbench, WorkbenchError};

/// The documents Assay writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReportKind {
    /// The accelerator feasibility dossier.
    Dossier,
}

impl ReportKind {
    /// Every kind.
    pub const ALL: [Self; 1] = [Self::Dossier];

    /// The word used on the command line and in file names.
    pub fn id(self) -> &'static str {
        match self {
            Self::Dossier => "dossier",
        }
    }

    /// The title shown.
    pub fn title(self) -> &'static str {
        match self {
            Self::Dossier => "Accelerator feasibility dossier",
        }
    }
}

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
        let document = match kind {
            ReportKind::Dossier => compose_dossier(&self.dossier_input(&evidence)),
        };
        let options = RenderOptions { attachments: evidence.attachments(), ..RenderOptions::default() };
        let pdf = render_pdf(&document, &options)?;
        assay_base::files::write_atomic(&path, &pdf.bytes)
            .map_err(|source| WorkbenchError::Write { file: path.clone(), source })?;
        let diagnostics = pdf.diagnostics.iter().map(ToString::to_string).collect();
        Ok(WrittenReport { path, pages: pdf.pages, bytes: pdf.bytes.len(), diagnostics })
    }

    fn dossier_input(&self, evidence: &Evidence) -> DossierInput {
        let assessment = self.assessment();
        DossierInput {
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
        price: option.price.clone().map(|p| PriceFacts {
            offer: p.offer,
            price: p.price,
            per: p.per,
            source: p.source,
            as_of: p.as_of,
            evidence: p.evidence,
            warnings: p.warnings,
        }),
        throughput: option.throughput.clone().map(|t| ThroughputFacts {
            per_accelerator: t.per_accelerator,
            source: t.source,
            measurement_id: t.measurement_id,
            projection: t.projection,
            p99_secs: t.p99_secs,
            warnings: t.warnings,
        }),
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

fn ceilings(assessment: &Assessment) -> Vec<Ceiling> {
    assessment
        .ceilings
        .iter()
        .map(|c| Ceiling { target: c.target.clone(), device: c.device.clone(), format: c.format, roofline: c.roofline })
        .collect()
}
