//! The `assay` binary: command line, desktop and worker in one executable.

mod desktop;
mod worker;

use std::process::ExitCode;

fn main() -> ExitCode {
    assay_cli::main(&assay_cli::EntryPoints { desktop: desktop::open, worker: worker::serve })
}
