// out = softmax over the columns of x [rows, PACKS * V]. One pass over memory and one barrier a row: each thread takes the
// maximum of its own elements, its exponentials and their sum; the threads' pairs are joined once (Milakov and Gimelshein
// 2018, "Online normalizer calculation for softmax"), and what is left of each thread's result is one factor.
#include "assay.cuh"
#include "rows.cuh"

const float LOG2_E = 1.4426950408889634f;

DEVICE float2 join(float2 a, float2 b) {
    const float highest = fmaxf(a.x, b.x);
    // Nothing seen on either side: keep exp(-inf - -inf) away.
    const float base = highest == -INF ? 0.0f : highest;
    return make_float2(highest, a.y * power_of_two((a.x - base) * LOG2_E) + b.y * power_of_two((b.x - base) * LOG2_E));
}

extern "C" __global__ void __launch_bounds__(THREADS) softmax(const T* x, T* out, u32 rows) {
    extern __shared__ __align__(16) unsigned char shared[];
    __shared__ Exchange<float2> exchange;
    const Stream stream = {x, shared_address(shared) + threadIdx.x * 16};
    const int warp = threadIdx.x / 32, lane = threadIdx.x % 32;
    u64 ahead = blockIdx.x;
    for (int stage = 0; stage < STAGES; ++stage, ahead += gridDim.x) {
        fetch(stream, ahead, ahead < rows, stage);
        commit_copies();
    }
    int stage = 0, parity = 0;
    for (u64 row = blockIdx.x; row < rows; row += gridDim.x, ahead += gridDim.x, parity ^= 1) {
        wait_copies<STAGES - 1>();
        float e[HELD][V];
        take(stream, stage, -INF, e);
        fetch(stream, ahead, ahead < rows, stage);
        commit_copies();
        stage = (stage + 1) % STAGES;
        float2 own = make_float2(-INF, 0.0f);
#pragma unroll
        for (int j = 0; j < HELD; ++j)
#pragma unroll
            for (int v = 0; v < V; ++v) own.x = fmaxf(own.x, e[j][v]);
        const float base = own.x == -INF ? 0.0f : own.x * LOG2_E;
#pragma unroll
        for (int j = 0; j < HELD; ++j)
#pragma unroll
            for (int v = 0; v < V; ++v) {
                e[j][v] = power_of_two(e[j][v] * LOG2_E - base);
                own.y += e[j][v];
            }
        float2 all = own;
#pragma unroll
        for (int offset = 16; offset > 0; offset >>= 1) {
            all = join(all, make_float2(__shfl_xor_sync(FULL_WARP, all.x, offset), __shfl_xor_sync(FULL_WARP, all.y, offset)));
        }
        if (WARPS > 1) {
            if (lane == 0) exchange.parts[parity][warp] = all;
            __syncthreads();
            all = exchange.parts[parity][0];
#pragma unroll
            for (int i = 1; i < WARPS; ++i) all = join(all, exchange.parts[parity][i]);
        }
        const float factor = power_of_two((own.x - all.x) * LOG2_E) / all.y;
#pragma unroll
        for (int j = 0; j < HELD; ++j) {
            const u32 i = threadIdx.x + j * THREADS;
            if (i < PACKS) {
#pragma unroll
                for (int v = 0; v < V; ++v) e[j][v] *= factor;
                store_once(out + (row * PACKS + i) * V, pack(e[j]));
            }
        }
    }
}
