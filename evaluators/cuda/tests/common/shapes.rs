//! Small workloads with sizes that are awkward on purpose: odd, prime, one, and just past a tile.

use assay_core::{NumericFormat, Shape, Workload};

/// Every format in which some workload is computed.
const FORMATS: [NumericFormat; 7] = [
    NumericFormat::Fp64,
    NumericFormat::Fp32,
    NumericFormat::Tf32,
    NumericFormat::Fp16,
    NumericFormat::Bf16,
    NumericFormat::Fp8,
    NumericFormat::Int8,
];

/// Each small shape in each format.
pub fn workloads() -> Vec<Workload> {
    let decode = |batch, heads, kv_heads, context, head_dim| Shape::AttentionDecode {
        batch,
        heads,
        kv_heads,
        context,
        head_dim,
    };
    let prefill = |batch, heads, sequence, head_dim| Shape::AttentionPrefill { batch, heads, sequence, head_dim };
    let shapes = [
        ("gemm", Shape::Gemm { m: 256, n: 256, k: 256 }),
        ("gemm-flat", Shape::Gemm { m: 16, n: 512, k: 1024 }),
        ("gemm-odd", Shape::Gemm { m: 37, n: 53, k: 71 }),
        ("gemm-row", Shape::Gemm { m: 1, n: 512, k: 256 }),
        ("triad", Shape::Triad { elements: 1 << 20 }),
        ("triad-odd", Shape::Triad { elements: 1_000_003 }),
        ("triad-tiny", Shape::Triad { elements: 3 }),
        ("softmax-1024", Shape::Softmax { rows: 64, columns: 1024 }),
        ("softmax-4096", Shape::Softmax { rows: 33, columns: 4096 }),
        ("softmax-32768", Shape::Softmax { rows: 141, columns: 32_768 }),
        ("softmax-65536", Shape::Softmax { rows: 300, columns: 65_536 }),
        ("softmax-70000", Shape::Softmax { rows: 3, columns: 70_000 }),
        ("softmax-odd", Shape::Softmax { rows: 17, columns: 1001 }),
        ("softmax-narrow", Shape::Softmax { rows: 50, columns: 7 }),
        ("rms-norm-768", Shape::RmsNorm { rows: 100, columns: 768 }),
        ("rms-norm-8192", Shape::RmsNorm { rows: 31, columns: 8192 }),
        ("rms-norm-odd", Shape::RmsNorm { rows: 31, columns: 333 }),
        ("bias-gelu", Shape::BiasGelu { rows: 101, columns: 3072 }),
        ("bias-gelu-odd", Shape::BiasGelu { rows: 10, columns: 77 }),
        ("bias-gelu-residual", Shape::BiasGeluResidual { rows: 33, columns: 1024 }),
        ("rms-norm-residual", Shape::RmsNormResidual { rows: 33, columns: 1024 }),
        ("quantise", Shape::Quantise { rows: 33, columns: 1024 }),
        ("dequantise", Shape::Dequantise { rows: 33, columns: 1024 }),
        ("linear-gelu", Shape::LinearGelu { m: 130, n: 264, k: 72 }),
        ("to-device", Shape::HostCopy { elements: 1001, to_device: true, pinned: true }),
        ("to-host", Shape::HostCopy { elements: 1001, to_device: false, pinned: false }),
        ("launch", Shape::Launch { count: 3 }),
        ("prefill-64", prefill(2, 3, 200, 64)),
        ("prefill-128", prefill(1, 2, 257, 128)),
        ("prefill-80", prefill(1, 2, 129, 80)),
        ("prefill-short", prefill(3, 2, 5, 32)),
        ("decode-8", decode(2, 32, 4, 1000, 128)),
        ("decode-4", decode(3, 8, 2, 777, 64)),
        ("decode-1", decode(2, 4, 4, 513, 128)),
        ("decode-3", decode(1, 6, 2, 300, 96)),
        ("decode-24", decode(1, 24, 1, 2049, 64)),
        ("decode-short", decode(2, 2, 2, 3, 64)),
        ("encoder", Shape::EncoderBlock { batch: 2, sequence: 96, hidden: 256, heads: 4, feed_forward: 1024 }),
        ("encoder-odd", Shape::EncoderBlock { batch: 1, sequence: 33, hidden: 72, heads: 3, feed_forward: 100 }),
        ("conv-block", Shape::ConvBlock { batch: 2, channels: 64, size: 14 }),
        ("conv-block-odd", Shape::ConvBlock { batch: 3, channels: 6, size: 9 }),
        ("resnet50", Shape::Resnet50 { batch: 2, size: 64 }),
        ("embedding-mlp", Shape::EmbeddingMlp { batch: 64, tables: 5, rows: 1000, dim: 32, bag: 7, hidden: 128 }),
        ("embedding-mlp-odd", Shape::EmbeddingMlp { batch: 13, tables: 3, rows: 100, dim: 11, bag: 3, hidden: 50 }),
    ];
    let each = |format: NumericFormat| {
        shapes.iter().map(move |(name, shape)| Workload {
            id: format!("{name}-{format}"),
            format,
            shape: shape.clone(),
        })
    };
    FORMATS.into_iter().flat_map(each).collect()
}
