// out = weight * s / sqrt(mean(s^2) + epsilon) over the columns of s = x or x + residual, [rows, PACKS * V]. The weights
// of a thread's columns stay in registers over all rows.
#include "assay.cuh"
#include "rows.cuh"

extern "C" __global__ void __launch_bounds__(THREADS)
rms_norm(const T* x, const T* residual, const T* weight, T* out, u32 rows, float epsilon) {
    extern __shared__ __align__(16) unsigned char shared[];
    __shared__ Exchange<float> exchange;
    const u32 slots = shared_address(shared) + threadIdx.x * 16;
    const Stream first = {x, slots}, second = {residual, slots + STAGES * HELD * THREADS * 16};
    u64 ahead = blockIdx.x;
    for (int stage = 0; stage < STAGES; ++stage, ahead += gridDim.x) {
        fetch(first, ahead, ahead < rows, stage);
        if (RESIDUAL) fetch(second, ahead, ahead < rows, stage);
        commit_copies();
    }
    uint4 weights[HELD];
#pragma unroll
    for (int j = 0; j < HELD; ++j) {
        const u32 i = threadIdx.x + j * THREADS;
        weights[j] = i < PACKS ? load16(weight + i * V) : make_uint4(0, 0, 0, 0);
    }
    int stage = 0, parity = 0;
    for (u64 row = blockIdx.x; row < rows; row += gridDim.x, ahead += gridDim.x, parity ^= 1) {
        wait_copies<(STAGES > 0 ? STAGES - 1 : 0)>();
        float s[HELD][V];
        take(first, row, stage, 0.0f, s);
        if (RESIDUAL) {
            float r[HELD][V];
            take(second, row, stage, 0.0f, r);
#pragma unroll
            for (int j = 0; j < HELD; ++j)
#pragma unroll
                for (int v = 0; v < V; ++v) s[j][v] += r[j][v];
        }
        fetch(first, ahead, ahead < rows, stage);
        if (RESIDUAL) fetch(second, ahead, ahead < rows, stage);
        commit_copies();
        stage = STAGES > 1 ? (stage + 1) % STAGES : 0;
        float squares = 0.0f;
#pragma unroll
        for (int j = 0; j < HELD; ++j)
#pragma unroll
            for (int v = 0; v < V; ++v) squares += s[j][v] * s[j][v];
        squares = join_all<false>(exchange, parity, squares);
        const float factor = rsqrtf(squares / (PACKS * V) + epsilon);
#pragma unroll
        for (int j = 0; j < HELD; ++j) {
            const u32 i = threadIdx.x + j * THREADS;
            if (i < PACKS) {
                float w[V];
                unpack(weights[j], w);
#pragma unroll
                for (int v = 0; v < V; ++v) s[j][v] *= factor * w[v];
                store_once(out + (row * PACKS + i) * V, pack(s[j]));
            }
        }
    }
}
