// The obvious version: a block a row, one element at a time, two passes over memory.
#include "assay.cuh"

extern "C" __global__ void quantise_naive(const T* x, signed char* out, float* factors, u32 columns) {
    const u64 row = u64(blockIdx.x) * columns;
    float largest = 0.0f;
    for (u32 i = threadIdx.x; i < columns; i += blockDim.x) largest = fmaxf(largest, fabsf(to_float(x[row + i])));
    const float factor = block_max(largest) / 127.0f;
    if (threadIdx.x == 0) factors[blockIdx.x] = factor;
    for (u32 i = threadIdx.x; i < columns; i += blockDim.x) {
        out[row + i] = factor > 0.0f ? (signed char)(rintf(to_float(x[row + i]) / factor)) : 0;
    }
}
