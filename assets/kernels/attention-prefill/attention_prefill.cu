// Flash attention, forward, on Hopper's tensor cores: q [batch, queries, heads * D], k and v [batch, keys, kv_heads * D].
//
// A block takes 128 queries of one head. One thread keeps the copy engine ahead with 128 keys and 128 values at a time; two
// warpgroups take 64 queries each. The scores of the next keys are multiplied while the softmax of these runs, and the
// other warpgroup's products fill what is left (the schedule of Shah et al. 2024, "FlashAttention-3").
#include "assay.cuh"
#include "hopper.cuh"

// Defined by the manifest: D, elements of a head (64 or 128); STAGES, tiles of keys on their way; TOGETHER, heads whose
// blocks are started together, so that their keys and values stay in the L2 cache.

const int ROWS = 128, KEYS = 128, MULTIPLIERS = 2, HALVES = D / 64;
const u32 Q_BYTES = ROWS * D * 2, TILE = KEYS * D * 2, Q_BLOCK = ROWS * 128, BLOCK = KEYS * 128;

DEVICE float quad_max(float x) {
    x = fmaxf(x, __shfl_xor_sync(FULL_WARP, x, 1));
    return fmaxf(x, __shfl_xor_sync(FULL_WARP, x, 2));
}
DEVICE float quad_sum(float x) {
    x += __shfl_xor_sync(FULL_WARP, x, 1);
    return x + __shfl_xor_sync(FULL_WARP, x, 2);
}

DEVICE void scores(float (&s)[KEYS / 2], u32 q, u32 keys) {
#pragma unroll
    for (int i = 0; i < D / 16; ++i) {
        multiply_128<0>(s, along_rows(q + i / 4 * Q_BLOCK + i % 4 * 32), along_rows(keys + i / 4 * BLOCK + i % 4 * 32), i > 0);
    }
}

DEVICE void weighted(float (&o)[D / 2], const u32 (&p)[KEYS / 16][4], u32 values, bool add) {
#pragma unroll
    for (int i = 0; i < KEYS / 16; ++i) {
#if D == 128
        multiply_128<1>(o, p[i], across_rows(values + i * 2048, BLOCK), add || i > 0);
#else
        multiply_64<1>(o, p[i], across_rows(values + i * 2048, BLOCK), add || i > 0);
#endif
    }
}

extern "C" __global__ void __launch_bounds__(128 * (MULTIPLIERS + 1), 1)
attention_prefill(const __grid_constant__ TensorMap q, const __grid_constant__ TensorMap k,
                  const __grid_constant__ TensorMap v, T* out, u32 queries, u32 keys, u32 heads, u32 kv_heads,
                  u32 batch, u32 causal, float scale) {
    extern __shared__ __align__(1024) unsigned char shared[];
    const u32 q_tile = shared_address(shared), k_tiles = q_tile + Q_BYTES, v_tiles = k_tiles + STAGES * TILE;
    const u32 q_full = v_tiles + STAGES * TILE, k_full = q_full + 8, v_full = k_full + STAGES * 8;
    const u32 k_empty = v_full + STAGES * 8, v_empty = k_empty + STAGES * 8;
    const int group = threadIdx.x / 128;

    // Blocks in order: some heads together, in them the longest rows of a causal mask first.
    const u32 q_tiles = (queries + ROWS - 1) / ROWS, all_heads = heads * batch;
    const u32 per_chunk = TOGETHER * q_tiles, chunk = blockIdx.x / per_chunk, rest = blockIdx.x % per_chunk;
    const u32 together = min(u32(TOGETHER), all_heads - chunk * TOGETHER);
    const u32 any_head = chunk * TOGETHER + rest % together;
    const int head = any_head % heads, sequence = any_head / heads;
    const int first = int(q_tiles - 1 - rest / together) * ROWS;
    const int kv_head = int(u64(head) * kv_heads / heads);
    const int offset = int(keys) - int(queries);
    const int end = causal ? min(int(keys), first + ROWS + offset) : int(keys);
    const int tiles = (end + KEYS - 1) / KEYS;

    if (threadIdx.x == 0) {
        barrier_init(q_full, 1);
        for (int i = 0; i < STAGES; ++i) {
            barrier_init(k_full + i * 8, 1);
            barrier_init(v_full + i * 8, 1);
            barrier_init(k_empty + i * 8, MULTIPLIERS * 4);
            barrier_init(v_empty + i * 8, MULTIPLIERS * 4);
        }
        barrier_init_fence();
    }
    __syncthreads();

    if (group == 0) {
        give_registers<24>();
        if (threadIdx.x == 0) {
            barrier_expect(q_full, Q_BYTES);
#pragma unroll
            for (int i = 0; i < HALVES; ++i) copy_box(q_tile + i * Q_BLOCK, q, q_full, head * D + i * 64, first, sequence);
            int stage = 0;
            u32 phase = 0;
            for (int tile = tiles - 1; tile >= 0; --tile) {
                barrier_wait(k_empty + stage * 8, phase ^ 1);
                barrier_expect(k_full + stage * 8, TILE);
#pragma unroll
                for (int i = 0; i < HALVES; ++i) {
                    copy_box(k_tiles + stage * TILE + i * BLOCK, k, k_full + stage * 8, kv_head * D + i * 64, tile * KEYS, sequence);
                }
                barrier_wait(v_empty + stage * 8, phase ^ 1);
                barrier_expect(v_full + stage * 8, TILE);
#pragma unroll
                for (int i = 0; i < HALVES; ++i) {
                    copy_box(v_tiles + stage * TILE + i * BLOCK, v, v_full + stage * 8, kv_head * D + i * 64, tile * KEYS, sequence);
                }
                if (++stage == STAGES) stage = 0, phase ^= 1;
            }
        }
    } else {
        take_registers<240>();
        const int warp = threadIdx.x / 32 % 4, lane = threadIdx.x % 32;
        const u32 q_rows = q_tile + (group - 1) * 64 * 128;
        const int row = first + (group - 1) * 64 + warp * 16 + lane / 4;
        float s[KEYS / 2], o[D / 2];
        u32 p[KEYS / 16][4];
        float maximum[2] = {-INF, -INF}, total[2] = {0.0f, 0.0f}, shrink[2];
        int k_stage = 0, v_stage = 0;
        u32 k_phase = 0, v_phase = 0;

        // Masks the scores of a tile and turns them into weights.
        const auto softmax = [&](int tile) {
            const int start = tile * KEYS;
            if (start + KEYS > int(keys) || (causal && start + KEYS - 1 > first + (group - 1) * 64 + offset)) {
#pragma unroll
                for (int i = 0; i < KEYS / 2; ++i) {
                    const int key = start + i / 4 * 8 + lane % 4 * 2 + i % 2, query = row + i / 2 % 2 * 8;
                    if (key >= int(keys) || (causal && key > query + offset)) s[i] = -INF;
                }
            }
#pragma unroll
            for (int half = 0; half < 2; ++half) {
                float highest = -INF;
#pragma unroll
                for (int i = 0; i < KEYS / 8; ++i) highest = fmaxf(highest, fmaxf(s[4 * i + 2 * half], s[4 * i + 2 * half + 1]));
                highest = fmaxf(maximum[half], quad_max(highest));
                // Nothing visible yet: keep exp(-inf - -inf) away.
                const float base = highest == -INF ? 0.0f : highest * scale;
                shrink[half] = power_of_two(maximum[half] * scale - base);
                maximum[half] = highest;
                float sum = 0.0f;
#pragma unroll
                for (int i = 0; i < KEYS / 8; ++i) {
#pragma unroll
                    for (int j = 2 * half; j < 2 * half + 2; ++j) {
                        s[4 * i + j] = power_of_two(s[4 * i + j] * scale - base);
                        sum += s[4 * i + j];
                    }
                }
                total[half] = total[half] * shrink[half] + sum; // each lane its own columns until the end
            }
        };
        const auto store_weights = [&]() {
#pragma unroll
            for (int i = 0; i < KEYS / 16; ++i)
#pragma unroll
                for (int j = 0; j < 4; ++j) p[i][j] = pack2(s[8 * i + 2 * j], s[8 * i + 2 * j + 1]);
        };

        barrier_wait(q_full, 0);
        barrier_wait(k_full + k_stage * 8, k_phase);
        products_begin();
        scores(s, q_rows, k_tiles + k_stage * TILE);
        products_commit();
        products_wait<0>();
        if (lane == 0) barrier_arrive(k_empty + k_stage * 8);
        if (++k_stage == STAGES) k_stage = 0, k_phase ^= 1;
        softmax(tiles - 1);
        store_weights();
        bool started = false;
        for (int tile = tiles - 2; tile >= 0; --tile) {
            barrier_wait(k_full + k_stage * 8, k_phase);
            products_begin();
            scores(s, q_rows, k_tiles + k_stage * TILE);
            products_commit();
            barrier_wait(v_full + v_stage * 8, v_phase);
            weighted(o, p, v_tiles + v_stage * TILE, started);
            products_commit();
            started = true;
            products_wait<1>();
            if (lane == 0) barrier_arrive(k_empty + k_stage * 8);
            if (++k_stage == STAGES) k_stage = 0, k_phase ^= 1;
            softmax(tile);
            products_wait<0>();
            if (lane == 0) barrier_arrive(v_empty + v_stage * 8);
            if (++v_stage == STAGES) v_stage = 0, v_phase ^= 1;
#pragma unroll
            for (int i = 0; i < D / 2; ++i) o[i] *= shrink[i / 2 % 2];
            store_weights();
        }
        barrier_wait(v_full + v_stage * 8, v_phase);
        products_begin();
        weighted(o, p, v_tiles + v_stage * TILE, started);
        products_commit();
        products_wait<0>();

        const u64 stride = u64(heads) * D;
        T* to = out + (u64(sequence) * queries + row) * stride + u64(head) * D + lane % 4 * 2;
#pragma unroll
        for (int half = 0; half < 2; ++half) {
            const float sum = quad_sum(total[half]);
            const float factor = sum > 0.0f ? 1.0f / sum : 0.0f;
            if (row + half * 8 < int(queries)) {
#pragma unroll
                for (int i = 0; i < D / 8; ++i) {
                    *reinterpret_cast<u32*>(to + half * 8 * stride + i * 8) =
                        pack2(o[4 * i + 2 * half] * factor, o[4 * i + 2 * half + 1] * factor);
                }
            }
        }
    }
}
