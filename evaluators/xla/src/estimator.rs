//! Google's compiler for TPUs, which works ahead of time on any processor.

use std::sync::OnceLock;
use std::time::Instant;

use assay_core::Workload;
use assay_core::estimate::{CompilerReport, CompilerTarget, Estimate, MemoryPlan, VendorCompiler, Verdict, valid};
use assay_core::graph;
use assay_core::{DeviceKind, NumericFormat};

use crate::pjrt::{Compiled, Plugin, PluginError, Topology};
use crate::plugins::{self, Kind, Places, PluginFile};
use crate::stablehlo;

/// The smallest arrangement of each generation that the compiler describes: hardware profile, name, topology. A program
/// runs on one of its chips.
const TARGETS: [(&str, &str, &str); 3] = [
    ("google-tpu-v5e", "Google TPU v5e", "v5e:2x2"),
    ("google-tpu-v5p", "Google TPU v5p", "v5p:2x2x1"),
    ("google-tpu-v6e", "Google TPU v6e", "v6e:1x1"),
];

/// Refusals of a compiler are long; the beginning says why.
const LONGEST_REASON: usize = 400;

/// `libtpu`, found in a Python environment when it is asked for, and loaded when something is compiled.
#[derive(Debug)]
pub struct TpuCompiler {
    places: Places,
    file: OnceLock<Result<PluginFile, String>>,
    plugin: OnceLock<Result<&'static Plugin, String>>,
}

impl TpuCompiler {
    /// From these places.
    pub fn new(places: Places) -> Self {
        Self { places, file: OnceLock::new(), plugin: OnceLock::new() }
    }

    fn file(&self) -> Result<&PluginFile, String> {
        self.file.get_or_init(|| plugins::find(Kind::Tpu, &self.places)).as_ref().map_err(Clone::clone)
    }

    fn plugin(&self) -> Result<&'static Plugin, String> {
        let load = || {
            let file = self.file()?;
            Plugin::load(&file.path).map_err(|error| format!("libtpu cannot be used: {error}; install it again"))
        };
        self.plugin.get_or_init(load).clone()
    }

    fn compile(&self, workload: &Workload, target: &str) -> Result<Estimate, Verdict> {
        let Some((_, _, topology)) = TARGETS.iter().find(|(id, _, _)| *id == target) else {
            return Err(Verdict::Unsupported(format!("libtpu is not asked for `{target}`")));
        };
        if workload.format == NumericFormat::Tf32 {
            return Err(Verdict::Unsupported(format!("{} devices have no tf32", DeviceKind::Tpu.label())));
        }
        let program = stablehlo::program(&graph::build(workload)).map_err(Verdict::Unsupported)?;
        let plugin = self.plugin().map_err(Verdict::Failed)?;
        let topology =
            Topology::named(plugin, topology).map_err(|error| Verdict::Failed(shortened(&error.to_string())))?;
        let started = Instant::now();
        let compiled = topology.compile(&program.text).map_err(refusal)?;
        Ok(estimate(&compiled, started.elapsed().as_secs_f64()))
    }
}

impl VendorCompiler for TpuCompiler {
    fn report(&self) -> CompilerReport {
        let target = |(id, name, topology): &(&str, &str, &str)| CompilerTarget {
            id: (*id).to_owned(),
            name: (*name).to_owned(),
            topology: (*topology).to_owned(),
        };
        let (version, reason) = match self.file() {
            Ok(file) => (file.package.as_ref().and_then(|package| package.split(' ').nth(1)).map(str::to_owned), None),
            Err(reason) => (None, Some(reason)),
        };
        CompilerReport { name: "libtpu".to_owned(), version, reason, targets: TARGETS.iter().map(target).collect() }
    }

    fn estimate(&self, workload: &Workload, target: &str) -> Estimate {
        self.compile(workload, target).unwrap_or_else(Estimate::of)
    }
}

fn refusal(error: PluginError) -> Verdict {
    let reason = shortened(&error.to_string());
    if error.is_out_of_memory() { Verdict::DoesNotFit(reason) } else { Verdict::DoesNotCompile(reason) }
}

/// The first lines, as one.
fn shortened(reason: &str) -> String {
    let words = reason.split_whitespace().collect::<Vec<_>>().join(" ");
    match words.char_indices().nth(LONGEST_REASON) {
        Some((end, _)) => format!("{}…", words.get(..end).unwrap_or(&words)),
        None => words,
    }
}

fn estimate(compiled: &Compiled, compile_secs: f64) -> Estimate {
    let cost = |name: &str| {
        let (_, value) = compiled.costs.iter().find(|(key, _)| key == name)?;
        // The plugin's figures are in single precision: what it means is the number, not its shortest text.
        valid(f64::from(value.parse::<f32>().ok()?))
    };
    let memory = compiled.memory.map(|memory| MemoryPlan {
        code_bytes: memory.code as f64,
        arguments_bytes: memory.arguments as f64,
        output_bytes: memory.output as f64,
        temporary_bytes: memory.temporary as f64,
        peak_bytes: valid(memory.peak as f64),
    });
    Estimate {
        compile_secs: Some(compile_secs),
        flops: cost("flops"),
        bytes: cost("bytes accessed"),
        execution_secs: cost("optimal_seconds"),
        memory,
        ..Estimate::of(Verdict::Compiles)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pjrt::CompiledMemory;

    #[test]
    fn a_negative_time_is_no_time() {
        let costs = |secs: &str| {
            [("flops", "2000"), ("bytes accessed", "10.5"), ("optimal_seconds", secs)]
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .to_vec()
        };
        let memory = Some(CompiledMemory { code: 1, arguments: 2, output: 3, temporary: 4, peak: 0 });
        let unknown = estimate(&Compiled { costs: costs("-2"), memory }, 0.5);
        assert_eq!((unknown.flops, unknown.bytes, unknown.execution_secs), (Some(2000.0), Some(10.5), None));
        assert_eq!(unknown.memory.unwrap().peak_bytes, None);
        assert_eq!(estimate(&Compiled { costs: costs("0.25"), memory: None }, 0.5).execution_secs, Some(0.25));
        assert_eq!(estimate(&Compiled::default(), 0.5).flops, None);
    }

    #[test]
    fn refusals_of_memory_are_told_apart() {
        let error = |code| PluginError::Refused { code, message: "Ran out of memory\n in memory space hbm".to_owned() };
        assert_eq!(refusal(error(8)), Verdict::DoesNotFit("Ran out of memory in memory space hbm".to_owned()));
        assert!(matches!(refusal(error(12)), Verdict::DoesNotCompile(_)));
    }

    #[test]
    fn without_the_library_the_compiler_says_what_to_install() {
        let compiler = TpuCompiler::new(Places::Folders(Vec::new()));
        // The environment may name one.
        if let Some(reason) = compiler.report().reason {
            assert!(reason.contains("pip install libtpu"), "{reason}");
            let workload = Workload {
                id: "w".to_owned(),
                format: NumericFormat::Bf16,
                shape: assay_core::Shape::Gemm { m: 8, n: 8, k: 8 },
            };
            assert_eq!(compiler.estimate(&workload, "google-tpu-v5e").verdict, Verdict::Failed(reason));
        }
    }
}
