// The obvious version: tiles of 16 x 16 in shared memory, one result a thread, no tensor cores.
#include "assay.cuh"

extern "C" __global__ void linear_gelu_naive(const T* x, const T* w, const T* bias, T* out, u32 m, u32 n, u32 k) {
    __shared__ float a[16][17], b[16][17];
    const u32 row = blockIdx.y * 16 + threadIdx.y, column = blockIdx.x * 16 + threadIdx.x;
    float sum = 0.0f;
    for (u32 start = 0; start < k; start += 16) {
        const u32 across = start + threadIdx.x, down = start + threadIdx.y;
        a[threadIdx.y][threadIdx.x] = row < m && across < k ? to_float(x[u64(row) * k + across]) : 0.0f;
        b[threadIdx.y][threadIdx.x] = column < n && down < k ? to_float(w[u64(down) * n + column]) : 0.0f;
        __syncthreads();
#pragma unroll
        for (int i = 0; i < 16; ++i) sum += a[threadIdx.y][i] * b[i][threadIdx.x];
        __syncthreads();
    }
    if (row < m && column < n) out[u64(row) * n + column] = from_float(gelu(sum + to_float(bias[column])));
}
