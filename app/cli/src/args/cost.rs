//! Arguments of what counts money, fleets and formulas.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::{Format, StudyArguments};

#[derive(Debug, Args)]
pub struct Cost {
    /// Look at the study under this scenario
    #[arg(long, value_name = "S")]
    pub scenario: Option<String>,
    /// Set a value for this evaluation, such as assumptions.pue=1.2 (repeatable)
    #[arg(long, value_name = "PATH=VALUE")]
    pub set: Vec<String>,
    /// Draw so many samples of everything that is not one number (Latin hypercube)
    #[arg(long, value_name = "N")]
    pub samples: Option<usize>,
    /// Seed of the samples
    #[arg(long, default_value_t = 42)]
    pub seed: u64,
    /// Which costs count; as the study says when absent
    #[arg(long, value_enum)]
    pub lens: Option<CostLens>,
    /// Show payments by quarter instead of by year
    #[arg(long)]
    pub quarterly: bool,
    /// Also write the payments of every option, by month and component, as FOCUS 1.2 rows for FinOps tools
    #[arg(long, value_name = "FILE.csv")]
    pub focus: Option<PathBuf>,
    /// JSON is described in docs/cost-json.md
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
    #[command(flatten)]
    pub study: StudyArguments,
}

/// Which costs count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum CostLens {
    /// All of them
    Full,
    /// Only what the decision changes
    Marginal,
}

impl CostLens {
    /// The word in study.yaml.
    pub fn word(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Marginal => "marginal",
        }
    }
}

#[derive(Debug, Args)]
pub struct Capacity {
    /// Only this option (repeatable)
    #[arg(long, value_name = "ID")]
    pub option: Vec<String>,
    /// Only this demand scenario of the section `capacity` (repeatable)
    #[arg(long, value_name = "ID")]
    pub demand: Vec<String>,
    /// Look at the study under this scenario
    #[arg(long, value_name = "S")]
    pub scenario: Option<String>,
    /// Set a value for this plan, such as capacity.lead_time_weeks=26 (repeatable)
    #[arg(long, value_name = "PATH=VALUE")]
    pub set: Vec<String>,
    /// For the payments of the cost evaluation as FOCUS rows see `assay cost --focus`
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
    #[command(flatten)]
    pub study: StudyArguments,
}

#[derive(Debug, Args)]
pub struct Calc {
    /// The function; --list names all
    #[arg(required_unless_present = "list")]
    pub function: Option<String>,
    /// Its inputs as a JSON object
    #[arg(long, value_name = "JSON", required_unless_present = "list")]
    pub input: Option<String>,
    /// List the functions with their inputs and sources
    #[arg(long)]
    pub list: bool,
    /// How the list is printed; a result is always JSON
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}
