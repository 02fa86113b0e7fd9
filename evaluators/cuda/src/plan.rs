//! A workload's graph as a list of kernel launches and matrix products on device memory.

use std::collections::BTreeMap;
use std::sync::Arc;

use assay_core::evaluator::Job;
use assay_core::graph::{Activation, Graph, Node, Op, Source as From, TensorId};
use assay_core::{EvaluatorError, NumericFormat};
use cudarc::driver::sys::CUtensorMap;
use cudarc::driver::{CudaFunction, DeviceRepr, LaunchConfig, PushKernelArg as _};

use crate::errors::During as _;
use crate::gemm::{Gemm, Precision, Product};
use crate::gpu::{Buffer, Gpu, WORKSPACE_BYTES};
use crate::sources::{Element, Source};

pub(crate) mod attention;
mod bundled;
mod dense;
mod embedding;
mod images;
mod int8;
pub(crate) mod quantised;
mod rows;
pub(crate) mod storage;

/// One thing that the device is told to do.
pub(crate) enum Step {
    Launch(Launch),
    Product(Gemm),
}

/// What a step does, as far as it is known: operations, and bytes that must be moved for them.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Work {
    pub(crate) flops: Option<f64>,
    pub(crate) bytes: Option<f64>,
}

impl Work {
    pub(crate) fn known(flops: f64, bytes: f64) -> Self {
        Self { flops: Some(flops), bytes: Some(bytes) }
    }
}

/// A kernel with its arguments.
pub(crate) struct Launch {
    pub(crate) function: CudaFunction,
    pub(crate) config: LaunchConfig,
    pub(crate) arguments: Vec<Argument>,
}

/// An argument of a kernel.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Argument {
    /// An address or a 64-bit number.
    Word(u64),
    U32(u32),
    I32(i32),
    F32(f32),
    /// A structure of 32-bit numbers; the kernel takes as many as it declares.
    Structure([u32; 9]),
    /// A tensor map for the copy engine.
    Map(TensorMap),
}

/// A tensor map as the driver encodes it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TensorMap(pub(crate) CUtensorMap);

// SAFETY: plain numbers, and kernels take it by value.
unsafe impl DeviceRepr for TensorMap {}

impl Step {
    /// Enqueues the step on the device's stream.
    ///
    /// # Errors
    /// The driver's or cuBLASLt's.
    pub(crate) fn enqueue(&self, gpu: &Gpu) -> Result<(), EvaluatorError> {
        match self {
            Self::Product(product) => product.enqueue(gpu),
            Self::Launch(launch) => launch.enqueue(gpu),
        }
    }
}

impl Launch {
    pub(crate) fn enqueue(&self, gpu: &Gpu) -> Result<(), EvaluatorError> {
        let mut builder = gpu.stream.launch_builder(&self.function);
        for argument in &self.arguments {
            match argument {
                Argument::Word(value) => builder.arg(value),
                Argument::U32(value) => builder.arg(value),
                Argument::I32(value) => builder.arg(value),
                Argument::F32(value) => builder.arg(value),
                Argument::Structure(value) => builder.arg(value),
                Argument::Map(value) => builder.arg(value),
            };
        }
        // SAFETY: the planner gives each kernel the arguments it declares and addresses of memory that is large enough.
        unsafe { builder.launch(self.config) }.during("launching a kernel")?;
        Ok(())
    }
}

/// A workload on the device, ready to be enqueued.
pub(crate) struct Plan {
    pub(crate) steps: Vec<Step>,
    /// What each step does.
    pub(crate) work: Vec<Work>,
    /// The result's memory.
    pub(crate) output: Buffer,
    pub(crate) stored: Stored,
    /// The factors of a result that is stored as int8.
    pub(crate) factors: Option<Buffer>,
    /// Everything the steps use.
    pub(crate) memory: Vec<Buffer>,
    pub(crate) notes: Vec<(String, String)>,
}

/// How a result is stored on the device.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Stored {
    /// As any tensor of the graph.
    Element(Element),
    /// As 32-bit integers, to be multiplied with a factor.
    Integers { factor: f32 },
    /// As binary64.
    Doubles,
    /// As 8-bit integers, each row with a factor of its own.
    Quantised,
}

/// Makes the plan of a job in fp32, tf32, fp16 or bf16, or with linear layers in int8 and all else in fp16.
///
/// # Errors
/// When memory is short, a kernel does not compile, or a size is beyond what the kernels take.
pub(crate) fn plan(gpu: &Gpu, job: &Job) -> Result<Plan, EvaluatorError> {
    let format = job.graph.format;
    let element = if format == NumericFormat::Int8 { Some(Element::F16) } else { Element::of(format) };
    let element =
        element.ok_or_else(|| EvaluatorError::Failed(format!("{format} graphs have no kernels in the cuda stack")))?;
    let precision = match format {
        NumericFormat::Tf32 => Precision::TF32,
        NumericFormat::Fp16 => Precision::FP16,
        NumericFormat::Int8 => Precision::INT8,
        NumericFormat::Bf16 => Precision::BF16,
        _ => Precision::FP32,
    };
    let mut planner = Planner {
        gpu,
        graph: &job.graph,
        element,
        precision,
        memory: Vec::new(),
        addresses: Vec::new(),
        workspace: Arc::new(Buffer::poisoned(gpu, WORKSPACE_BYTES)?),
        patches: None,
        tuned: Vec::new(),
        steps: Vec::new(),
        notes: Vec::new(),
        factors: BTreeMap::new(),
        narrowed: BTreeMap::new(),
    };
    let (mut output, mut output_factors) = (None, None);
    for (index, spec) in job.graph.tensors.iter().enumerate() {
        let id = TensorId(index);
        let quantised = job.graph.is_quantised(spec);
        let buffer = match spec.source {
            From::Node if quantised => {
                let rows = spec.shape.first().copied().unwrap_or(1);
                let factors = Buffer::poisoned(gpu, rows * 4)?;
                planner.factors.insert(id, factors.address);
                output_factors = Some(factors);
                Buffer::poisoned(gpu, spec.shape.iter().product())?
            }
            From::Node => Buffer::poisoned(gpu, spec.shape.iter().product::<usize>() * element.bytes())?,
            From::Input | From::Indices { .. } | From::Weight { .. } => {
                let tensor = job.tensors.get(index).and_then(Option::as_ref).ok_or_else(|| {
                    EvaluatorError::Failed(format!(
                        "tensor `{}` of workload `{}` has no data",
                        spec.name, job.workload.id
                    ))
                })?;
                let weight = precision == Precision::INT8 && int8::is_weight(&job.graph, id);
                if quantised || weight {
                    let upload = if weight { int8::upload_weight } else { storage::upload_quantised };
                    let (values, factors) = upload(gpu, tensor)?;
                    planner.factors.insert(id, factors.address);
                    planner.memory.push(factors);
                    values
                } else {
                    storage::upload(gpu, element, tensor, planner.filter(id))?
                }
            }
        };
        planner.addresses.push(buffer.address);
        if id == job.graph.output {
            output = Some(buffer);
        } else {
            planner.memory.push(buffer);
        }
    }
    let (mut work, mut left) = (Vec::new(), Work::known(0.0, 0.0));
    for node in &job.graph.nodes {
        let first = planner.steps.len();
        planner.node(node)?;
        work.extend(works(&job.graph, node, planner.steps.get(first..).unwrap_or_default(), &mut left));
    }
    let output = output.ok_or_else(|| EvaluatorError::Failed("the graph has no output".to_owned()))?;
    if job.graph.tensors.iter().any(|t| t.shape.len() == 4) {
        planner.note("layout", "images channels-last (NHWC), converted before the timed part".to_owned());
    }
    if precision == Precision::INT8 {
        let text =
            "rows of activations on the device, in the timed part; weights by columns before it; the rest in fp16";
        planner.note("quantisation", text.to_owned());
    }
    let Planner { memory, steps, notes, workspace, .. } = planner;
    drop(workspace); // the products keep it
    let stored = if output_factors.is_some() { Stored::Quantised } else { Stored::Element(element) };
    Ok(Plan { steps, work, output, stored, factors: output_factors, memory, notes })
}

/// What the steps of a node do. A product's work is its own; where there is none the first step does the node's, and
/// others only join or arrange. The work of nodes without steps is `left` to the next node, whose own operands then are
/// intermediate.
fn works(graph: &Graph, node: &Node, steps: &[Step], left: &mut Work) -> Vec<Work> {
    let (operands, result) = graph.node_bytes(node);
    let (fused_flops, fused_bytes) = (left.flops.unwrap_or(0.0), left.bytes.unwrap_or(0.0));
    let flops = fused_flops + graph.node_flops(node);
    if steps.is_empty() {
        *left = Work::known(flops, fused_bytes + operands);
        return Vec::new();
    }
    *left = Work::known(0.0, 0.0);
    let bytes = result + if fused_bytes > 0.0 { fused_bytes } else { operands };
    let products = steps.iter().any(|step| matches!(step, Step::Product(_)));
    let work = |(index, step): (usize, &Step)| match step {
        Step::Product(gemm) => gemm.work(),
        Step::Launch(_) if index == 0 && !products => Work::known(flops, bytes),
        Step::Launch(_) => Work::default(),
    };
    steps.iter().enumerate().map(work).collect()
}

/// A plan in the making.
struct Planner<'a> {
    gpu: &'a Gpu,
    graph: &'a Graph,
    element: Element,
    precision: Precision,
    memory: Vec<Buffer>,
    /// By tensor.
    addresses: Vec<u64>,
    workspace: Arc<Buffer>,
    /// Where convolutions unfold their input, with its length in bytes.
    patches: Option<(u64, usize)>,
    tuned: Vec<dense::Tuned>,
    steps: Vec<Step>,
    notes: Vec<(String, String)>,
    /// Addresses of the factors of tensors that are stored as int8.
    factors: BTreeMap<TensorId, u64>,
    /// Values and factors of tensors whose rows were quantised for linear layers.
    narrowed: BTreeMap<TensorId, (u64, u64)>,
}

impl Planner<'_> {
    fn node(&mut self, node: &Node) -> Result<(), EvaluatorError> {
        let out = node.output;
        match (&node.op, node.inputs.as_slice()) {
            (Op::MatMul, &[x, w]) => self.matmul(x, w, out),
            (Op::Linear { activation }, &[x, w, bias]) if self.precision == Precision::INT8 => {
                self.linear_int8(x, w, bias, *activation, out)
            }
            (Op::Linear { activation }, &[x, w, bias]) => self.linear(x, w, bias, *activation, out),
            (Op::Triad { scale }, &[b, c]) => self.triad(b, c, *scale, out),
            (Op::Softmax, &[x]) => self.softmax(node, x, out),
            (Op::RmsNorm { epsilon }, &[x, weight]) => self.rms_norm(node, x, weight, *epsilon, out),
            (Op::LayerNorm { epsilon }, &[x, weight, bias]) => self.layer_norm(x, weight, bias, *epsilon, out),
            (Op::BiasGelu, &[x, bias]) => self.bias_gelu(node, x, bias, out),
            (Op::Quantise | Op::Dequantise, &[_]) => self.quantisation(node),
            (Op::Attention { heads, kv_heads, causal }, &[q, k, v]) => {
                self.attention(node, [q, k, v], *heads, *kv_heads, *causal, out)
            }
            (Op::Add { scale, activation }, &[x, y]) => self.add(x, y, *scale, *activation, out),
            (Op::Conv2d { stride, padding, activation }, &[x, weight, bias]) => {
                self.conv(x, weight, bias, (*stride, *padding), *activation, out)
            }
            (Op::MaxPool { kernel, stride, padding }, &[x]) => self.max_pool(x, *kernel, *stride, *padding, out),
            (Op::GlobalAveragePool, &[x]) => self.global_average_pool(x, out),
            (Op::EmbeddingBag, &[table, indices]) => self.embedding_bag(table, indices, out),
            (Op::Concat, inputs) => self.concat(inputs, out),
            (op, inputs) => Err(EvaluatorError::Failed(format!("{op:?} with {} operands", inputs.len()))),
        }
    }

    fn shape(&self, id: TensorId) -> &[usize] {
        self.graph.shape(id)
    }

    /// An extent; 1 where there is none, as for a vector seen as a matrix.
    fn extent(&self, id: TensorId, axis: usize) -> usize {
        self.shape(id).get(axis).copied().unwrap_or(1)
    }

    fn count(&self, id: TensorId) -> usize {
        self.shape(id).iter().product()
    }

    /// The last extent, and the product of all others.
    fn rows_and_columns(&self, id: TensorId) -> (usize, usize) {
        let columns = self.shape(id).last().copied().unwrap_or(1);
        (self.count(id).checked_div(columns).unwrap_or(0), columns)
    }

    fn address(&self, id: TensorId) -> Argument {
        Argument::Word(self.raw(id))
    }

    fn raw(&self, id: TensorId) -> u64 {
        self.addresses.get(id.0).copied().unwrap_or(0)
    }

    /// Whether a tensor is the filter of a convolution, which is stored in its own way.
    fn filter(&self, id: TensorId) -> bool {
        self.graph.nodes.iter().any(|n| matches!(n.op, Op::Conv2d { .. }) && n.inputs.get(1) == Some(&id))
    }

    fn note(&mut self, key: &str, value: String) {
        self.notes.push((key.to_owned(), value));
    }

    /// Memory that lives as long as the plan.
    fn scratch(&mut self, bytes: usize) -> Result<u64, EvaluatorError> {
        let buffer = Buffer::poisoned(self.gpu, bytes)?;
        let address = buffer.address;
        self.memory.push(buffer);
        Ok(address)
    }

    fn launch(
        &mut self,
        kernel: (Source, &str),
        grid: [usize; 3],
        block: [u32; 2],
        shared_bytes: usize,
        arguments: Vec<Argument>,
    ) -> Result<(), EvaluatorError> {
        let (source, name) = kernel;
        let [x, y, z] = grid;
        // The limits of every CUDA device since compute capability 3.0.
        if x > i32::MAX as usize || y > 65_535 || z > 65_535 {
            return Err(EvaluatorError::Failed(format!("kernel {name} would need a grid of {x} x {y} x {z} blocks")));
        }
        let shared = number(shared_bytes)?;
        let function = self.gpu.kernel(source, self.element, name, shared)?;
        let config = LaunchConfig {
            grid_dim: (number(x)?, number(y)?, number(z)?),
            block_dim: (block[0], block[1], 1),
            shared_mem_bytes: shared,
        };
        self.steps.push(Step::Launch(Launch { function, config, arguments }));
        Ok(())
    }

    fn product(&mut self, product: Product) -> Result<(), EvaluatorError> {
        let gemm = dense::tuned(self, product)?;
        self.steps.push(Step::Product(gemm));
        Ok(())
    }
}

/// A size as the 32-bit number that kernels take.
fn number(value: usize) -> Result<u32, EvaluatorError> {
    u32::try_from(value).map_err(|_| EvaluatorError::Failed(format!("the size {value} does not fit in 32 bits")))
}

/// The number of [`Activation`] that the kernels know it by.
fn activation_number(activation: Activation) -> Argument {
    Argument::I32(match activation {
        Activation::Identity => 0,
        Activation::Relu => 1,
        Activation::Gelu => 2,
        Activation::Sigmoid => 3,
    })
}

/// The name of the kernel that holds the stream.
pub(crate) const HOLD: &str = "hold";

/// The launch that holds the stream for a time, so that what follows it is queued before it starts. Cycles and
/// nanoseconds of that time are written to `counts`.
///
/// # Errors
/// When the kernel does not compile.
pub(crate) fn hold(gpu: &Gpu, secs: f64, counts: Option<u64>) -> Result<Launch, EvaluatorError> {
    let function = gpu.kernel(Source::Elementwise, Element::F32, HOLD, 0)?;
    let config = LaunchConfig { grid_dim: (1, 1, 1), block_dim: (1, 1, 1), shared_mem_bytes: 0 };
    let arguments = vec![Argument::Word((secs * 1e9) as u64), Argument::Word(counts.unwrap_or(0))];
    Ok(Launch { function, config, arguments })
}
