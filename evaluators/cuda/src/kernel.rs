//! A kernel with its manifest made into a launch: expressions evaluated, source compiled, arguments bound.

use std::collections::BTreeMap;
use std::hash::{Hash as _, Hasher as _};
use std::path::{Path, PathBuf};

use assay_core::EvaluatorError;
use assay_core::graph::{Graph, Node, Op};
use assay_core::kernel::{self, Implementation, Kernel, Resources, SourceKind, Variables};
use cudarc::driver::sys::{self, CUdevice_attribute_enum as Attribute};
use cudarc::driver::{CudaFunction, LaunchConfig};
use rayon::prelude::*;

use crate::errors::During as _;
use crate::gpu::{Buffer, Gpu, allow_shared};
use crate::nvrtc::Image;
use crate::plan::{Argument, Launch, TensorMap};
use crate::sources::{self, Element};

#[cfg(test)]
mod tests;

/// A tensor on the device as kernels see it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Operand {
    pub(crate) address: u64,
    pub(crate) elements: u64,
    /// The address of its factors where it is stored as int8.
    pub(crate) factors: Option<u64>,
}

/// What names in a manifest stand for.
#[derive(Clone, Debug)]
pub(crate) struct Binding {
    /// Sizes and constants.
    pub(crate) variables: Variables,
    /// Inputs and weights by their names.
    pub(crate) operands: BTreeMap<String, Operand>,
    pub(crate) output: Operand,
}

/// A kernel ready to be launched.
pub(crate) struct Built {
    pub(crate) launch: Launch,
    /// Memory for its own use.
    pub(crate) scratch: Vec<Buffer>,
    pub(crate) resources: Resources,
}

/// What the nodes of a graph tell about sizes, by the names that manifests use.
pub(crate) fn sizes_of(graph: &Graph, nodes: &[Node]) -> Variables {
    let mut variables = Variables::new();
    for node in nodes {
        let shape = |id: Option<&assay_core::graph::TensorId>| id.map_or(&[][..], |id| graph.shape(*id));
        let out = graph.shape(node.output);
        let extent = |shape: &[usize], axis: usize| shape.get(axis).copied().unwrap_or(1) as f64;
        let columns = out.last().copied().unwrap_or(1) as f64;
        let rows = out.iter().rev().skip(1).product::<usize>() as f64;
        let mut set = |name: &str, value: f64| {
            variables.insert(name.to_owned(), value);
        };
        match &node.op {
            Op::Attention { heads, kv_heads, causal } => {
                let (q, k) = (shape(node.inputs.first()), shape(node.inputs.get(1)));
                set("batch", extent(q, 0));
                set("queries", extent(q, 1));
                set("keys", extent(k, 1));
                set("heads", *heads as f64);
                set("kv_heads", *kv_heads as f64);
                set("head_dim", extent(q, 2) / *heads as f64);
                set("causal", f64::from(u8::from(*causal)));
            }
            Op::MatMul | Op::Linear { .. } => {
                set("m", rows);
                set("n", columns);
                set("k", extent(shape(node.inputs.get(1)), 0));
            }
            Op::Triad { scale } => {
                set("elements", out.iter().product::<usize>() as f64);
                set("scale", f64::from(*scale));
            }
            op => {
                set("rows", rows);
                set("columns", columns);
                if let Op::RmsNorm { epsilon } | Op::LayerNorm { epsilon } = op {
                    set("epsilon", f64::from(*epsilon));
                }
            }
        }
    }
    variables
}

/// Makes a kernel into a launch.
///
/// # Errors
/// [`EvaluatorError::Unsupported`] when the kernel does not apply to the device or the sizes; else what is wrong with
/// the manifest or the source, in the compiler's words where it is its.
pub(crate) fn build(
    gpu: &Gpu,
    kernel: &Kernel,
    implementation: &Implementation,
    element: Element,
    binding: &Binding,
    parameters: &BTreeMap<String, u32>,
) -> Result<Built, EvaluatorError> {
    applies_to_device(gpu, implementation)?;
    let variables = resolved(gpu, implementation, element, binding, parameters)?;
    let config = launch_config(implementation, &variables)?;
    if config.shared_mem_bytes > gpu.shared_bytes {
        return Err(EvaluatorError::Unsupported(format!(
            "the kernel asks for {} bytes of shared memory, a block has {}",
            config.shared_mem_bytes, gpu.shared_bytes
        )));
    }
    let function = function(gpu, kernel, implementation, element, &variables)?;
    allow_shared(&function, &implementation.entry, config.shared_mem_bytes)?;
    let resources = resources(gpu, &function, config)?;
    let mut scratch = Vec::new();
    let mut arguments = Vec::with_capacity(implementation.arguments.len());
    for argument in &implementation.arguments {
        arguments.push(bound(gpu, argument, element, binding, &variables, &mut scratch)?);
    }
    Ok(Built { launch: Launch { function, config, arguments }, scratch, resources })
}

/// All variables with their values for one combination of parameters, whose conditions hold.
fn resolved(
    gpu: &Gpu,
    implementation: &Implementation,
    element: Element,
    binding: &Binding,
    parameters: &BTreeMap<String, u32>,
) -> Result<Variables, EvaluatorError> {
    let mut variables = binding.variables.clone();
    variables.extend(device_variables(gpu, element)?);
    for argument in &implementation.arguments {
        if let kernel::Argument::Input { name, optional: true } = argument {
            let there = f64::from(u8::from(binding.operands.contains_key(name)));
            variables.insert(format!("has_{name}"), there);
        }
    }
    let failed = |error: String| EvaluatorError::Failed(format!("requires: {error}"));
    let variables = implementation.resolve(variables, parameters).map_err(EvaluatorError::Failed)?;
    for condition in &implementation.requires {
        if !condition.holds(&variables).map_err(failed)? {
            return Err(EvaluatorError::Unsupported(format!("the kernel requires {condition}")));
        }
    }
    Ok(variables)
}

/// Compiles what combinations of parameters need on all processors at once, so that [`build`] finds it. What fails or
/// does not apply fails there.
pub(crate) fn compile_ahead(
    gpu: &Gpu,
    kernel: &Kernel,
    implementation: &Implementation,
    element: Element,
    binding: &Binding,
    combinations: &[BTreeMap<String, u32>],
) {
    if applies_to_device(gpu, implementation).is_err() {
        return;
    }
    let needed = combinations.iter().filter_map(|parameters| {
        let variables = resolved(gpu, implementation, element, binding, parameters).ok()?;
        let options = options(implementation, element, &variables).ok()?;
        Some((key(kernel, implementation, &options), options))
    });
    let needed: BTreeMap<String, Vec<String>> = needed.filter(|(key, _)| !gpu.has_loaded(key)).collect();
    let compiled: Vec<(String, Image)> = needed
        .into_par_iter()
        .filter_map(|(key, options)| Some((key, image(gpu, kernel, implementation, &options).ok()?)))
        .collect();
    for (key, image) in compiled {
        // A module that the driver refuses is compiled and refused again, with its reason.
        let _ = gpu.loaded(&key, || Ok(image));
    }
}

fn applies_to_device(gpu: &Gpu, implementation: &Implementation) -> Result<(), EvaluatorError> {
    let (wanted, only) = implementation.architecture.capability();
    if gpu.capability < wanted || (only && gpu.capability != wanted) {
        let ((major, minor), (found_major, found_minor)) = (wanted, gpu.capability);
        let or_later = if only { "" } else { " or later" };
        return Err(EvaluatorError::Unsupported(format!(
            "the kernel is for compute capability {major}.{minor}{or_later}, the device has {found_major}.{found_minor}"
        )));
    }
    Ok(())
}

fn device_variables(gpu: &Gpu, element: Element) -> Result<[(String, f64); 6], EvaluatorError> {
    let attribute = |attribute| gpu.context.attribute(attribute).map(f64::from).during("reading a device attribute");
    Ok([
        ("element_bytes", element.bytes() as f64),
        ("pack", element.pack() as f64),
        ("multiprocessors", f64::from(gpu.multiprocessors)),
        ("shared_bytes_limit", f64::from(gpu.shared_bytes)),
        (
            "shared_bytes_per_multiprocessor",
            attribute(Attribute::CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_MULTIPROCESSOR)?,
        ),
        ("threads_per_multiprocessor", attribute(Attribute::CU_DEVICE_ATTRIBUTE_MAX_THREADS_PER_MULTIPROCESSOR)?),
    ]
    .map(|(name, value)| (name.to_owned(), value)))
}

/// Grid, block and shared memory within the limits of every CUDA device.
fn launch_config(implementation: &Implementation, variables: &Variables) -> Result<LaunchConfig, EvaluatorError> {
    let dimensions = |field: &str, expressions: &[kernel::Expression], limits: [u64; 3]| {
        let mut found = [1_u32; 3];
        for ((slot, expression), limit) in found.iter_mut().zip(expressions).zip(limits) {
            let count = expression.count(variables, limit).map_err(|e| format!("{field}: {e}"))?;
            if count == 0 {
                return Err(format!("{field}: `{expression}` is 0"));
            }
            *slot = u32::try_from(count).map_err(|e| e.to_string())?;
        }
        Ok((found[0], found[1], found[2]))
    };
    let failed = EvaluatorError::Failed;
    let grid_dim = dimensions("grid", &implementation.grid, [i32::MAX as u64, 65_535, 65_535]).map_err(failed)?;
    let block_dim = dimensions("block", &implementation.block, [1024, 1024, 64]).map_err(failed)?;
    if block_dim.0 * block_dim.1 * block_dim.2 > 1024 {
        return Err(failed(format!("block: {block_dim:?} are more than 1024 threads")));
    }
    let shared = implementation.shared_bytes.as_ref().map_or(Ok(0), |bytes| bytes.count(variables, 1 << 24));
    let shared = shared.map_err(|e| failed(format!("shared_bytes: {e}")))?;
    Ok(LaunchConfig { grid_dim, block_dim, shared_mem_bytes: u32::try_from(shared).unwrap_or(u32::MAX) })
}

fn function(
    gpu: &Gpu,
    kernel: &Kernel,
    implementation: &Implementation,
    element: Element,
    variables: &Variables,
) -> Result<CudaFunction, EvaluatorError> {
    let options = options(implementation, element, variables).map_err(EvaluatorError::Failed)?;
    let key = key(kernel, implementation, &options);
    let module = gpu.loaded(&key, || image(gpu, kernel, implementation, &options))?;
    let what = || format!("finding `{}` in {}", implementation.entry, implementation.source);
    module.load_function(&implementation.entry).during(&what())
}

/// Under which the compiled source is kept.
fn key(kernel: &Kernel, implementation: &Implementation, options: &[String]) -> String {
    let mut hasher = std::collections::hash_map::DefaultHasher::new();
    kernel.files.hash(&mut hasher);
    format!("{} {} {} {:x}", kernel.manifest.id, implementation.source, options.join(" "), hasher.finish())
}

/// The source as the driver loads it.
fn image(
    gpu: &Gpu,
    kernel: &Kernel,
    implementation: &Implementation,
    options: &[String],
) -> Result<Image, EvaluatorError> {
    let source = &implementation.source;
    let failed = |reason: String| EvaluatorError::Failed(format!("{source}: {reason}"));
    let bytes = kernel.files.get(source).ok_or_else(|| failed("the file is not there".to_owned()))?;
    let text = || String::from_utf8(bytes.clone()).map_err(|e| failed(e.to_string()));
    match implementation.kind() {
        Some(SourceKind::Cubin) => Ok(Image::Cubin(bytes.clone())),
        Some(SourceKind::Ptx) => text().map(Image::Ptx),
        Some(SourceKind::Cuda) | None => {
            let target = (gpu.capability, implementation.architecture.capability().1);
            let include = toolkit_headers(&gpu.nvrtc.path).map(|folder| format!("-I{}", folder.display()));
            let options: Vec<String> = options.iter().cloned().chain(include).collect();
            gpu.nvrtc.compile(source, &text()?, target, &options, &headers(kernel)).map_err(EvaluatorError::Failed)
        }
    }
}

/// The compiler's options: the storage of tensors, and the manifest's macros.
fn options(implementation: &Implementation, element: Element, variables: &Variables) -> Result<Vec<String>, String> {
    let mut options = element.options();
    for (name, value) in &implementation.defines {
        let value = value.value(variables).map_err(|e| format!("{}: defines.{name}: {e}", implementation.source))?;
        options.push(format!("-D{name}={value}"));
    }
    Ok(options)
}

/// What a kernel's source may include: our headers, and the files of its own folder.
fn headers(kernel: &Kernel) -> Vec<(String, String)> {
    let own = kernel.files.iter().map(|(name, bytes)| (name.clone(), String::from_utf8_lossy(bytes).into_owned()));
    sources::headers().into_iter().chain(own).collect()
}

/// The toolkit's headers beside a run-time compiler, for kernels that include `cuda_fp16.h` and the like.
fn toolkit_headers(nvrtc: &Path) -> Option<PathBuf> {
    let nvrtc = nvrtc.canonicalize().ok()?;
    let folders = nvrtc.ancestors().skip(1).take(4).map(|folder| folder.join("include"));
    folders.into_iter().find(|folder| folder.join("cuda_fp16.h").is_file())
}

fn resources(gpu: &Gpu, function: &CudaFunction, config: LaunchConfig) -> Result<Resources, EvaluatorError> {
    let (x, y, z) = config.block_dim;
    let threads = x * y * z;
    let number = |value: i32| value.unsigned_abs();
    let registers = function.num_regs().during("reading a kernel's registers")?;
    let local = function.local_size_bytes().during("reading a kernel's local memory")?;
    let shared = function.shared_size_bytes().during("reading a kernel's shared memory")?;
    let beside = function
        .occupancy_max_active_blocks_per_multiprocessor(threads, config.shared_mem_bytes as usize, None)
        .during("calculating a kernel's occupancy")?;
    let limit = gpu.context.attribute(Attribute::CU_DEVICE_ATTRIBUTE_MAX_THREADS_PER_MULTIPROCESSOR);
    let limit = number(limit.during("reading a device attribute")?);
    let (grid_x, grid_y, grid_z) = config.grid_dim;
    Ok(Resources {
        registers: number(registers),
        local_bytes: number(local),
        shared_bytes: number(shared) + config.shared_mem_bytes,
        block_threads: threads,
        blocks: u64::from(grid_x) * u64::from(grid_y) * u64::from(grid_z),
        occupancy: f64::from(beside * threads) / f64::from(limit.max(1)),
    })
}

fn bound(
    gpu: &Gpu,
    argument: &kernel::Argument,
    element: Element,
    binding: &Binding,
    variables: &Variables,
    scratch: &mut Vec<Buffer>,
) -> Result<Argument, EvaluatorError> {
    let failed = |reason: String| EvaluatorError::Failed(format!("arguments: {reason}"));
    let operand = |name: &str| match name {
        "output" => Ok(binding.output),
        _ => binding.operands.get(name).copied().ok_or_else(|| {
            let known = binding.operands.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
            failed(format!("the workload has no tensor `{name}`; it has {known}"))
        }),
    };
    let factors = |name: &str| {
        let operand = operand(name)?;
        operand.factors.ok_or_else(|| failed(format!("`{name}` is not stored as int8 and has no factors")))
    };
    match argument {
        kernel::Argument::Input { name, optional: true } => {
            Ok(Argument::Word(binding.operands.get(name).map_or(0, |operand| operand.address)))
        }
        kernel::Argument::Input { name, .. } => operand(name).map(|operand| Argument::Word(operand.address)),
        kernel::Argument::InputFactors { name } => factors(name).map(Argument::Word),
        kernel::Argument::Output => Ok(Argument::Word(binding.output.address)),
        kernel::Argument::OutputFactors => factors("output").map(Argument::Word),
        kernel::Argument::U32 { value } => {
            let value = value.count(variables, u32::MAX.into()).map_err(failed)?;
            Ok(Argument::U32(u32::try_from(value).unwrap_or(u32::MAX)))
        }
        kernel::Argument::U64 { value } => value.count(variables, u64::MAX).map(Argument::Word).map_err(failed),
        kernel::Argument::F32 { value } => {
            value.value(variables).map(|value| Argument::F32(value as f32)).map_err(failed)
        }
        kernel::Argument::Scratch { bytes } => {
            let bytes = bytes.count(variables, 1 << 40).map_err(failed)?;
            let buffer = Buffer::guarded(gpu, usize::try_from(bytes).unwrap_or(usize::MAX))?;
            let address = buffer.address;
            scratch.push(buffer);
            Ok(Argument::Word(address))
        }
        kernel::Argument::TensorMap { name, dimensions, extents, swizzle } => {
            let operand = operand(name)?;
            let numbers = |expressions: &[kernel::Expression]| -> Result<Vec<u64>, String> {
                expressions.iter().map(|expression| expression.count(variables, 1 << 40)).collect()
            };
            let (dimensions, extents) = (numbers(dimensions).map_err(failed)?, numbers(extents).map_err(failed)?);
            tensor_map(operand, element, &dimensions, &extents, *swizzle).map(Argument::Map)
        }
    }
}

fn tensor_map(
    operand: Operand,
    element: Element,
    dimensions: &[u64],
    extents: &[u64],
    swizzle: u32,
) -> Result<TensorMap, EvaluatorError> {
    let failed = |reason: String| EvaluatorError::Failed(format!("tensor map: {reason}"));
    let covered = dimensions.iter().try_fold(1_u64, |product, extent| product.checked_mul(*extent));
    if covered.is_none_or(|elements| elements > operand.elements) {
        return Err(failed(format!("{dimensions:?} is more than the {} elements of the tensor", operand.elements)));
    }
    if extents.iter().any(|extent| !(1..=256).contains(extent)) {
        return Err(failed(format!("a box of {extents:?}; each extent must be 1 to 256")));
    }
    let mut strides = Vec::new();
    let mut stride = element.bytes() as u64;
    for extent in dimensions {
        stride *= extent;
        strides.push(stride);
    }
    if dimensions.len() > 1 && strides.iter().take(dimensions.len() - 1).any(|stride| !stride.is_multiple_of(16)) {
        return Err(EvaluatorError::Unsupported(format!(
            "the copy engine takes rows in steps of 16 bytes, not {strides:?}"
        )));
    }
    let extents: Vec<u32> = extents.iter().filter_map(|extent| u32::try_from(*extent).ok()).collect();
    let steps = vec![1_u32; dimensions.len()];
    let mut map = TensorMap(sys::CUtensorMap { opaque: [0; 16] });
    // SAFETY: all arrays are as long as the rank; the map describes memory inside the tensor.
    let status = unsafe {
        sys::cuTensorMapEncodeTiled(
            &mut map.0,
            match element {
                Element::F32 => sys::CUtensorMapDataType::CU_TENSOR_MAP_DATA_TYPE_FLOAT32,
                Element::F16 => sys::CUtensorMapDataType::CU_TENSOR_MAP_DATA_TYPE_FLOAT16,
                Element::Bf16 => sys::CUtensorMapDataType::CU_TENSOR_MAP_DATA_TYPE_BFLOAT16,
            },
            u32::try_from(dimensions.len()).unwrap_or(0),
            operand.address as usize as *mut std::ffi::c_void,
            dimensions.as_ptr(),
            strides.as_ptr(),
            extents.as_ptr(),
            steps.as_ptr(),
            sys::CUtensorMapInterleave::CU_TENSOR_MAP_INTERLEAVE_NONE,
            match swizzle {
                32 => sys::CUtensorMapSwizzle::CU_TENSOR_MAP_SWIZZLE_32B,
                64 => sys::CUtensorMapSwizzle::CU_TENSOR_MAP_SWIZZLE_64B,
                128 => sys::CUtensorMapSwizzle::CU_TENSOR_MAP_SWIZZLE_128B,
                _ => sys::CUtensorMapSwizzle::CU_TENSOR_MAP_SWIZZLE_NONE,
            },
            sys::CUtensorMapL2promotion::CU_TENSOR_MAP_L2_PROMOTION_L2_128B,
            sys::CUtensorMapFloatOOBfill::CU_TENSOR_MAP_FLOAT_OOB_FILL_NONE,
        )
    };
    status.result().during("encoding a tensor map")?;
    Ok(map)
}
