// out = gelu(x + bias) [+ residual] over [rows, COLUMNS], COLUMNS a multiple of V. A thread keeps its columns' bias in
// registers, walks ROWS rows and has all its loads on their way before it uses the first.
#include "assay.cuh"

// Defined by the manifest: COLUMNS, THREADS, ROWS, RESIDUAL.
extern "C" __global__ void __launch_bounds__(THREADS)
bias_gelu(const T* x, const T* bias, const T* residual, T* out, u64 rows) {
    const u32 column = (blockIdx.y * THREADS + threadIdx.x) * V;
    if (column >= COLUMNS) return;
    const u64 first = u64(blockIdx.x) * ROWS, start = first * COLUMNS + column;
    uint4 raw[ROWS], rest[ROWS];
#pragma unroll
    for (int r = 0; r < ROWS; ++r) {
        if (first + r < rows) {
            raw[r] = load_once(x + start + u64(r) * COLUMNS);
            if (RESIDUAL) rest[r] = load_once(residual + start + u64(r) * COLUMNS);
        }
    }
    float b[V];
    unpack(load16(bias + column), b);
#pragma unroll
    for (int r = 0; r < ROWS; ++r) {
        if (first + r < rows) {
            float a[V];
            unpack(raw[r], a);
#pragma unroll
            for (int v = 0; v < V; ++v) a[v] = gelu(a[v] + b[v]);
            if (RESIDUAL) {
                float c[V];
                unpack(rest[r], c);
#pragma unroll
                for (int v = 0; v < V; ++v) a[v] += c[v];
            }
            store_once(out + start + u64(r) * COLUMNS, pack(a));
        }
    }
}
