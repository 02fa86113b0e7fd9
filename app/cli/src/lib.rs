//! The command line. Data goes to stdout, everything else to stderr. Exit status: 0 for success, 1 when the answer is
//! "no", 2 for an error.

mod args;
mod commands;
mod output;
mod place;
mod progress;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser as _;

use args::{Arguments, Subcommand};

/// What the command line starts but does not contain.
pub struct EntryPoints {
    /// Opens the desktop on a study, or on the welcome page.
    pub desktop: fn(Option<PathBuf>) -> anyhow::Result<()>,
    /// Speaks the worker protocol on stdin and stdout.
    pub worker: fn() -> anyhow::Result<()>,
}

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    Yes,
    No,
}

/// Runs the command line of this process.
pub fn main(entry_points: &EntryPoints) -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            error.print().ok();
            return if error.use_stderr() { ExitCode::from(2) } else { ExitCode::SUCCESS };
        }
    };
    match dispatch(arguments, entry_points) {
        Ok(Verdict::Yes) => ExitCode::SUCCESS,
        Ok(Verdict::No) => ExitCode::from(1),
        Err(error) if is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::from(2)
        }
    }
}

/// A reader such as `head` that has seen enough is no error.
fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error
        .chain()
        .any(|cause| cause.downcast_ref::<std::io::Error>().is_some_and(|e| e.kind() == std::io::ErrorKind::BrokenPipe))
}

fn dispatch(arguments: Arguments, entry_points: &EntryPoints) -> anyhow::Result<Verdict> {
    let Some(subcommand) = arguments.command else {
        (entry_points.desktop)(place::for_desktop(arguments.study.as_deref())?)?;
        return Ok(Verdict::Yes);
    };
    match subcommand {
        Subcommand::New(new) => commands::new::run(&new),
        Subcommand::Demo(demo) => commands::demo::run(&demo),
        Subcommand::Devices(devices) => commands::devices::run(&devices),
        Subcommand::Run(run) => commands::run::run(&run),
        Subcommand::Estimate(estimate) => commands::estimate::run(&estimate),
        Subcommand::Results(results) => commands::results::run(&results),
        Subcommand::Profiles(profiles) => commands::profiles::run(&profiles),
        Subcommand::Cost(cost) => commands::cost::run(&cost),
        Subcommand::Capacity(capacity) => commands::capacity::run(&capacity),
        Subcommand::Calc(calc) => commands::calc::run(&calc),
        Subcommand::Report(report) => commands::report::run(&report),
        Subcommand::Verify(verify) => commands::verify::run(&verify),
        Subcommand::Worker => {
            (entry_points.worker)()?;
            Ok(Verdict::Yes)
        }
    }
}
