//! Arguments of what looks at hardware profiles.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use jiff::civil::Date;

use super::{Format, StudyArguments};

#[derive(Debug, Args)]
pub struct Profiles {
    #[command(subcommand)]
    pub command: ProfilesCommand,
}

#[derive(Debug, clap::Subcommand)]
pub enum ProfilesCommand {
    /// List the catalogue
    List(ProfilesList),
    /// Show one profile with its offers and sources
    Show(ProfilesShow),
    /// Check profiles and print file:line:column of what is wrong; exit status 1 when something is
    Check(ProfilesCheck),
    /// Enter prices from SkyPilot catalogues and FOCUS billing exports into the study's profiles; exit status 1 when
    /// no row could be used
    Import(ProfilesImport),
    /// Print a profile to copy and fill in
    Template(ProfilesTemplate),
}

#[derive(Debug, Args)]
pub struct ProfilesList {
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
    #[command(flatten)]
    pub study: StudyArguments,
}

#[derive(Debug, Args)]
pub struct ProfilesShow {
    /// The profile's id
    pub id: String,
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
    /// The day for which prices are chosen; by default today
    #[arg(long, value_name = "DATE")]
    pub pricing_date: Option<Date>,
    /// The study whose own profiles count, too
    #[arg(long, value_name = "DIR")]
    pub study: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct ProfilesCheck {
    /// Profile files; by default the whole catalogue
    pub files: Vec<PathBuf>,
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

#[derive(Debug, Args)]
pub struct ProfilesImport {
    /// SkyPilot catalogues (vms.csv) and FOCUS billing exports, in any order
    #[arg(required = true)]
    pub files: Vec<PathBuf>,
    /// The folder of profiles to enter the prices into; by default the study's
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Who sells, for a SkyPilot catalogue whose folder is not named after the provider
    #[arg(long, value_name = "NAME")]
    pub provider: Option<String>,
    /// The day on which the prices of a SkyPilot catalogue held; by default that of the file
    #[arg(long, value_name = "DATE")]
    pub as_of: Option<Date>,
    /// The term of committed charges whose bill does not say
    #[arg(long, value_enum)]
    pub term: Option<CommitmentTerm>,
    /// Only this region (repeatable)
    #[arg(long, value_name = "R")]
    pub region: Vec<String>,
    /// Only this profile (repeatable)
    #[arg(long, value_name = "ID")]
    pub profile: Vec<String>,
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
    /// The study's folder
    #[arg(long, value_name = "DIR")]
    pub study: Option<PathBuf>,
}

/// The term of a commitment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum CommitmentTerm {
    /// One year
    #[value(name = "1y")]
    OneYear,
    /// Three years
    #[value(name = "3y")]
    ThreeYears,
}

#[derive(Debug, Args)]
pub struct ProfilesTemplate {
    /// The template: custom-asic
    #[arg(default_value = "custom-asic")]
    pub name: String,
}
