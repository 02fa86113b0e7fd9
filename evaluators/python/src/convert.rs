//! Narrower forms of users' models, made by ONNX Runtime's own tools in a Python that has them.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use assay_core::Workload;
use assay_core::model::{ModelChoice, ModelInput, ModelJob, ModelOptions, ModelReader, ModelReport};
use assay_core::variant::{Variant, VariantOrigin, VariantReport, VariantRequest};
use assay_onnx::OnnxReader;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::files::entry;
use crate::interpreters::{VARIABLE, interpreters};

/// What runs in the interpreter.
const SCRIPT: &str = include_str!("../convert.py");

/// The packages that it needs.
const PACKAGES: &str = "onnxruntime onnx ml_dtypes";

/// Seeded inputs to calibrate with, where none are given.
const SEEDED: u64 = 8;

/// How long it may take; the worker's own caller has a limit, too.
const PATIENCE: Duration = Duration::from_secs(280);

/// Reads users' models, and has narrower forms of them made.
#[derive(Clone, Copy, Debug, Default)]
pub struct Models;

impl ModelReader for Models {
    fn inspect(&self, choice: &ModelChoice) -> Result<ModelReport, String> {
        OnnxReader.inspect(choice)
    }

    fn load(&self, workload: &Workload, options: ModelOptions, seed: u64) -> Result<ModelJob, String> {
        OnnxReader.load(workload, options, seed)
    }

    fn convert(&self, request: &VariantRequest) -> Result<VariantReport, String> {
        let report = OnnxReader.inspect(&request.model)?;
        let (calibration, told) = calibration(request, &report)?;
        let job = load(&report, None, request.seed)?;
        let made_with = run(request, &job, &calibration)?;
        let made = ModelChoice { file: request.file.clone(), ..request.model.clone() };
        let file = report.file.clone();
        let tools = if told.is_empty() { made_with } else { format!("{made_with}; {told}") };
        let origin = VariantOrigin { file, sha256: report.sha256, variant: request.variant, made_with: tools };
        Ok(VariantReport { report: OnnxReader.inspect(&made)?, origin })
    }
}

fn load(report: &ModelReport, inputs: Option<&Path>, seed: u64) -> Result<ModelJob, String> {
    let choice =
        ModelChoice { file: report.file.clone().into(), axes: report.axes.clone(), inputs: inputs.map(Path::to_owned) };
    let report = OnnxReader.inspect(&choice)?;
    let workload = report.workload(inputs.map(|file| file.display().to_string()))?;
    OnnxReader.load(&workload, ModelOptions::default(), seed)
}

/// The inputs to calibrate with, and what they are, in words. Only a static quantisation takes any.
fn calibration(request: &VariantRequest, report: &ModelReport) -> Result<(Vec<Vec<ModelInput>>, String), String> {
    if request.variant != Variant::Int8Static {
        return Ok((Vec::new(), String::new()));
    }
    if request.calibration.is_empty() {
        let seeds = request.seed..request.seed.saturating_add(SEEDED);
        let sets = seeds.map(|seed| Ok(load(report, None, seed)?.inputs)).collect::<Result<Vec<_>, String>>()?;
        return Ok((sets, format!("calibrated with {SEEDED} seeded inputs, which are not data of the user's")));
    }
    let sets = request.calibration.iter().map(|file| Ok(load(report, Some(file), request.seed)?.inputs));
    let sets = sets.collect::<Result<Vec<_>, String>>()?;
    let count = sets.len();
    Ok((sets, format!("calibrated with {count} given input{}", if count == 1 { "" } else { "s" })))
}

/// What `convert.py` answers.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Answer {
    Tools(std::collections::BTreeMap<String, String>),
    Absent(String),
    Failed(String),
}

/// Has the first interpreter that can make the file. Answers with the tools and their versions.
fn run(request: &VariantRequest, job: &ModelJob, calibration: &[Vec<ModelInput>]) -> Result<String, String> {
    let folder = tempfile::Builder::new().prefix("assay-convert-").tempdir();
    let folder = folder.map_err(|error| format!("no temporary folder: {error}"))?;
    let written = || -> std::io::Result<()> {
        std::fs::write(folder.path().join("convert.py"), SCRIPT)?;
        std::fs::write(folder.path().join("model.onnx"), job.bytes.as_slice())
    };
    written().map_err(|error| format!("{}: {error}", folder.path().display()))?;
    let mut count = 0;
    let mut one = |input: &ModelInput| {
        count += 1;
        entry(folder.path(), count, &input.name, &input.tensor, Some(&input.element)).map_err(|error| error.to_string())
    };
    let sets = calibration.iter().map(|inputs| inputs.iter().map(&mut one).collect::<Result<Vec<Value>, String>>());
    let calibration = sets.collect::<Result<Vec<_>, String>>()?;
    if let Some(parent) = request.file.parent() {
        std::fs::create_dir_all(parent).map_err(|error| format!("{}: {error}", parent.display()))?;
    }
    // Written beside its place and moved there, so that what lies there is whole.
    let made = folder.path().join("made.onnx");
    let asked = json!({
        "model": "model.onnx", "file": "made.onnx", "variant": request.variant, "calibration": calibration,
    });
    std::fs::write(folder.path().join("request.json"), asked.to_string()).map_err(|error| error.to_string())?;
    let mut reasons = Vec::new();
    for python in interpreters() {
        match ask(&python, folder.path()) {
            Ok(Answer::Tools(tools)) => {
                std::fs::copy(&made, &request.file).map_err(|error| format!("{}: {error}", request.file.display()))?;
                let tools: Vec<String> = tools.iter().map(|(name, version)| format!("{name} {version}")).collect();
                return Ok(tools.join(", "));
            }
            Ok(Answer::Failed(reason)) => {
                return Err(format!(
                    "{}: {} cannot be made: {reason}",
                    request.model.file.display(),
                    request.variant.label()
                ));
            }
            Ok(Answer::Absent(module)) => reasons.push(format!("{}: it has no `{module}`", python.display())),
            Err(reason) => reasons.push(format!("{}: {reason}", python.display())),
        }
    }
    let python = interpreters().first().map_or_else(|| "python3".to_owned(), |python| python.display().to_string());
    Err(format!(
        "no Python here has the tools that make {}: run `{python} -m pip install {PACKAGES}`, or name another Python in \
         {VARIABLE} ({})",
        request.variant.label(),
        reasons.join("; ")
    ))
}

fn ask(python: &Path, folder: &Path) -> Result<Answer, String> {
    let (out, err) = (folder.join("answer.json"), folder.join("said.txt"));
    let open = |file: &Path| std::fs::File::create(file).map_err(|error| error.to_string());
    let mut child = Command::new(python)
        .args(["-s", "-u"])
        .args(["convert.py", "request.json"])
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(open(&out)?)
        .stderr(open(&err)?)
        .spawn()
        .map_err(|error| error.to_string())?;
    let deadline = Instant::now() + PATIENCE;
    let status = loop {
        match child.try_wait().map_err(|error| error.to_string())? {
            Some(status) => break status,
            None if Instant::now() > deadline => {
                child.kill().ok();
                child.wait().ok();
                return Err(format!("it did not answer within {} s", PATIENCE.as_secs()));
            }
            None => std::thread::sleep(Duration::from_millis(20)),
        }
    };
    let said = std::fs::read_to_string(&out).unwrap_or_default();
    serde_json::from_str(&said).map_err(|_| {
        let words = std::fs::read_to_string(&err).unwrap_or_default();
        let last: String = words.lines().last().unwrap_or_default().chars().take(300).collect();
        format!("it ended ({status}) without an answer; it last said: {last}")
    })
}
