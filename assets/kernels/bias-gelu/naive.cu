// The obvious version: one element a thread, and the library's erf.
#include "assay.cuh"

extern "C" __global__ void bias_gelu_naive(const T* x, const T* bias, const T* residual, T* out, u64 count, u32 columns) {
    const u64 i = u64(blockIdx.x) * blockDim.x + threadIdx.x;
    if (i >= count) return;
    const float v = to_float(x[i]) + to_float(bias[i % columns]);
    const float activated = 0.5f * v * (1.0f + erff(v * 0.70710678f));
    out[i] = from_float(activated + (RESIDUAL ? to_float(residual[i]) : 0.0f));
}
