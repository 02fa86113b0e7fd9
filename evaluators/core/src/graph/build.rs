//! The graph of each workload.

use super::{Activation, Graph, Node, Op, Source, TensorId, TensorSpec};
use crate::workload::{CollectiveOperation, Shape, Workload};
use assay_base::NumericFormat;

const EPSILON: f32 = 1e-5;

/// The definition of a workload.
pub fn build(workload: &Workload) -> Graph {
    let mut b = Builder::new(workload.format);
    let output = match workload.shape {
        Shape::Gemm { m, n, k } => {
            let x = b.input("x", [m, k]);
            let w = b.weight("w", [k, n], scale_for(k));
            b.node(Op::MatMul, &[x, w], [m, n])
        }
        Shape::Triad { elements } => {
            let (x, y) = (b.input("b", [elements]), b.input("c", [elements]));
            b.node(Op::Triad { scale: 3.0 }, &[x, y], [elements])
        }
        Shape::Softmax { rows, columns } => {
            let x = b.input("x", [rows, columns]);
            b.node(Op::Softmax, &[x], [rows, columns])
        }
        Shape::RmsNorm { rows, columns } => {
            let (x, w) = (b.input("x", [rows, columns]), b.weight_about_one("weight", [columns]));
            b.node(Op::RmsNorm { epsilon: EPSILON }, &[x, w], [rows, columns])
        }
        Shape::BiasGelu { rows, columns } => {
            let (x, bias) = (b.input("x", [rows, columns]), b.weight("bias", [columns], 0.5));
            b.node(Op::BiasGelu, &[x, bias], [rows, columns])
        }
        Shape::BiasGeluResidual { rows, columns } => {
            let (x, bias) = (b.input("x", [rows, columns]), b.weight("bias", [columns], 0.5));
            let residual = b.input("residual", [rows, columns]);
            let activated = b.node(Op::BiasGelu, &[x, bias], [rows, columns]);
            b.add(activated, residual)
        }
        Shape::RmsNormResidual { rows, columns } => {
            let (x, residual) = (b.input("x", [rows, columns]), b.input("residual", [rows, columns]));
            let weight = b.weight_about_one("weight", [columns]);
            let sum = b.add(x, residual);
            b.node(Op::RmsNorm { epsilon: EPSILON }, &[sum, weight], [rows, columns])
        }
        Shape::Quantise { rows, columns } => {
            let x = b.input("x", [rows, columns]);
            b.node(Op::Quantise, &[x], [rows, columns])
        }
        Shape::Dequantise { rows, columns } => {
            let x = b.input("x", [rows, columns]);
            b.node(Op::Dequantise, &[x], [rows, columns])
        }
        Shape::LinearGelu { m, n, k } => {
            let x = b.input("x", [m, k]);
            let (w, bias) = (b.weight("w", [k, n], scale_for(k)), b.weight("bias", [n], 0.1));
            b.node(Op::Linear { activation: Activation::Gelu }, &[x, w, bias], [m, n])
        }
        Shape::AttentionPrefill { batch, heads, sequence, head_dim } => {
            let shape = [batch, sequence, heads * head_dim];
            let (q, k, v) = (b.input("q", shape), b.input("k", shape), b.input("v", shape));
            b.node(Op::Attention { heads, kv_heads: heads, causal: true }, &[q, k, v], shape)
        }
        Shape::AttentionDecode { batch, heads, kv_heads, context, head_dim } => {
            let (query, cache) = ([batch, 1, heads * head_dim], [batch, context, kv_heads * head_dim]);
            let (q, k, v) = (b.input("q", query), b.input("k_cache", cache), b.input("v_cache", cache));
            // One query at the end sees the whole cache, so no mask is needed.
            b.node(Op::Attention { heads, kv_heads, causal: false }, &[q, k, v], query)
        }
        Shape::EncoderBlock { batch, sequence, hidden, heads, feed_forward } => {
            encoder_block(&mut b, [batch, sequence, hidden], heads, feed_forward)
        }
        Shape::ConvBlock { batch, channels, size } => {
            let x = b.input("x", [batch, channels, size, size]);
            let y = b.conv("conv1", x, channels, 3, 1, Activation::Relu);
            let y = b.conv("conv2", y, channels, 3, 1, Activation::Identity);
            b.residual(y, x)
        }
        Shape::Resnet50 { batch, size } => resnet50(&mut b, batch, size),
        Shape::EmbeddingMlp { batch, tables, rows, dim, bag, hidden } => {
            let bags: Vec<TensorId> = (0..tables)
                .map(|t| {
                    let table = b.weight(&format!("table{t}"), [rows, dim], 1.0);
                    let indices = b.indices(&format!("indices{t}"), [batch, bag], rows);
                    b.node(Op::EmbeddingBag, &[table, indices], [batch, dim])
                })
                .collect();
            let features = b.node(Op::Concat, &bags, [batch, tables * dim]);
            let h = b.linear("hidden1", features, hidden, Activation::Relu);
            let h = b.linear("hidden2", h, hidden, Activation::Relu);
            b.linear("score", h, 1, Activation::Sigmoid)
        }
        // A user's model is defined by its file. Nothing asks for its graph but what counts over all workloads.
        Shape::HostCopy { elements, .. } | Shape::PeerCopy { elements } => {
            let x = b.input("x", [elements]);
            b.node(Op::Copy, &[x], [elements])
        }
        Shape::Launch { .. } => {
            let x = b.input("x", [1]);
            b.node(Op::Copy, &[x], [1])
        }
        Shape::Collective { operation, devices, elements } => {
            let part = elements.checked_div(devices).unwrap_or(0);
            let (given, result) = match operation {
                CollectiveOperation::AllReduce => (elements, elements),
                CollectiveOperation::AllGather => (part, elements),
                CollectiveOperation::ReduceScatter => (elements, part),
            };
            let x = b.input("x", [devices, given]);
            b.node(Op::Collective { operation }, &[x], [devices, result])
        }
        Shape::Model(_) => b.input("model", []),
    };
    b.finish(output)
}

/// Attention, residual, layer norm, feed-forward, residual, layer norm (post-norm, as in BERT).
fn encoder_block(b: &mut Builder, shape: [usize; 3], heads: usize, feed_forward: usize) -> TensorId {
    let hidden = shape[2];
    let x = b.input("x", shape);
    let [q, k, v] = ["query", "key", "value"].map(|name| b.linear(name, x, hidden, Activation::Identity));
    let attention = b.node(Op::Attention { heads, kv_heads: heads, causal: false }, &[q, k, v], shape);
    let projected = b.linear("projection", attention, hidden, Activation::Identity);
    let x = b.add(projected, x);
    let x = b.layer_norm("norm1", x);
    let h = b.linear("feed_forward1", x, feed_forward, Activation::Gelu);
    let h = b.linear("feed_forward2", h, hidden, Activation::Identity);
    let x = b.add(h, x);
    b.layer_norm("norm2", x)
}

/// He et al. 2015, table 1, 50 layers; the stride is in the 3x3 convolution (v1.5), as everyone measures it.
fn resnet50(b: &mut Builder, batch: usize, size: usize) -> TensorId {
    let x = b.input("x", [batch, 3, size, size]);
    let x = b.conv("stem", x, 64, 7, 2, Activation::Relu);
    let mut x = b.max_pool(x, 3, 2, 1);
    for (stage, (blocks, width, first_stride)) in
        [(3, 64, 1), (4, 128, 2), (6, 256, 2), (3, 512, 2)].into_iter().enumerate()
    {
        for block in 0..blocks {
            let stride = if block == 0 { first_stride } else { 1 };
            let name = |part: &str| format!("stage{stage}.block{block}.{part}");
            let y = b.conv(&name("conv1"), x, width, 1, 1, Activation::Relu);
            let y = b.conv(&name("conv2"), y, width, 3, stride, Activation::Relu);
            let y = b.conv(&name("conv3"), y, 4 * width, 1, 1, Activation::Identity);
            let shortcut =
                if block == 0 { b.conv(&name("shortcut"), x, 4 * width, 1, stride, Activation::Identity) } else { x };
            x = b.residual(y, shortcut);
        }
    }
    let channels = b.shape(x)[1];
    let pooled = b.node(Op::GlobalAveragePool, &[x], [batch, channels]);
    b.linear("classifier", pooled, 1000, Activation::Identity)
}

/// Keeps the variance of a sum of `k` products at one (Glorot and Bengio 2010).
fn scale_for(k: usize) -> f32 {
    1.0 / (k as f32).sqrt()
}

struct Builder {
    format: NumericFormat,
    tensors: Vec<TensorSpec>,
    nodes: Vec<Node>,
}

impl Builder {
    fn new(format: NumericFormat) -> Self {
        Self { format, tensors: Vec::new(), nodes: Vec::new() }
    }

    fn finish(self, output: TensorId) -> Graph {
        Graph { format: self.format, tensors: self.tensors, nodes: self.nodes, output }
    }

    fn tensor(&mut self, name: &str, shape: impl Into<Vec<usize>>, source: Source) -> TensorId {
        self.tensors.push(TensorSpec { name: name.to_owned(), shape: shape.into(), source });
        TensorId(self.tensors.len() - 1)
    }

    fn shape(&self, id: TensorId) -> &[usize] {
        &self.tensors[id.0].shape
    }

    fn input(&mut self, name: &str, shape: impl Into<Vec<usize>>) -> TensorId {
        self.tensor(name, shape, Source::Input)
    }

    fn indices(&mut self, name: &str, shape: impl Into<Vec<usize>>, bound: usize) -> TensorId {
        self.tensor(name, shape, Source::Indices { bound })
    }

    fn weight(&mut self, name: &str, shape: impl Into<Vec<usize>>, standard_deviation: f32) -> TensorId {
        self.tensor(name, shape, Source::Weight { mean: 0.0, standard_deviation })
    }

    fn weight_about_one(&mut self, name: &str, shape: impl Into<Vec<usize>>) -> TensorId {
        self.tensor(name, shape, Source::Weight { mean: 1.0, standard_deviation: 0.1 })
    }

    fn node(&mut self, op: Op, inputs: &[TensorId], shape: impl Into<Vec<usize>>) -> TensorId {
        let name = format!("t{}", self.nodes.len());
        let output = self.tensor(&name, shape, Source::Node);
        self.nodes.push(Node { op, inputs: inputs.to_vec(), output });
        output
    }

    fn linear(&mut self, name: &str, x: TensorId, out: usize, activation: Activation) -> TensorId {
        let mut shape = self.shape(x).to_vec();
        let k = shape.pop().unwrap_or(1);
        shape.push(out);
        let w = self.weight(&format!("{name}.weight"), [k, out], scale_for(k));
        let bias = self.weight(&format!("{name}.bias"), [out], 0.1);
        self.node(Op::Linear { activation }, &[x, w, bias], shape)
    }

    fn layer_norm(&mut self, name: &str, x: TensorId) -> TensorId {
        let shape = self.shape(x).to_vec();
        let width = shape.last().copied().unwrap_or(1);
        let w = self.weight_about_one(&format!("{name}.weight"), [width]);
        let bias = self.weight(&format!("{name}.bias"), [width], 0.1);
        self.node(Op::LayerNorm { epsilon: EPSILON }, &[x, w, bias], shape)
    }

    fn add(&mut self, x: TensorId, y: TensorId) -> TensorId {
        let shape = self.shape(x).to_vec();
        self.node(Op::Add { scale: 1.0, activation: Activation::Identity }, &[x, y], shape)
    }

    /// `relu((x + y) / 2)`: half the sum keeps the variance of a deep random network bounded.
    fn residual(&mut self, x: TensorId, y: TensorId) -> TensorId {
        let shape = self.shape(x).to_vec();
        self.node(Op::Add { scale: 0.5, activation: Activation::Relu }, &[x, y], shape)
    }

    fn conv(
        &mut self,
        name: &str,
        x: TensorId,
        out: usize,
        kernel: usize,
        stride: usize,
        activation: Activation,
    ) -> TensorId {
        let [n, c, h, w] = image(self.shape(x));
        let padding = kernel / 2;
        // He et al. 2015: variance 2/fan-in before a ReLU.
        let deviation = (2.0 / (c * kernel * kernel) as f32).sqrt();
        let weight = self.weight(&format!("{name}.weight"), [out, c, kernel, kernel], deviation);
        let bias = self.weight(&format!("{name}.bias"), [out], 0.01);
        let size = |s: usize| windows(s, kernel, stride, padding);
        self.node(Op::Conv2d { stride, padding, activation }, &[x, weight, bias], [n, out, size(h), size(w)])
    }

    fn max_pool(&mut self, x: TensorId, kernel: usize, stride: usize, padding: usize) -> TensorId {
        let [n, c, h, w] = image(self.shape(x));
        let size = |s: usize| windows(s, kernel, stride, padding);
        self.node(Op::MaxPool { kernel, stride, padding }, &[x], [n, c, size(h), size(w)])
    }
}

fn image(shape: &[usize]) -> [usize; 4] {
    let at = |i: usize| shape.get(i).copied().unwrap_or(1);
    [at(0), at(1), at(2), at(3)]
}

/// Windows that fit along one axis.
fn windows(size: usize, kernel: usize, stride: usize, padding: usize) -> usize {
    (size + 2 * padding).saturating_sub(kernel) / stride + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn workload(shape: Shape) -> Workload {
        Workload { id: "w".to_owned(), format: NumericFormat::Fp32, shape }
    }

    #[test]
    fn gemm_is_two_m_n_k() {
        let w = workload(Shape::Gemm { m: 3, n: 5, k: 7 });
        assert_eq!(w.flops(), 210.0);
        assert_eq!(w.bytes(), 4.0 * (21.0 + 35.0 + 15.0));
    }

    #[test]
    fn triad_moves_three_arrays() {
        assert_eq!(workload(Shape::Triad { elements: 1000 }).bytes(), 12_000.0);
    }

    #[test]
    fn quantised_tensors_count_a_byte_an_element_and_a_factor_a_row() {
        assert_eq!(workload(Shape::Quantise { rows: 10, columns: 100 }).bytes(), 4000.0 + 1000.0 + 40.0);
        assert_eq!(workload(Shape::Dequantise { rows: 10, columns: 100 }).bytes(), 1000.0 + 40.0 + 4000.0);
    }

    #[test]
    fn resnet50_has_the_published_cost_and_size() {
        // torchvision's model card: 4.09 G multiply-adds, 25.56 M parameters (batch norm folded: 25.53 M + biases).
        let w = workload(Shape::Resnet50 { batch: 1, size: 224 });
        let multiply_adds = w.flops() / 2.0;
        assert!((multiply_adds / 4.09e9 - 1.0).abs() < 0.02, "{multiply_adds}");
        let graph = build(&w);
        let parameters: usize = graph
            .tensors
            .iter()
            .filter(|t| matches!(t.source, Source::Weight { .. }))
            .map(|t| t.shape.iter().product::<usize>())
            .sum();
        assert!((parameters as f64 / 25.53e6 - 1.0).abs() < 0.01, "{parameters}");
        assert_eq!(graph.shape(graph.output), [1, 1000]);
    }

    #[test]
    fn a_bert_base_block_has_the_published_cost() {
        // 12 h² parameters in matrices (Kaplan et al. 2020), 2 FLOP each a token, plus attention 4 s² h.
        let w = workload(Shape::EncoderBlock { batch: 1, sequence: 128, hidden: 768, heads: 12, feed_forward: 3072 });
        let expected = 128.0 * 2.0 * 12.0 * 768.0_f64.powi(2) + 4.0 * 128.0_f64.powi(2) * 768.0;
        assert!((w.flops() / expected - 1.0).abs() < 0.02, "{}", w.flops());
    }

    #[test]
    fn causal_attention_counts_half_the_square() {
        let full = |causal| {
            let mut b = Builder::new(NumericFormat::Fp32);
            let shape = [1, 64, 32];
            let (q, k, v) = (b.input("q", shape), b.input("k", shape), b.input("v", shape));
            let out = b.node(Op::Attention { heads: 1, kv_heads: 1, causal }, &[q, k, v], shape);
            b.finish(out).flops()
        };
        let ratio = full(true) / full(false);
        assert!((ratio - 65.0 / 128.0).abs() < 1e-12, "{ratio}");
    }

    #[test]
    fn a_look_up_moves_only_the_rows_it_reads() {
        let small = workload(Shape::EmbeddingMlp { batch: 8, tables: 2, rows: 100, dim: 16, bag: 4, hidden: 32 });
        let large = workload(Shape::EmbeddingMlp { batch: 8, tables: 2, rows: 10_000, dim: 16, bag: 4, hidden: 32 });
        assert_eq!(small.bytes(), large.bytes());
    }

    #[test]
    fn each_node_uses_only_what_was_there_before() {
        for shape in [
            Shape::Resnet50 { batch: 1, size: 64 },
            Shape::EncoderBlock { batch: 1, sequence: 4, hidden: 8, heads: 2, feed_forward: 16 },
        ] {
            let graph = build(&workload(shape));
            for node in &graph.nodes {
                assert!(node.inputs.iter().all(|i| *i < node.output));
            }
        }
    }
}
