// out = factor * x for rows of int8 [rows, COLUMNS], COLUMNS a multiple of V, and one factor a row. A thread takes V
// columns of ROWS rows and has all its loads on their way before it uses the first; a block goes on in the next ROWS
// rows where it is wider than a row.
#include "assay.cuh"

#if V == 8
typedef uint2 Narrow;
#else
typedef u32 Narrow;
#endif

// Four bytes to floats without the slow conversion: 2^23 + 128 + x has x + 128 as its low byte.
DEVICE void widen(u32 word, float factor, float* to) {
    const u32 biased = word ^ 0x80808080u;
#pragma unroll
    for (int i = 0; i < 4; ++i) {
        to[i] = factor * (__uint_as_float(__byte_perm(biased, 0x4b000000u, 0x7650 + i)) - 8388736.0f);
    }
}

// Defined by the manifest: COLUMNS, THREADS, ROWS; KEEP, whether the result may displace other data from the L2 cache.
extern "C" __global__ void __launch_bounds__(THREADS)
dequantise(const signed char* x, const float* factors, T* out, u64 rows) {
    const u64 across = COLUMNS / V, place = u64(blockIdx.x) * THREADS + threadIdx.x;
    const u64 first = place / across * ROWS, start = first * COLUMNS + place % across * V;
    Narrow raw[ROWS];
    float factor[ROWS];
#pragma unroll
    for (int r = 0; r < ROWS; ++r) {
        if (first + r < rows) {
            raw[r] = __ldcs(reinterpret_cast<const Narrow*>(x + start + u64(r) * COLUMNS));
            factor[r] = __ldg(factors + first + r);
        }
    }
#pragma unroll
    for (int r = 0; r < ROWS; ++r) {
        if (first + r < rows) {
            float wide[V];
#if V == 8
            widen(raw[r].x, factor[r], wide);
            widen(raw[r].y, factor[r], wide + 4);
#else
            widen(raw[r], factor[r], wide);
#endif
            T* to = out + start + u64(r) * COLUMNS;
            if (KEEP) store16(to, pack(wide));
            else store_once(to, pack(wide));
        }
    }
}
