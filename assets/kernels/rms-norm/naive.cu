// The obvious version: a block a row, one element at a time, two passes over memory.
#include "assay.cuh"

extern "C" __global__ void rms_norm_naive(const T* x, const T* residual, const T* weight, T* out, u32 columns,
                                          float epsilon) {
    const u64 row = u64(blockIdx.x) * columns;
    float squares = 0.0f;
    for (u32 i = threadIdx.x; i < columns; i += blockDim.x) {
        const float s = to_float(x[row + i]) + (RESIDUAL ? to_float(residual[row + i]) : 0.0f);
        squares += s * s;
    }
    const float factor = rsqrtf(block_sum(squares) / columns + epsilon);
    for (u32 i = threadIdx.x; i < columns; i += blockDim.x) {
        const float s = to_float(x[row + i]) + (RESIDUAL ? to_float(residual[row + i]) : 0.0f);
        out[row + i] = from_float(s * factor * to_float(weight[i]));
    }
}
