// out = softmax over the columns of x [rows, PACKS * V]. One pass over memory and one barrier a row: each warp takes the
// maximum of its own elements, their exponentials and sum; the warps' pairs are joined once (Milakov and Gimelshein 2018,
// "Online normalizer calculation for softmax"), and what is left to do to a warp's exponentials is one factor.
#include "assay.cuh"
#include "rows.cuh"

const float LOG2_E = 1.4426950408889634f;

// Where a warp has no elements: keeps exp(-inf - -inf) away.
DEVICE float finite(float maximum) { return maximum == -INF ? 0.0f : maximum; }

extern "C" __global__ void __launch_bounds__(THREADS) softmax(const T* x, T* out, u32 rows) {
    extern __shared__ __align__(16) unsigned char shared[];
    __shared__ Exchange<float2> exchange;
    const Stream stream = {x, shared_address(shared) + threadIdx.x * 16};
    u64 ahead = blockIdx.x;
    for (int stage = 0; stage < STAGES; ++stage, ahead += gridDim.x) {
        fetch(stream, ahead, ahead < rows, stage);
        commit_copies();
    }
    int stage = 0, parity = 0;
    for (u64 row = blockIdx.x; row < rows; row += gridDim.x, ahead += gridDim.x, parity ^= 1) {
        wait_copies<(STAGES > 0 ? STAGES - 1 : 0)>();
        float e[HELD][V];
        take(stream, row, stage, -INF, e);
        fetch(stream, ahead, ahead < rows, stage);
        commit_copies();
        stage = STAGES > 1 ? (stage + 1) % STAGES : 0;
        float maximum = -INF, sum = 0.0f;
#pragma unroll
        for (int j = 0; j < HELD; ++j)
#pragma unroll
            for (int v = 0; v < V; ++v) maximum = fmaxf(maximum, e[j][v]);
        maximum = warp_max(maximum) * LOG2_E;
        const float base = finite(maximum);
#pragma unroll
        for (int j = 0; j < HELD; ++j)
#pragma unroll
            for (int v = 0; v < V; ++v) {
                e[j][v] = power_of_two(e[j][v] * LOG2_E - base);
                sum += e[j][v];
            }
        sum = warp_sum(sum);
        float factor = 1.0f;
        if (WARPS > 1) {
            if (threadIdx.x % 32 == 0) exchange.parts[parity][threadIdx.x / 32] = make_float2(maximum, sum);
            __syncthreads();
            const float2 part = exchange.parts[parity][threadIdx.x % WARPS];
            const float highest = finite(join_parts<true>(part.x));
            sum = join_parts<false>(part.y * power_of_two(part.x - highest));
            factor = power_of_two(maximum - highest);
        }
        factor /= sum;
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
