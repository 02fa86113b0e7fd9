// Rows of [rows, PACKS * V] to int8 with one factor a row, its largest magnitude over 127. Each element is read once.
#include "assay.cuh"
#include "rows.cuh"

// The nearest integer of |x| <= 127, ties to even, in the low byte: adding 1.5 * 2^23 leaves no room for a fraction.
DEVICE u32 nearest(float x, float scale) { return __float_as_uint(fmaf(x, scale, 12582912.0f)); }
DEVICE u32 bytes(const float* x, float scale) {
    const u32 low = __byte_perm(nearest(x[0], scale), nearest(x[1], scale), 0x0040);
    const u32 high = __byte_perm(nearest(x[2], scale), nearest(x[3], scale), 0x0040);
    return __byte_perm(low, high, 0x5410);
}

extern "C" __global__ void __launch_bounds__(THREADS) quantise(const T* x, signed char* out, float* factors, u32 rows) {
    extern __shared__ __align__(16) unsigned char shared[];
    __shared__ Exchange<float> exchange;
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
        take(stream, row, stage, 0.0f, e);
        fetch(stream, ahead, ahead < rows, stage);
        commit_copies();
        stage = STAGES > 1 ? (stage + 1) % STAGES : 0;
        float largest = 0.0f;
#pragma unroll
        for (int j = 0; j < HELD; ++j)
#pragma unroll
            for (int v = 0; v < V; ++v) largest = fmaxf(largest, fabsf(e[j][v]));
        largest = join_all<true>(exchange, parity, largest);
        if (threadIdx.x == 0) factors[row] = largest * (1.0f / 127.0f);
        const float scale = largest > 0.0f ? 127.0f / largest : 0.0f;
#pragma unroll
        for (int j = 0; j < HELD; ++j) {
            const u32 i = threadIdx.x + j * THREADS;
            if (i < PACKS) {
                signed char* to = out + (row * PACKS + i) * V;
#if V == 8
                __stcs(reinterpret_cast<uint2*>(to), make_uint2(bytes(e[j], scale), bytes(e[j] + 4, scale)));
#else
                __stcs(reinterpret_cast<u32*>(to), bytes(e[j], scale));
#endif
            }
        }
    }
}
