//! Arguments of what writes and checks documents.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::{Format, StudyArguments};

#[derive(Debug, Args)]
pub struct Report {
    /// The document
    #[arg(long, value_enum)]
    pub kind: DocumentKind,
    /// The file to write; by default reports/KIND.pdf in the study
    #[arg(long, value_name = "FILE.pdf")]
    pub out: Option<PathBuf>,
    /// Sign the document with an Ed25519 private key (PKCS #8 PEM, as from `openssl genpkey -algorithm ed25519`); readers
    /// check it with `assay verify --key`
    #[arg(long, value_name = "KEY.pem")]
    pub sign: Option<PathBuf>,
    /// Look at the study under this scenario
    #[arg(long, value_name = "S")]
    pub scenario: Option<String>,
    /// Set a value for this document, such as narrative.summary="..." (repeatable)
    #[arg(long, value_name = "PATH=VALUE")]
    pub set: Vec<String>,
    #[command(flatten)]
    pub look: DocumentLook,
    /// What is printed: `table` says where the PDF is; `json` prints the document's content as data and `markdown` as
    /// text, and neither writes a PDF
    #[arg(long, value_enum, default_value_t)]
    pub format: ContentFormat,
    #[command(flatten)]
    pub study: StudyArguments,
}

/// How the document looks; the study's section `documents` where nothing is said.
#[derive(Debug, Default, Args)]
pub struct DocumentLook {
    /// The language of headings, labels and numbers: en or de
    #[arg(long, value_name = "L")]
    pub language: Option<String>,
    /// The paper: a4 or letter
    #[arg(long, value_name = "P")]
    pub paper: Option<String>,
    /// A PNG image for the cover and the head of each page
    #[arg(long, value_name = "FILE.png")]
    pub logo: Option<PathBuf>,
    /// The colour of titles, table headers and the cover, such as #0B2545
    #[arg(long, value_name = "COLOUR")]
    pub primary_color: Option<String>,
    /// The accent colour, such as #0F766E
    #[arg(long, value_name = "COLOUR")]
    pub accent_color: Option<String>,
    /// The confidentiality line at the foot of each page
    #[arg(long, value_name = "TEXT")]
    pub classification: Option<String>,
}

/// How a document is given out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum ContentFormat {
    /// A PDF, and a line that says where it is
    #[default]
    Table,
    /// The content as data: sections, tables, charts, every value with its evidence
    Json,
    /// The content as Markdown
    Markdown,
}

#[derive(Debug, Args)]
pub struct Verify {
    /// A document written by `assay report`
    #[arg(value_name = "FILE.pdf")]
    pub file: PathBuf,
    /// Whose signature is expected: a public key, as 64 hexadecimal digits or as a PEM file (from `openssl pkey -in KEY.pem
    /// -pubout`). A document that is not signed, or by somebody else, then fails with exit status 1
    #[arg(long, value_name = "KEY")]
    pub key: Option<String>,
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

/// The documents.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum DocumentKind {
    /// Accelerator feasibility dossier: the whole case with its evidence
    Dossier,
    /// Executive briefing: the decision on two pages
    Briefing,
    /// Migration plan: waves, effort, gates, risks, governance, the way back
    Migration,
    /// Capacity and investment plan: demand, fleet, orders, commitments, cash by quarter
    Capacity,
    /// Benchmark baseline report: what was measured, what changed, what to improve
    Baseline,
}
