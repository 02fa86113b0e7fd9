// Rows of PACKS times 16 bytes, one block of THREADS a row, that stay in registers between a reduction and the result. The
// block walks over its rows with the copies of the next STAGES rows on their way: a row's place in shared memory is free as
// soon as it is in registers, because each thread copies, waits for and reads only its own packs. Nothing but the reduction
// needs a barrier. Include assay.cuh first.
//
// Defined by the manifest: PACKS, THREADS, STAGES.

const int HELD = (PACKS + THREADS - 1) / THREADS, WARPS = THREADS / 32;

// One stream of rows. `slots` is where this thread's packs lie: STAGES * HELD * THREADS * 16 bytes a stream.
struct Stream {
    const T* rows;
    u32 slots;
};

#if STAGES == 0
// Without copies ahead: a row a block, from memory to registers.
DEVICE void fetch(const Stream&, u64, bool, int) {}

DEVICE void take(const Stream& stream, u64 row, int, float fill, float (&x)[HELD][V]) {
    uint4 raw[HELD];
#pragma unroll
    for (int j = 0; j < HELD; ++j) {
        const u32 i = threadIdx.x + j * THREADS;
        if (i < PACKS) raw[j] = load_once(stream.rows + (row * PACKS + i) * V);
    }
#pragma unroll
    for (int j = 0; j < HELD; ++j) {
        unpack(raw[j], x[j]);
        if (threadIdx.x + j * THREADS >= PACKS) {
#pragma unroll
            for (int v = 0; v < V; ++v) x[j][v] = fill;
        }
    }
}
#else
DEVICE void fetch(const Stream& stream, u64 row, bool there, int stage) {
#pragma unroll
    for (int j = 0; j < HELD; ++j) {
        const u32 i = threadIdx.x + j * THREADS;
        if (there && i < PACKS) {
            copy16(stream.slots + (stage * HELD + j) * THREADS * 16, stream.rows + (row * PACKS + i) * V, true);
        }
    }
}

DEVICE void take(const Stream& stream, u64, int stage, float fill, float (&x)[HELD][V]) {
#pragma unroll
    for (int j = 0; j < HELD; ++j) {
        uint4 raw;
        asm volatile("ld.shared.v4.u32 {%0, %1, %2, %3}, [%4];"
                     : "=r"(raw.x), "=r"(raw.y), "=r"(raw.z), "=r"(raw.w)
                     : "r"(stream.slots + (stage * HELD + j) * THREADS * 16));
        unpack(raw, x[j]);
        if (threadIdx.x + j * THREADS >= PACKS) {
#pragma unroll
            for (int v = 0; v < V; ++v) x[j][v] = fill;
        }
    }
}

#endif

// What the warps tell each other, twice: a warp that is a row ahead writes the other half. Each warp then joins all parts
// by itself, so that there is one barrier.
template <class Value>
struct Exchange {
    Value parts[2][WARPS];
};
// WARPS is a power of two: lanes hold the parts over and over, and joining neighbours log2(WARPS) times joins them all.
template <bool MAXIMUM>
DEVICE float join_parts(float x) {
#pragma unroll
    for (int offset = WARPS / 2; offset > 0; offset >>= 1) {
        const float other = __shfl_xor_sync(FULL_WARP, x, offset);
        x = MAXIMUM ? fmaxf(x, other) : x + other;
    }
    return x;
}
template <bool MAXIMUM>
DEVICE float join_all(Exchange<float>& exchange, int parity, float x) {
    x = MAXIMUM ? warp_max(x) : warp_sum(x);
    if (WARPS == 1) return x;
    if (threadIdx.x % 32 == 0) exchange.parts[parity][threadIdx.x / 32] = x;
    __syncthreads();
    return join_parts<MAXIMUM>(exchange.parts[parity][threadIdx.x % WARPS]);
}
