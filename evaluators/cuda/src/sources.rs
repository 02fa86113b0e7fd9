//! The kernels' sources, compiled on the machine they run on.

use assay_core::NumericFormat;

/// A file of kernels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Source {
    Attention,
    AttentionMma,
    Elementwise,
    Embedding,
    Images,
    Rows,
}

impl Source {
    /// The file's name.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Attention => "attention.cu",
            Self::AttentionMma => "attention_mma.cu",
            Self::Elementwise => "elementwise.cu",
            Self::Embedding => "embedding.cu",
            Self::Images => "images.cu",
            Self::Rows => "rows.cu",
        }
    }

    /// The whole text.
    pub(crate) fn text(self) -> String {
        let own = match self {
            Self::Attention => include_str!("kernels/attention.cu"),
            Self::AttentionMma => include_str!("kernels/attention_mma.cu"),
            Self::Elementwise => include_str!("kernels/elementwise.cu"),
            Self::Embedding => include_str!("kernels/embedding.cu"),
            Self::Images => include_str!("kernels/images.cu"),
            Self::Rows => include_str!("kernels/rows.cu"),
        };
        // Errors then tell the line of the file they are in.
        format!("#include \"assay.cuh\"\n#line 1 \"{}\"\n{own}", self.name())
    }
}

/// What kernels may include besides their own files.
pub(crate) fn headers() -> Vec<(String, String)> {
    [
        ("assay.cuh", include_str!("../../../assets/kernels/include/assay.cuh")),
        ("hopper.cuh", include_str!("../../../assets/kernels/include/hopper.cuh")),
        ("rows.cuh", include_str!("../../../assets/kernels/include/rows.cuh")),
    ]
    .map(|(name, text)| (name.to_owned(), text.to_owned()))
    .into()
}

/// How tensors are stored. Arithmetic is fp32 in every case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Element {
    F32,
    F16,
    Bf16,
}

impl Element {
    /// The storage of a format that all operations can be computed in.
    pub(crate) fn of(format: NumericFormat) -> Option<Self> {
        match format {
            NumericFormat::Fp32 | NumericFormat::Tf32 => Some(Self::F32),
            NumericFormat::Fp16 => Some(Self::F16),
            NumericFormat::Bf16 => Some(Self::Bf16),
            NumericFormat::Fp64 | NumericFormat::Fp8 | NumericFormat::Fp4 | NumericFormat::Int8 => None,
        }
    }

    pub(crate) fn bytes(self) -> usize {
        match self {
            Self::F32 => 4,
            Self::F16 | Self::Bf16 => 2,
        }
    }

    /// Elements in 16 bytes: `V` of the kernels.
    pub(crate) fn pack(self) -> usize {
        16 / self.bytes()
    }

    /// The compiler's options.
    pub(crate) fn options(self) -> Vec<String> {
        let number = match self {
            Self::F32 => 0,
            Self::F16 => 1,
            Self::Bf16 => 2,
        };
        vec![
            format!("-DELEMENT={number}"),
            "-std=c++17".to_owned(),
            "-default-device".to_owned(),
            // Not every file uses everything that common.cuh offers.
            "--diag-suppress=177".to_owned(),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::libraries::SearchPath;
    use crate::nvrtc::{Image, Nvrtc};

    #[test]
    fn every_kernel_compiles_for_the_oldest_and_a_recent_device() {
        // Any version will do: nothing is run.
        let search = SearchPath::from_environment();
        let nvrtc = match Nvrtc::load(&search, u32::MAX) {
            Ok(nvrtc) => nvrtc,
            Err(reason) => {
                eprintln!("skipped: {reason}");
                return;
            }
        };
        let all = [
            Source::Attention,
            Source::AttentionMma,
            Source::Elementwise,
            Source::Embedding,
            Source::Images,
            Source::Rows,
        ];
        for capability in [(7, 5), (9, 0)] {
            for source in all {
                for element in [Element::F32, Element::F16, Element::Bf16] {
                    // Tensor cores for these kernels, and bfloat16 conversions, came with 8.0.
                    let old = capability < (8, 0) && (source == Source::AttentionMma || element == Element::Bf16);
                    if old {
                        continue;
                    }
                    let image = {
                        let target = (capability, false);
                        nvrtc.compile(source.name(), &source.text(), target, &element.options(), &headers())
                    };
                    match image {
                        Ok(Image::Cubin(bytes)) => assert!(bytes.starts_with(b"\x7fELF")),
                        other => panic!("{} {element:?} {capability:?}: {other:?}", source.name()),
                    }
                }
            }
        }
        // A device newer than the compiler gets PTX; a mistake gets the compiler's words.
        let source = Source::Elementwise;
        let newer = nvrtc
            .compile(source.name(), &source.text(), ((99, 0), false), &Element::F32.options(), &headers())
            .unwrap();
        assert!(matches!(newer, Image::Ptx(text) if text.contains(".target")));
        let wrong = nvrtc.compile("wrong.cu", "#line 1 \"wrong.cu\"\nnonsense", ((8, 0), false), &[], &[]).unwrap_err();
        assert!(wrong.contains("wrong.cu(1)"), "{wrong}");
    }
}
