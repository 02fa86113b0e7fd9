//! Which study is meant.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use assay_service::study::edit::parse_value;
use assay_service::{Command, Target, Workbench};
use serde_json::Value;

/// The folder of the study that is meant: the one named, else the one stood in, else the user's own.
pub fn folder(named: Option<&Path>) -> anyhow::Result<PathBuf> {
    if let Some(named) = named {
        return Ok(named.to_owned());
    }
    let here = std::env::current_dir().context("the current folder cannot be read")?;
    if here.join("study.yaml").is_file() {
        return Ok(here);
    }
    own().context("no home folder is known; name a study's folder")
}

/// The user's own study.
fn own() -> Option<PathBuf> {
    Some(dirs::data_dir()?.join("assay").join("study"))
}

/// Opens the study that is meant.
pub fn open(named: Option<&Path>) -> anyhow::Result<Workbench> {
    Ok(Workbench::open(&folder(named)?)?)
}

/// The values of `--set PATH=VALUE`.
pub fn values(set: &[String]) -> anyhow::Result<Vec<(String, Value)>> {
    set.iter()
        .map(|text| {
            let (path, value) = text.split_once('=').with_context(|| format!("`{text}` is not PATH=VALUE"))?;
            Ok((path.trim().to_owned(), parse_value(value.trim())))
        })
        .collect()
}

/// Looks at a study under a scenario and with values set for this evaluation alone.
pub fn look_at(workbench: &mut Workbench, scenario: Option<&str>, values: &[(String, Value)]) -> anyhow::Result<()> {
    if let Some(scenario) = scenario {
        workbench.apply(Command::SelectScenario(Some(scenario.to_owned())))?;
    }
    if !values.is_empty() {
        workbench.override_values(values)?;
    }
    Ok(())
}

/// The study's folder, created with the sample study where there is none.
pub fn open_or_create(named: Option<&Path>) -> anyhow::Result<PathBuf> {
    let folder = folder(named)?;
    if !folder.join("study.yaml").exists() {
        assay_service::sample::create_sample(&folder, logical_cpus())?;
        eprintln!("Created a sample study in {}", folder.display());
    }
    Ok(folder)
}

/// The study the desktop opens: a named one must be there; otherwise the welcome page helps.
pub fn for_desktop(named: Option<&Path>) -> anyhow::Result<Option<PathBuf>> {
    match named {
        Some(named) => Ok(Some(named.to_owned())),
        None => Ok(folder(None).ok().filter(|folder| folder.join("study.yaml").is_file())),
    }
}

/// Processors this process may use.
pub fn logical_cpus() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

/// Targets by their names in the study, or launch commands; this machine when none is named.
pub fn targets(names: &[String], study: Option<&Path>) -> anyhow::Result<Vec<Target>> {
    let specs = match study {
        Some(folder) if folder.join("study.yaml").is_file() => {
            assay_service::study::StudyFolder::open(folder)?.1.targets
        }
        _ => Vec::new(),
    };
    let target = |name: &String| match specs.iter().find(|s| s.id == *name) {
        Some(spec) => Ok(Target::of(spec)),
        None if name == "local" => Ok(Target::local()),
        // A launch command has a program and where to go; a single word is a name that was mistyped.
        None if name.trim().contains(' ') => Ok(Target::of_launch_command(name)),
        None => {
            let known = specs.iter().map(|s| s.id.as_str()).chain(["local"]);
            let hint = assay_base::yaml::suggestion(name, known);
            anyhow::bail!("the study has no target `{name}`{hint} (a launch command such as \"ssh host\" is one, too)")
        }
    };
    if names.is_empty() { Ok(vec![Target::local()]) } else { names.iter().map(target).collect() }
}
