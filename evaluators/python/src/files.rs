//! A workload as files for `worker.py`: a manifest, the values of its tensors, and an ONNX model of it.
//!
//! Values are little-endian binary32 or 64-bit integers; narrower formats hold values of theirs, so that the conversion in
//! the framework is exact.

use std::fs::File;
use std::io::{BufWriter, Read as _, Write as _};
use std::path::{Path, PathBuf};

use assay_core::Workload;
use assay_core::evaluator::{EvaluatorError, Job};
use assay_core::graph::{Activation, Graph, Node, Op, Source, TensorSpec};
use assay_core::model::ModelJob;
use assay_core::tensor::{Tensor, Values};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::messages::OutputFile;

/// The folder of a job; it goes with this value.
#[derive(Debug)]
pub struct JobFolder {
    folder: TempDir,
}

impl JobFolder {
    /// Writes one of the standard workloads. `with_model` adds the ONNX model, where there is one in its format.
    ///
    /// # Errors
    /// When the disk is full or cannot be written.
    pub fn write(job: &Job, with_model: bool) -> Result<Self, EvaluatorError> {
        let folder = private_folder()?;
        let mut data = Vec::new();
        let mut inputs = Vec::new();
        for (spec, tensor) in job.graph.tensors.iter().zip(&job.tensors) {
            let Some(tensor) = tensor else { continue };
            if !matches!(spec.source, Source::Weight { .. }) {
                inputs.push(spec.name.clone());
            } else if with_model {
                // The model has them.
                continue;
            }
            data.push(entry(folder.path(), data.len(), &spec.name, tensor, None)?);
        }
        let model = if with_model { assay_onnx::onnx_model(job).ok() } else { None };
        if let Some(model) = &model {
            write(&folder.path().join("model.onnx"), |file| file.write_all(&model.bytes))?;
        }
        let manifest = json!({
            "workload": job.workload.id, "format": job.graph.format, "graph": graph(&job.graph),
            "model": model.map(|_| "model.onnx"), "inputs": inputs, "data": data,
        });
        write_manifest(folder, &manifest)
    }

    /// Writes what a standard workload computes, without any values.
    ///
    /// # Errors
    /// When the disk is full or cannot be written.
    pub fn describe(workload: &Workload) -> Result<Self, EvaluatorError> {
        let built = assay_core::graph::build(workload);
        let known: Vec<_> = built.tensors.iter().filter(|spec| !matches!(spec.source, Source::Node)).collect();
        let is_input = |spec: &&&TensorSpec| !matches!(spec.source, Source::Weight { .. });
        let inputs: Vec<&str> = known.iter().filter(is_input).map(|spec| spec.name.as_str()).collect();
        let kind = |spec: &TensorSpec| if matches!(spec.source, Source::Indices { .. }) { "integer" } else { "real" };
        let entry = |spec: &&TensorSpec| json!({"name": spec.name, "shape": spec.shape, "kind": kind(spec)});
        let manifest = json!({
            "workload": workload.id, "format": built.format, "graph": graph(&built), "model": null, "inputs": inputs,
            "data": known.iter().map(entry).collect::<Vec<_>>(),
        });
        write_manifest(private_folder()?, &manifest)
    }

    /// Writes a user's model with its inputs.
    ///
    /// # Errors
    /// When the disk is full or cannot be written.
    pub fn write_model(job: &ModelJob) -> Result<Self, EvaluatorError> {
        let folder = private_folder()?;
        let mut data = Vec::new();
        for input in &job.inputs {
            data.push(entry(folder.path(), data.len(), &input.name, &input.tensor, Some(&input.element))?);
        }
        write(&folder.path().join("model.onnx"), |file| file.write_all(&job.bytes))?;
        let inputs: Vec<&str> = job.inputs.iter().map(|input| input.name.as_str()).collect();
        let manifest = json!({
            "workload": job.workload.id, "format": job.workload.format, "graph": null, "model": "model.onnx",
            "inputs": inputs, "data": data,
        });
        write_manifest(folder, &manifest)
    }

    /// The manifest.
    pub fn manifest(&self) -> PathBuf {
        self.folder.path().join("job.json")
    }

    /// Reads an output that the worker wrote into this folder.
    ///
    /// # Errors
    /// When it lies elsewhere, or does not hold what it claims.
    pub fn read(&self, output: &OutputFile) -> Result<Tensor, EvaluatorError> {
        let odd = |what: &str| EvaluatorError::Failed(format!("worker.py: its output {what}"));
        if output.file.parent() != Some(self.folder.path()) {
            return Err(odd("is not in the folder of the job"));
        }
        let count = output.shape.iter().try_fold(1_usize, |n, extent| n.checked_mul(*extent));
        let count = count.ok_or_else(|| odd("has an impossible shape"))?;
        let mut bytes = Vec::new();
        File::open(&output.file)
            .and_then(|mut file| file.read_to_end(&mut bytes))
            .map_err(|error| odd(&format!("cannot be read: {error}")))?;
        let real = output.kind == "real";
        if Some(bytes.len()) != count.checked_mul(if real { 4 } else { 8 }) {
            return Err(odd("does not hold as many values as its shape says"));
        }
        let values = if real {
            let value = |b: &[u8]| b.try_into().map(f32::from_le_bytes).unwrap_or(f32::NAN);
            Values::F32(bytes.chunks_exact(4).map(value).collect())
        } else {
            Values::Index(bytes.chunks_exact(8).map(|b| b.try_into().map_or(0, i64::from_le_bytes)).collect())
        };
        Ok(Tensor { shape: output.shape.clone(), values })
    }
}

fn private_folder() -> Result<TempDir, EvaluatorError> {
    tempfile::Builder::new()
        .prefix("assay-job-")
        .tempdir()
        .map_err(|error| EvaluatorError::Failed(format!("no temporary folder for the data: {error}")))
}

fn write(path: &Path, content: impl FnOnce(&mut BufWriter<File>) -> std::io::Result<()>) -> Result<(), EvaluatorError> {
    let written = || -> std::io::Result<()> {
        let mut file = BufWriter::new(File::create(path)?);
        content(&mut file)?;
        file.flush()
    };
    written().map_err(|error| EvaluatorError::Failed(format!("{}: {error}", path.display())))
}

fn write_manifest(folder: TempDir, manifest: &Value) -> Result<JobFolder, EvaluatorError> {
    write(&folder.path().join("job.json"), |file| file.write_all(manifest.to_string().as_bytes()))?;
    Ok(JobFolder { folder })
}

/// Writes a tensor's values and answers with its entry in the manifest.
pub fn entry(
    folder: &Path,
    number: usize,
    name: &str,
    tensor: &Tensor,
    element: Option<&str>,
) -> Result<Value, EvaluatorError> {
    let file = format!("tensor{number}.bin");
    let kind = match &tensor.values {
        Values::F32(values) => {
            write(&folder.join(&file), |out| values.iter().try_for_each(|v| out.write_all(&v.to_le_bytes())))?;
            "real"
        }
        Values::Index(values) => {
            write(&folder.join(&file), |out| values.iter().try_for_each(|v| out.write_all(&v.to_le_bytes())))?;
            "integer"
        }
    };
    Ok(json!({"name": name, "shape": tensor.shape, "kind": kind, "file": file, "element": element}))
}

/// A graph as `worker.py` reads it: operations by name, tensors by theirs.
fn graph(graph: &Graph) -> Value {
    let name = |id| graph.spec(id).name.as_str();
    let node = |node: &Node| {
        let mut entry = operation(&node.op);
        if let Value::Object(fields) = &mut entry {
            fields.insert("inputs".to_owned(), node.inputs.iter().map(|id| name(*id)).collect());
            fields.insert("output".to_owned(), name(node.output).into());
        }
        entry
    };
    json!({"nodes": graph.nodes.iter().map(node).collect::<Vec<_>>(), "output": name(graph.output)})
}

fn operation(op: &Op) -> Value {
    let activation = |activation: &Activation| match activation {
        Activation::Identity => "identity",
        Activation::Relu => "relu",
        Activation::Gelu => "gelu",
        Activation::Sigmoid => "sigmoid",
    };
    match op {
        Op::MatMul => json!({"op": "matmul"}),
        Op::Linear { activation: a } => json!({"op": "linear", "activation": activation(a)}),
        Op::Triad { scale } => json!({"op": "triad", "scale": scale}),
        Op::Softmax => json!({"op": "softmax"}),
        Op::RmsNorm { epsilon } => json!({"op": "rms-norm", "epsilon": epsilon}),
        Op::LayerNorm { epsilon } => json!({"op": "layer-norm", "epsilon": epsilon}),
        Op::BiasGelu => json!({"op": "bias-gelu"}),
        Op::Attention { heads, kv_heads, causal } => {
            json!({"op": "attention", "heads": heads, "kv_heads": kv_heads, "causal": causal})
        }
        Op::Add { scale, activation: a } => json!({"op": "add", "scale": scale, "activation": activation(a)}),
        Op::Conv2d { stride, padding, activation: a } => {
            json!({"op": "conv2d", "stride": stride, "padding": padding, "activation": activation(a)})
        }
        Op::MaxPool { kernel, stride, padding } => {
            json!({"op": "max-pool", "kernel": kernel, "stride": stride, "padding": padding})
        }
        Op::GlobalAveragePool => json!({"op": "global-average-pool"}),
        Op::EmbeddingBag => json!({"op": "embedding-bag"}),
        Op::Concat => json!({"op": "concat"}),
        // worker.py says that it has no translation of it.
        other => json!({"op": format!("{other:?}").split([' ', '{']).next()}),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use assay_core::{NumericFormat, Shape};

    fn job(shape: Shape) -> Job {
        Job::new(&Workload { id: "w".to_owned(), format: NumericFormat::Fp32, shape }, 1)
    }

    #[test]
    fn the_manifest_names_everything_the_graph_reads() {
        let job = job(Shape::EncoderBlock { batch: 1, sequence: 2, hidden: 4, heads: 2, feed_forward: 8 });
        let folder = JobFolder::write(&job, false).unwrap();
        let manifest: Value = serde_json::from_slice(&std::fs::read(folder.manifest()).unwrap()).unwrap();
        let mut known: Vec<&str> =
            manifest["data"].as_array().unwrap().iter().map(|d| d["name"].as_str().unwrap()).collect();
        for node in manifest["graph"]["nodes"].as_array().unwrap() {
            for input in node["inputs"].as_array().unwrap() {
                assert!(known.contains(&input.as_str().unwrap()), "{input}");
            }
            known.push(node["output"].as_str().unwrap());
        }
        assert_eq!(manifest["inputs"], json!(["x"]));
        assert_eq!(manifest["model"], Value::Null);
        let bytes = std::fs::read(folder.manifest().with_file_name("tensor0.bin")).unwrap();
        let first = f32::from_le_bytes(bytes[..4].try_into().unwrap());
        assert_eq!(first, job.tensors[0].as_ref().unwrap().as_f32()[0]);
    }

    #[test]
    fn with_a_model_only_the_inputs_are_written() {
        let folder = JobFolder::write(&job(Shape::Gemm { m: 2, n: 3, k: 4 }), true).unwrap();
        let manifest: Value = serde_json::from_slice(&std::fs::read(folder.manifest()).unwrap()).unwrap();
        assert_eq!(manifest["data"].as_array().unwrap().len(), 1);
        assert_eq!(manifest["model"], "model.onnx");
    }

    #[test]
    fn an_output_must_be_what_it_claims_and_where_it_belongs() {
        let folder = JobFolder::write(&job(Shape::Gemm { m: 2, n: 3, k: 4 }), false).unwrap();
        let file = folder.manifest().with_file_name("output0.bin");
        std::fs::write(&file, [0_u8; 24]).unwrap();
        let output =
            |shape: Vec<usize>, file: &Path| OutputFile { file: file.to_owned(), shape, kind: "real".to_owned() };
        assert_eq!(folder.read(&output(vec![2, 3], &file)).unwrap().shape, [2, 3]);
        for odd in
            [output(vec![2, 4], &file), output(vec![usize::MAX, 2], &file), output(vec![2], Path::new("/etc/hosts"))]
        {
            assert!(folder.read(&odd).is_err(), "{odd:?}");
        }
    }
}
