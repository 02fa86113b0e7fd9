//! Dense products through cuBLASLt: every algorithm its heuristics propose is timed, the fastest is kept and recorded.

use std::ffi::c_void;
use std::sync::Arc;

use assay_core::EvaluatorError;

use crate::cublaslt::{Algorithm, CublasLt, Heuristic, Opaque, attribute, compute, data_type};
use crate::errors::During as _;
use crate::gpu::{Buffer, Gpu, WORKSPACE_BYTES};
use crate::plan::Work;

/// Algorithms asked for and timed.
const CANDIDATES: usize = 8;
/// Timed executions of each; the shortest counts.
const REPETITIONS: usize = 4;
/// Relative difference of times that is no difference.
const SAME: f32 = 0.01;

/// How operands are stored and multiplied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Precision {
    /// Of both operands.
    pub(crate) input: i32,
    pub(crate) output: i32,
    pub(crate) compute: i32,
    /// Of the scalars alpha and beta.
    pub(crate) scale: i32,
}

impl Precision {
    pub(crate) const FP32: Self =
        Self { input: data_type::F32, output: data_type::F32, compute: compute::F32, scale: data_type::F32 };
    pub(crate) const TF32: Self = Self { compute: compute::F32_FAST_TF32, ..Self::FP32 };
    pub(crate) const FP16: Self = Self { input: data_type::F16, output: data_type::F16, ..Self::FP32 };
    pub(crate) const BF16: Self = Self { input: data_type::BF16, output: data_type::BF16, ..Self::FP32 };
    pub(crate) const FP8: Self = Self { input: data_type::F8_E4M3, output: data_type::BF16, ..Self::FP32 };
    pub(crate) const FP64: Self =
        Self { input: data_type::F64, output: data_type::F64, compute: compute::F64, scale: data_type::F64 };
    pub(crate) const INT8: Self =
        Self { input: data_type::I8, output: data_type::I32, compute: compute::I32, scale: data_type::I32 };

    fn label(self) -> &'static str {
        match (self.input, self.compute) {
            (data_type::F32, compute::F32_FAST_TF32) => "fp32 as tf32",
            (data_type::F64, _) => "fp64",
            (data_type::F32, _) => "fp32",
            (data_type::F16, _) => "fp16, fp32 accumulation",
            (data_type::BF16, _) => "bf16, fp32 accumulation",
            (data_type::F8_E4M3, _) => "fp8 e4m3, fp32 accumulation, bf16 result",
            _ => "int8, int32 accumulation",
        }
    }
}

/// What is done to each result before it is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Epilogue {
    None,
    /// Adds the bias, one number a column, at this address.
    Bias(u64),
    /// Adds the bias and takes `max(x, 0)`.
    ReluBias(u64),
}

/// `out [m, n] = epilogue(x [m, k] w)`, row-major.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Product {
    pub(crate) m: usize,
    pub(crate) n: usize,
    pub(crate) k: usize,
    /// Whether `w` is stored `[n, k]` instead of `[k, n]`.
    pub(crate) transposed: bool,
    pub(crate) precision: Precision,
    pub(crate) epilogue: Epilogue,
    pub(crate) x: u64,
    pub(crate) w: u64,
    pub(crate) out: u64,
    /// Addresses of fp32 factors of `x` and `w`, for fp8.
    pub(crate) scales: Option<(u64, u64)>,
}

/// A descriptor of cuBLASLt's with its destructor.
struct Owned {
    raw: Opaque,
    destroy: unsafe extern "C" fn(Opaque) -> i32,
}

impl Drop for Owned {
    fn drop(&mut self) {
        // SAFETY: made by the matching `create`, destroyed once; the library is never unloaded. Nobody to tell a failure.
        unsafe { (self.destroy)(self.raw) };
    }
}

/// A product that is ready to be enqueued.
pub(crate) struct Gemm {
    product: Product,
    library: Arc<CublasLt>,
    handle: Opaque,
    descriptor: Owned,
    /// Of `w`, `x` and the result as cuBLASLt sees them.
    layouts: [Owned; 3],
    algorithm: Algorithm,
    workspace: Arc<Buffer>,
}

impl Gemm {
    /// The product with the algorithm that is fastest among those cuBLASLt proposes, and a line that tells the choice.
    /// Timing them writes to `product.out`.
    ///
    /// # Errors
    /// When cuBLASLt cannot compute the product.
    pub(crate) fn tuned(gpu: &Gpu, product: Product, workspace: Arc<Buffer>) -> Result<(Self, String), EvaluatorError> {
        let mut gemm = Self::with_algorithm(gpu, product, workspace, Algorithm([0; 8]))?;
        let candidates = heuristics(gpu, &gemm.library, &gemm.descriptor, &gemm.layouts)?;
        let count = candidates.len();
        let mut timed: Vec<(f32, Heuristic)> = Vec::new();
        let mut failure = None;
        for candidate in candidates {
            gemm.algorithm = candidate.algorithm;
            match gemm.time(gpu) {
                Ok(time) => timed.push((time, candidate)),
                Err(error) => failure = Some(error),
            }
        }
        // Of those that are as fast as can be told from so few executions the one that cuBLASLt proposes first, so that
        // the choice is the same in every run.
        let shortest = timed.iter().map(|(time, _)| *time).fold(f32::INFINITY, f32::min);
        let first = timed.first().map(|(time, _)| *time);
        let Some((time, best)) = timed.into_iter().find(|(time, _)| *time <= shortest * (1.0 + SAME)) else {
            let Product { m, n, k, precision, .. } = product;
            return Err(failure.unwrap_or_else(|| {
                EvaluatorError::Failed(format!(
                    "cuBLASLt {} proposes no algorithm for [{m}, {k}] x [{k}, {n}] in {}",
                    gemm.library.version_text(),
                    precision.label()
                ))
            }));
        };
        gemm.algorithm = best.algorithm;
        // What a program gets that takes the first.
        let against = match first {
            Some(first) if first > time => {
                let share = assay_base::format::percent(f64::from(first / time) - 1.0, 1);
                format!("the first of {count} proposed takes {share} longer")
            }
            _ => format!("the first of {count} proposed"),
        };
        let description = format!("{}; {against}", gemm.describe(&best));
        Ok((gemm, description))
    }

    /// The product with an algorithm that was chosen for another of the same shape.
    ///
    /// # Errors
    /// cuBLASLt's.
    pub(crate) fn with_algorithm(
        gpu: &Gpu,
        product: Product,
        workspace: Arc<Buffer>,
        algorithm: Algorithm,
    ) -> Result<Self, EvaluatorError> {
        gpu.context.bind_to_thread().during("binding the context")?;
        let library = gpu.cublaslt.clone();
        let Product { m, n, k, transposed, precision, .. } = product;
        let descriptor = descriptor(&library, &product)?;
        // cuBLAS is column-major: a row-major matrix is its transpose there, and (x w)ᵀ = wᵀ xᵀ.
        let (w_rows, w_columns) = if transposed { (k, n) } else { (n, k) };
        let layouts = [
            layout(&library, precision.input, w_rows, w_columns)?,
            layout(&library, precision.input, k, m)?,
            layout(&library, precision.output, n, m)?,
        ];
        Ok(Self { product, handle: gpu.handle(), descriptor, layouts, algorithm, workspace, library })
    }

    /// Operations, and bytes of both operands and the result.
    pub(crate) fn work(&self) -> Work {
        let Product { m, n, k, precision, .. } = self.product;
        let (m, n, k) = (m as f64, n as f64, k as f64);
        let (input, output) = (data_type::bytes(precision.input), data_type::bytes(precision.output));
        Work::known(2.0 * m * n * k, (m * k + k * n) * input + m * n * output)
    }

    /// The algorithm in use.
    pub(crate) fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// Enqueues the product.
    ///
    /// # Errors
    /// cuBLASLt's.
    pub(crate) fn enqueue(&self, gpu: &Gpu) -> Result<(), EvaluatorError> {
        let (one, zero) = (1.0_f32, 0.0_f32);
        let (integer_one, integer_zero) = (1_i32, 0_i32);
        let (double_one, double_zero) = (1.0_f64, 0.0_f64);
        let (alpha, beta): (*const c_void, *const c_void) = match self.product.precision.scale {
            data_type::I32 => ((&raw const integer_one).cast(), (&raw const integer_zero).cast()),
            data_type::F64 => ((&raw const double_one).cast(), (&raw const double_zero).cast()),
            _ => ((&raw const one).cast(), (&raw const zero).cast()),
        };
        let pointer = |address: u64| address as usize as *mut c_void;
        let [w, x, out] = &self.layouts;
        // SAFETY: the scalars are read during the call; the device memory is as large as the layouts say and outlives
        // the work, which its owner waits for.
        let status = unsafe {
            (self.library.matmul)(
                self.handle,
                self.descriptor.raw,
                alpha,
                pointer(self.product.w),
                w.raw,
                pointer(self.product.x),
                x.raw,
                beta,
                pointer(self.product.out),
                out.raw,
                pointer(self.product.out),
                out.raw,
                &self.algorithm,
                self.workspace.pointer(),
                WORKSPACE_BYTES,
                gpu.stream.cu_stream().cast(),
            )
        };
        self.library.check(status, "cublasLtMatmul").map_err(EvaluatorError::Failed)
    }

    /// The shortest of a few executions, in milliseconds.
    fn time(&self, gpu: &Gpu) -> Result<f32, EvaluatorError> {
        let (start, end) = (gpu.event()?, gpu.event()?);
        self.enqueue(gpu)?;
        let mut shortest = f32::INFINITY;
        for _ in 0..REPETITIONS {
            start.record(&gpu.stream).during("recording an event")?;
            self.enqueue(gpu)?;
            end.record(&gpu.stream).during("recording an event")?;
            shortest = shortest.min(start.elapsed_ms(&end).during("timing a matrix product")?);
        }
        Ok(shortest)
    }

    fn describe(&self, chosen: &Heuristic) -> String {
        let get = |attribute: i32| -> String {
            let (mut value, mut written) = (0_u32, 0_usize);
            let bytes = if attribute == attribute::ALGORITHM_CLUSTER { 2 } else { 4 };
            // SAFETY: the attribute is as wide as that; a narrow one leaves the upper half zero.
            let status = unsafe {
                (self.library.algorithm_get)(&chosen.algorithm, attribute, (&raw mut value).cast(), bytes, &mut written)
            };
            if status == 0 && written > 0 { value.to_string() } else { "?".to_owned() }
        };
        let Product { m, n, k, precision, transposed, .. } = self.product;
        format!(
            "[{m}, {k}] x [{k}, {n}]{} {}: algorithm {} tile {} stages {} cluster {} split-k {}, workspace {} B, \
             {:.2} waves",
            if transposed { " (weights transposed)" } else { "" },
            precision.label(),
            get(attribute::ALGORITHM_ID),
            get(attribute::ALGORITHM_TILE),
            get(attribute::ALGORITHM_STAGES),
            get(attribute::ALGORITHM_CLUSTER),
            get(attribute::ALGORITHM_SPLIT_K),
            chosen.workspace_bytes,
            chosen.waves,
        )
    }
}

fn descriptor(library: &CublasLt, product: &Product) -> Result<Owned, EvaluatorError> {
    let mut raw = std::ptr::null_mut();
    // SAFETY: writes the descriptor on success.
    let status = unsafe { (library.desc_create)(&mut raw, product.precision.compute, product.precision.scale) };
    library.check(status, "cublasLtMatmulDescCreate").map_err(EvaluatorError::Failed)?;
    let descriptor = Owned { raw, destroy: library.desc_destroy };
    let set = |attribute: i32, value: *const c_void, bytes: usize| {
        // SAFETY: the value is `bytes` long, the width that the attribute has.
        let status = unsafe { (library.desc_set)(raw, attribute, value, bytes) };
        library.check(status, "cublasLtMatmulDescSetAttribute").map_err(EvaluatorError::Failed)
    };
    if product.transposed {
        let transposed = attribute::TRANSPOSED;
        set(attribute::TRANSPOSE_A, (&raw const transposed).cast(), 4)?;
    }
    let epilogue = match product.epilogue {
        Epilogue::None => None,
        Epilogue::Bias(bias) => Some((attribute::EPILOGUE_BIAS, bias)),
        Epilogue::ReluBias(bias) => Some((attribute::EPILOGUE_RELU_BIAS, bias)),
    };
    if let Some((kind, bias)) = epilogue {
        set(attribute::EPILOGUE, (&raw const kind).cast(), 4)?;
        set(attribute::BIAS_POINTER, (&raw const bias).cast(), 8)?;
    }
    if let Some((x, w)) = product.scales {
        set(attribute::A_SCALE_POINTER, (&raw const w).cast(), 8)?;
        set(attribute::B_SCALE_POINTER, (&raw const x).cast(), 8)?;
    }
    Ok(descriptor)
}

/// A dense column-major matrix.
fn layout(library: &CublasLt, data_type: i32, rows: usize, columns: usize) -> Result<Owned, EvaluatorError> {
    let mut raw = std::ptr::null_mut();
    // SAFETY: writes the layout on success.
    let status = unsafe { (library.layout_create)(&mut raw, data_type, rows as u64, columns as u64, rows as i64) };
    library.check(status, "cublasLtMatrixLayoutCreate").map_err(EvaluatorError::Failed)?;
    Ok(Owned { raw, destroy: library.layout_destroy })
}

fn heuristics(
    gpu: &Gpu,
    library: &CublasLt,
    descriptor: &Owned,
    layouts: &[Owned; 3],
) -> Result<Vec<Heuristic>, EvaluatorError> {
    let mut raw = std::ptr::null_mut();
    // SAFETY: writes the preference on success.
    let status = unsafe { (library.preference_create)(&mut raw) };
    library.check(status, "cublasLtMatmulPreferenceCreate").map_err(EvaluatorError::Failed)?;
    let preference = Owned { raw, destroy: library.preference_destroy };
    let bytes = WORKSPACE_BYTES as u64;
    // SAFETY: the attribute is 64 bits wide.
    let status = unsafe {
        (library.preference_set)(preference.raw, attribute::MAX_WORKSPACE_BYTES, (&raw const bytes).cast(), 8)
    };
    library.check(status, "cublasLtMatmulPreferenceSetAttribute").map_err(EvaluatorError::Failed)?;
    let empty = Heuristic { algorithm: Algorithm([0; 8]), workspace_bytes: 0, status: 1, waves: 0.0, reserved: [0; 4] };
    let mut found = vec![empty; CANDIDATES];
    let mut count = 0_i32;
    let [w, x, out] = layouts;
    // SAFETY: all descriptors are alive; the array has room for CANDIDATES results.
    let status = unsafe {
        (library.heuristics)(
            gpu.handle(),
            descriptor.raw,
            w.raw,
            x.raw,
            out.raw,
            out.raw,
            preference.raw,
            CANDIDATES as i32,
            found.as_mut_ptr(),
            &mut count,
        )
    };
    library.check(status, "cublasLtMatmulAlgoGetHeuristic").map_err(EvaluatorError::Failed)?;
    found.truncate(usize::try_from(count).unwrap_or(0));
    found.retain(|h| h.status == 0);
    Ok(found)
}
