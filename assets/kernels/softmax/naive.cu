// The obvious version: a block a row, one element at a time, three passes over memory.
#include "assay.cuh"

extern "C" __global__ void softmax_naive(const T* x, T* out, u32 columns) {
    const u64 row = u64(blockIdx.x) * columns;
    float highest = -INF, sum = 0.0f;
    for (u32 i = threadIdx.x; i < columns; i += blockDim.x) highest = fmaxf(highest, to_float(x[row + i]));
    highest = block_max(highest);
    for (u32 i = threadIdx.x; i < columns; i += blockDim.x) sum += __expf(to_float(x[row + i]) - highest);
    sum = block_sum(sum);
    for (u32 i = threadIdx.x; i < columns; i += blockDim.x) {
        out[row + i] = from_float(__expf(to_float(x[row + i]) - highest) / sum);
    }
}
