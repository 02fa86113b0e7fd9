//! Kernels that people bring: a folder with `kernel.yaml` and a source, measured against what the stack has.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use assay_base::yaml::{self, YamlError};
use serde::{Deserialize, Serialize};

pub(crate) mod ceiling;
pub mod expression;
pub mod lab;
pub mod manifest;
pub mod report;

pub use expression::{Expression, Variables};
pub use manifest::{Architecture, Argument, Implementation, Manifest, SourceKind};
pub use report::{Ceiling, Check, Comparison, KernelReport, Resources, Trial};

/// A kernel with its files, as it travels to the worker.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Kernel {
    /// Its manifest.
    pub manifest: Manifest,
    /// The other files of its folder by their names.
    pub files: BTreeMap<String, Vec<u8>>,
}

/// A kernel's folder that cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum KernelError {
    /// The manifest cannot be read.
    #[error(transparent)]
    Yaml(#[from] YamlError),
    /// The manifest or the folder cannot be meant.
    #[error("{}: {message}", file.display())]
    Invalid {
        /// The file or folder.
        file: PathBuf,
        /// What is wrong.
        message: String,
    },
}

/// The manifest's name.
pub const MANIFEST: &str = "kernel.yaml";
/// What is read of a folder at most, so that the request to a worker stays a line.
const MAX_BYTES: u64 = 4 << 20;
/// What is read of a folder.
const EXTENSIONS: [&str; 5] = ["cu", "cuh", "h", "ptx", "cubin"];

macro_rules! bundled {
    ($($folder:literal: [$($file:literal),*]),* $(,)?) => {
        &[$((
            $folder,
            include_str!(concat!("../../../assets/kernels/", $folder, "/kernel.yaml")),
            &[$(($file, include_str!(concat!("../../../assets/kernels/", $folder, "/", $file)))),*],
        )),*]
    };
}

type Embedded = (&'static str, &'static str, &'static [(&'static str, &'static str)]);

/// The kernels under assets/kernels.
const BUNDLED: &[Embedded] = bundled! {
    "attention-prefill": ["attention_prefill.cu", "naive.cu"],
    "bias-gelu": ["bias_gelu.cu", "naive.cu"],
    "dequantise": ["dequantise.cu", "naive.cu"],
    "linear-gelu": ["linear_gelu.cu", "naive.cu"],
    "quantise": ["quantise.cu", "naive.cu"],
    "rms-norm": ["rms_norm.cu", "naive.cu"],
    "softmax": ["softmax.cu", "naive.cu"],
};

impl Kernel {
    /// Reads a folder.
    ///
    /// # Errors
    /// When the manifest does not fit, or a source is absent or too large.
    pub fn load(folder: &Path) -> Result<Self, KernelError> {
        let invalid = |message: String| KernelError::Invalid { file: folder.to_owned(), message };
        let file = folder.join(MANIFEST);
        let manifest: Manifest = yaml::read(&file)?;
        let mut files = BTreeMap::new();
        let mut bytes = 0;
        for entry in std::fs::read_dir(folder).map_err(|e| invalid(e.to_string()))?.flatten() {
            let (path, name) = (entry.path(), entry.file_name().to_string_lossy().into_owned());
            let wanted = path.extension().is_some_and(|e| EXTENSIONS.iter().any(|known| e == *known));
            if !wanted || !path.is_file() {
                continue;
            }
            bytes += entry.metadata().map_or(0, |m| m.len());
            if bytes > MAX_BYTES {
                return Err(invalid(format!("its sources are larger than {} MiB together", MAX_BYTES >> 20)));
            }
            files.insert(name, std::fs::read(&path).map_err(|e| invalid(format!("{}: {e}", path.display())))?);
        }
        Self { manifest, files }.check(&file)
    }

    /// The kernels that come with Assay.
    pub fn bundled() -> Vec<Self> {
        BUNDLED.iter().filter_map(|embedded| Self::embedded(embedded).ok()).collect()
    }

    /// One of the kernels that come with Assay.
    pub fn bundled_by_id(id: &str) -> Option<Self> {
        BUNDLED.iter().find(|(folder, ..)| *folder == id).and_then(|embedded| Self::embedded(embedded).ok())
    }

    fn embedded((folder, manifest, files): &Embedded) -> Result<Self, KernelError> {
        let file = Path::new("assets/kernels").join(folder).join(MANIFEST);
        let files = files.iter().map(|(name, text)| ((*name).to_owned(), text.as_bytes().to_vec())).collect();
        Self { manifest: yaml::parse(manifest, &file)?, files }.check(&file)
    }

    fn check(self, file: &Path) -> Result<Self, KernelError> {
        let invalid = |message: String| KernelError::Invalid { file: file.to_owned(), message };
        self.manifest.validate().map_err(invalid)?;
        for implementation in [Some(&self.manifest.kernel), self.manifest.baseline.as_ref()].into_iter().flatten() {
            if !self.files.contains_key(&implementation.source) {
                return Err(invalid(format!("source: there is no file `{}` beside it", implementation.source)));
            }
        }
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "
schema: assay/kernel/1
id: scale
name: Scale
computes: [softmax]
formats: [fp32]
kernel:
  source: scale.cu
  entry: scale
  parameters: {threads: [128, 256], unroll: [1, 2]}
  values: {blocks: \"ceil_div(elements, per_block)\", per_block: threads * unroll, elements: rows * columns}
  grid: [blocks]
  block: [threads]
  arguments:
    - {kind: input, name: x}
    - {kind: output}
    - {kind: u64, value: elements}
";

    fn parse(text: &str) -> Result<Kernel, KernelError> {
        let files = [("scale.cu".to_owned(), b"code".to_vec())].into();
        Kernel { manifest: yaml::parse(text, Path::new(MANIFEST))?, files }.check(Path::new(MANIFEST))
    }

    #[test]
    fn values_are_resolved_in_any_order() {
        let kernel = parse(GOOD).unwrap().manifest.kernel;
        let combinations = kernel.combinations();
        assert_eq!(combinations.len(), 4);
        let sizes = [("rows", 3.0), ("columns", 100.0)].map(|(k, v)| (k.to_owned(), v)).into();
        let resolved = kernel.resolve(sizes, &combinations[1]).unwrap();
        assert_eq!((resolved["per_block"], resolved["blocks"]), (256.0, 2.0));
    }

    #[test]
    fn hostile_manifests_are_refused_with_the_reason() {
        for (from, to, reason) in [
            ("source: scale.cu", "source: ../../etc/passwd.cu", "source"),
            ("source: scale.cu", "source: other.cu", "no file `other.cu`"),
            ("source: scale.cu", "source: scale.so", "source"),
            ("entry: scale", "entry: \"scale; system\"", "entry"),
            ("id: scale", "id: Scale!", "id"),
            ("grid: [blocks]", "grid: []", "grid"),
            ("unroll: [1, 2]", "unroll: []", "unroll"),
            (
                "unroll: [1, 2]",
                "unroll: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33]",
                "combinations",
            ),
            ("formats: [fp32]", "formats: []", "formats"),
            ("formats: [fp32]", "formats: [fp33]", "fp32"),
            ("formats: [fp32]", "formats: [fp32]\ntolerance: 5", "tolerance"),
            ("threads: [128", "\"-DX\": [128", "not a name"),
            ("kind: output", "kind: outptu", "output"),
            (
                "- {kind: output}",
                "- {kind: tensor-map, name: x, dimensions: [1, 2], box: [1], swizzle: 128}",
                "tensor map",
            ),
        ] {
            let error = parse(&GOOD.replace(from, to)).expect_err(to).to_string();
            assert!(error.contains(reason), "{to}: {error}");
        }
        let cycle = parse(&GOOD.replace("per_block: threads * unroll", "per_block: blocks")).unwrap().manifest.kernel;
        assert!(cycle.resolve(Variables::new(), &BTreeMap::new()).unwrap_err().contains("values."));
    }

    #[test]
    fn the_bundled_kernels_are_sound() {
        for embedded in BUNDLED {
            let kernel = Kernel::embedded(embedded).unwrap();
            assert_eq!(kernel.manifest.id, embedded.0);
            assert!(kernel.manifest.baseline.is_some(), "{}", embedded.0);
            assert!(kernel.manifest.note.len() > 40, "{}", embedded.0);
        }
    }
}
