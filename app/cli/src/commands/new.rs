//! `assay new`

use assay_service::folders;
use assay_service::study::StudyFolder;

use crate::args::New;
use crate::{Verdict, output};

pub fn run(arguments: &New) -> anyhow::Result<Verdict> {
    let folder = &arguments.folder;
    folders::create(folder)?;
    let (_, study) = StudyFolder::open(folder)?;
    let name = folder.display();
    output::print(&format!("Created {}", folder.join("study.yaml").display()))?;
    let steps = [
        "State the question, the demand and the options in it; placeholders say that they are such".to_owned(),
        format!("assay run {name}       measures this machine with the suite `{}`", study.suite),
        format!("assay cost {name}      evaluates the options and says what is missing"),
        format!("assay report {name} --kind dossier"),
        format!("assay {name}           opens it in the desktop"),
    ];
    for (number, step) in steps.iter().enumerate() {
        output::print(&format!("  {}. {step}", number + 1))?;
    }
    Ok(Verdict::Yes)
}
