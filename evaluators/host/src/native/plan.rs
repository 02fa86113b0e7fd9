//! A graph turned into kernels and memory.

use assay_core::EvaluatorError;
use assay_core::NumericFormat;
use assay_core::evaluator::Job;
use assay_core::graph::{Activation, Graph, Node, Op, Source, TensorId};
use assay_core::tensor::{Tensor, Values};

use super::buffer::Buffer;
use super::kernels::{self, Kernel};

/// Kernels in order, and the memory between them. Executing it allocates nothing of a tensor's size.
pub struct Plan {
    slots: Vec<Buffer>,
    steps: Vec<Step>,
    output: View,
    output_shape: Vec<usize>,
}

struct Step {
    kernel: Box<dyn Kernel>,
    inputs: Vec<View>,
    output: View,
}

/// The first `len` elements of a slot.
#[derive(Clone, Copy)]
struct View {
    slot: usize,
    len: usize,
}

impl Plan {
    /// Prepares kernels, weights and memory; to be called within the pool that will execute it.
    ///
    /// # Errors
    /// When memory does not suffice or the graph is not one of ours.
    pub fn new(job: &Job) -> Result<Self, EvaluatorError> {
        let graph = &job.graph;
        let mut memory = Memory::new(graph.tensors.len());
        for (i, spec) in graph.tensors.iter().enumerate() {
            if spec.source == Source::Input {
                memory.place(TensorId(i), spec.shape.iter().product());
            }
        }
        let inputs = memory.sizes.len();
        let last_use = |id: TensorId| graph.nodes.iter().rposition(|node| node.inputs.contains(&id));
        let mut steps = Vec::with_capacity(graph.nodes.len());
        for (position, node) in graph.nodes.iter().enumerate() {
            let kernel = Preparation { job, node }.kernel()?;
            let output = memory.place(node.output, graph.shape(node.output).iter().product());
            let inputs = node.inputs.iter().filter_map(|id| memory.views[id.0]).collect();
            steps.push(Step { kernel, inputs, output });
            for id in &node.inputs {
                let intermediate = graph.spec(*id).source == Source::Node && *id != graph.output;
                if intermediate && last_use(*id) == Some(position) {
                    memory.release(*id);
                }
            }
        }
        let output = memory.views[graph.output.0]
            .ok_or_else(|| EvaluatorError::Failed("the graph's output is not computed".to_owned()))?;
        let mut slots = memory.sizes.iter().map(|size| Buffer::zeroed(*size)).collect::<Result<Vec<_>, _>>()?;
        let given = graph.tensors.iter().zip(&job.tensors).filter(|(spec, _)| spec.source == Source::Input);
        for (slot, (spec, tensor)) in slots.iter_mut().take(inputs).zip(given) {
            match tensor {
                Some(Tensor { values: Values::F32(values), .. }) if values.len() == slot.len() => {
                    slot.copy_from_slice(values);
                }
                _ => return Err(EvaluatorError::Failed(format!("the input `{}` is not given", spec.name))),
            }
        }
        Ok(Self { slots, steps, output, output_shape: graph.shape(graph.output).to_vec() })
    }

    /// Runs every kernel once.
    ///
    /// # Errors
    /// When a kernel fails.
    pub fn execute(&mut self) -> Result<(), EvaluatorError> {
        for step in &mut self.steps {
            // The output is never also an input, so it can leave the list while the inputs are borrowed from it.
            let mut output = std::mem::take(&mut self.slots[step.output.slot]);
            let inputs: Vec<&[f32]> = step.inputs.iter().map(|view| &self.slots[view.slot][..view.len]).collect();
            let result = step.kernel.run(&inputs, &mut output[..step.output.len]);
            self.slots[step.output.slot] = output;
            result?;
        }
        Ok(())
    }

    /// A copy of the output.
    pub fn output(&self) -> Tensor {
        Tensor::f32(self.output_shape.clone(), self.slots[self.output.slot][..self.output.len].to_vec())
    }

    /// Bytes of inputs and intermediates.
    pub fn memory_bytes(&self) -> usize {
        self.slots.iter().map(|slot| slot.len() * size_of::<f32>()).sum()
    }
}

/// Which tensor lies in which slot. Intermediates whose last reader has run leave theirs to later ones.
struct Memory {
    views: Vec<Option<View>>,
    sizes: Vec<usize>,
    free: Vec<usize>,
}

impl Memory {
    fn new(tensors: usize) -> Self {
        Self { views: vec![None; tensors], sizes: Vec::new(), free: Vec::new() }
    }

    fn place(&mut self, id: TensorId, len: usize) -> View {
        // The smallest free slot that is large enough, else the largest, which then grows.
        let fit = |slot: usize| {
            let size = self.sizes[slot];
            if size >= len { (0, size) } else { (1, usize::MAX - size) }
        };
        let best = (0..self.free.len()).min_by_key(|i| fit(self.free[*i]));
        let slot = best.map_or(self.sizes.len(), |i| self.free.swap_remove(i));
        match self.sizes.get_mut(slot) {
            Some(size) => *size = len.max(*size),
            None => self.sizes.push(len),
        }
        let view = View { slot, len };
        self.views[id.0] = Some(view);
        view
    }

    fn release(&mut self, id: TensorId) {
        self.free.extend(self.views[id.0].map(|view| view.slot));
    }
}

/// Turns one node into a kernel.
struct Preparation<'a> {
    job: &'a Job,
    node: &'a Node,
}

impl Preparation<'_> {
    fn graph(&self) -> &Graph {
        &self.job.graph
    }

    fn shape<const N: usize>(&self, input: usize) -> Result<[usize; N], EvaluatorError> {
        self.node.inputs.get(input).and_then(|id| self.graph().shape(*id).try_into().ok()).ok_or_else(|| {
            EvaluatorError::Failed(format!("{:?} needs a tensor of {N} dimensions as operand {input}", self.node.op))
        })
    }

    fn given(&self, input: usize) -> Result<&Tensor, EvaluatorError> {
        self.node.inputs.get(input).and_then(|id| self.job.tensors[id.0].as_ref()).ok_or_else(|| {
            EvaluatorError::Failed(format!("operand {input} of {:?} must be known before", self.node.op))
        })
    }

    fn weight(&self, input: usize) -> Result<Buffer, EvaluatorError> {
        Buffer::copy_of(self.given(input)?.as_f32())
    }

    fn kernel(&self) -> Result<Box<dyn Kernel>, EvaluatorError> {
        let graph = self.graph();
        let output = graph.shape(self.node.output);
        let width = output.last().copied().unwrap_or(1);
        Ok(match &self.node.op {
            Op::MatMul => self.matrix(None, Activation::Identity)?,
            Op::Linear { activation } => self.matrix(Some(self.weight(2)?), *activation)?,
            Op::Triad { scale } => Box::new(kernels::Triad { scale: *scale }),
            Op::Softmax => Box::new(kernels::Softmax { width }),
            Op::RmsNorm { epsilon } => Box::new(kernels::RmsNorm { weight: self.weight(1)?, epsilon: *epsilon }),
            Op::LayerNorm { epsilon } => {
                Box::new(kernels::LayerNorm { weight: self.weight(1)?, bias: self.weight(2)?, epsilon: *epsilon })
            }
            Op::BiasGelu => Box::new(kernels::BiasGelu { bias: self.weight(1)? }),
            Op::Quantise | Op::Dequantise | Op::Copy | Op::Collective { .. } => {
                return Err(EvaluatorError::Unsupported(format!(
                    "the native stack has no kernel for {:?}",
                    self.node.op
                )));
            }
            Op::Attention { heads, kv_heads, causal } => {
                let ([_, queries, width], [_, keys, _]) = (self.shape(0)?, self.shape(1)?);
                if *kv_heads == 0 || heads % kv_heads != 0 || width % heads != 0 {
                    return Err(EvaluatorError::Failed(format!(
                        "{heads} heads of {width} elements do not share {kv_heads} key heads"
                    )));
                }
                Box::new(kernels::Attention::new(kernels::AttentionShape {
                    queries,
                    keys,
                    heads: *heads,
                    kv_heads: *kv_heads,
                    head_dim: width / heads,
                    causal: *causal,
                }))
            }
            Op::Add { scale, activation } => Box::new(kernels::Add { scale: *scale, activation: *activation }),
            Op::Conv2d { stride, padding, activation } => {
                let ([images, channels, h, w], [out_channels, _, kh, kw]) = (self.shape(0)?, self.shape(1)?);
                let shape = kernels::ConvolutionShape {
                    images,
                    channels,
                    input: [h, w],
                    out_channels,
                    kernel: [kh, kw],
                    output: map_size(output),
                    stride: *stride,
                    padding: *padding,
                };
                let bias = self.weight(2)?;
                Box::new(kernels::Convolution::new(shape, self.given(1)?.as_f32(), bias, *activation)?)
            }
            Op::MaxPool { kernel, stride, padding } => {
                let [_, _, h, w] = self.shape(0)?;
                Box::new(kernels::MaxPool {
                    kernel: *kernel,
                    stride: *stride,
                    padding: *padding,
                    input: [h, w],
                    output: map_size(output),
                })
            }
            Op::GlobalAveragePool => {
                let [_, _, h, w] = self.shape(0)?;
                Box::new(kernels::AveragePool { area: h * w })
            }
            Op::EmbeddingBag => {
                let ([rows, _], [_, bag]) = (self.shape(0)?, self.shape(1)?);
                let offsets = self.given(1)?.as_index().iter().map(|index| {
                    usize::try_from(*index).ok().filter(|i| *i < rows).map(|i| i * width).ok_or_else(|| {
                        EvaluatorError::Failed(format!("index {index} is not in a table of {rows} rows"))
                    })
                });
                let offsets = offsets.collect::<Result<_, _>>()?;
                Box::new(kernels::EmbeddingBag { table: self.weight(0)?, offsets, bag, width })
            }
            Op::Concat => {
                let widths = self.node.inputs.iter().map(|id| graph.shape(*id).last().copied().unwrap_or(1));
                Box::new(kernels::Concat { widths: widths.collect() })
            }
        })
    }

    fn matrix(&self, bias: Option<Buffer>, activation: Activation) -> Result<Box<dyn Kernel>, EvaluatorError> {
        let shape: [usize; 2] = self.shape(1)?;
        let weight = self.given(1)?.as_f32();
        let elements: usize = self.graph().shape(self.node.output).iter().product();
        let rows = elements / shape[1].max(1);
        Ok(if self.graph().format == NumericFormat::Int8 {
            Box::new(kernels::QuantizedMatrix::new(rows, shape, weight, bias, activation)?)
        } else {
            Box::new(kernels::Matrix::new(rows, shape, weight, bias, activation)?)
        })
    }
}

/// Height and width.
fn map_size(shape: &[usize]) -> [usize; 2] {
    match shape {
        [.., h, w] => [*h, *w],
        _ => [1, 1],
    }
}
