// Attention on tensor cores (mma.sync, compute capability 8.0 and later) for fp16 and bf16: products accumulate in fp32,
// the softmax is fp32, its weights are rounded to the storage format for the second product, as every flash attention does.
// Shapes as in attention.cu.

struct Shape {
    u32 queries, keys, heads, kv_heads, d;
    u32 causal;
    float scale; // log2(e) / sqrt(d): exponentials are powers of two
};

#if ELEMENT != 0

DEVICE void load_matrices(u32 (&r)[4], u32 address) {
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0,%1,%2,%3}, [%4];"
                 : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3]) : "r"(address));
}
DEVICE void load_matrices_transposed(u32 (&r)[4], u32 address) {
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0,%1,%2,%3}, [%4];"
                 : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3]) : "r"(address));
}

// c [16, 8] += a [16, 16] b [16, 8].
DEVICE void multiply(float (&c)[4], const u32 (&a)[4], u32 b0, u32 b1) {
#if ELEMENT == 1
    asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"
#else
    asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"
#endif
                 : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
                 : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
}

// The maximum and sum over the four lanes that hold a row of an mma result.
DEVICE float row_max(float x) {
    x = fmaxf(x, __shfl_xor_sync(FULL_WARP, x, 1));
    return fmaxf(x, __shfl_xor_sync(FULL_WARP, x, 2));
}
DEVICE float row_sum(float x) {
    x += __shfl_xor_sync(FULL_WARP, x, 1);
    return x + __shfl_xor_sync(FULL_WARP, x, 2);
}

// Byte offset of a 16-byte chunk in a tile of rows of D elements. The swizzle spreads the eight rows that ldmatrix reads
// together over all banks.
template <int D>
DEVICE u32 at(u32 row, u32 chunk) { return row * (D * 2) + ((chunk ^ (row & 7)) << 4); }

// Starts copying `ROWS` rows of d elements into a tile; `count` threads take part, this one is number `index`.
template <int D, int ROWS>
DEVICE void stage(u32 tile, const T* base, int rows, u32 d, u64 stride, int index, int count) {
    const int CHUNKS = D / 8;
#pragma unroll
    for (int i = index; i < ROWS * CHUNKS; i += count) {
        const int row = i / CHUNKS, chunk = i % CHUNKS;
        const bool real = row < rows && chunk * 8 < d;
        copy16(tile + at<D>(row, chunk), real ? base + row * stride + chunk * 8 : base, real);
    }
}

// The running softmax of 16 rows and its output, as one warp holds them: lane/4 and lane/4 + 8 are its rows.
template <int D>
struct Rows {
    float result[D / 8][4];
    float maximum[2], total[2];
    DEVICE void clear(Rows& r) {
#pragma unroll
        for (int i = 0; i < D / 8; ++i)
#pragma unroll
            for (int j = 0; j < 4; ++j) r.result[i][j] = 0.0f;
        r.maximum[0] = r.maximum[1] = -INF;
        r.total[0] = r.total[1] = 0.0f;
    }
};

// Scores of TILES times 16 queries against KEYS keys of a tile.
template <int D, int KEYS, int TILES>
DEVICE void score_tile(float (&score)[TILES][KEYS / 8][4], u32 query_tile, u32 first_query, u32 key_tile, u32 lane) {
#pragma unroll
    for (int t = 0; t < TILES; ++t)
#pragma unroll
        for (int i = 0; i < KEYS / 8; ++i)
#pragma unroll
            for (int j = 0; j < 4; ++j) score[t][i][j] = 0.0f;
#pragma unroll
    for (int step = 0; step < D / 16; ++step) {
        u32 a[TILES][4];
#pragma unroll
        for (int t = 0; t < TILES; ++t) {
            load_matrices(a[t], query_tile + at<D>(first_query + t * 16 + lane % 16, step * 2 + lane / 16));
        }
#pragma unroll
        for (int pair = 0; pair < KEYS / 16; ++pair) {
            u32 b[4];
            load_matrices(b, key_tile + at<D>(pair * 16 + lane % 8 + lane / 16 * 8, step * 2 + lane / 8 % 2));
#pragma unroll
            for (int t = 0; t < TILES; ++t) {
                multiply(score[t][2 * pair], a[t], b[0], b[1]);
                multiply(score[t][2 * pair + 1], a[t], b[2], b[3]);
            }
        }
    }
}

// Takes the scores (masked ones are -inf) into the running softmax and adds the weighted values.
template <int D, int KEYS, int TILES>
DEVICE void accumulate(Rows<D> (&rows)[TILES], float (&score)[TILES][KEYS / 8][4], float scale, u32 value_tile,
                       u32 lane) {
#pragma unroll
    for (int t = 0; t < TILES; ++t)
#pragma unroll
        for (int half = 0; half < 2; ++half) {
            float highest = -INF;
#pragma unroll
            for (int i = 0; i < KEYS / 8; ++i) {
                highest = fmaxf(highest, fmaxf(score[t][i][2 * half], score[t][i][2 * half + 1]));
            }
            highest = fmaxf(rows[t].maximum[half], row_max(highest));
            // Nothing visible yet: keep exp(-inf - -inf) away.
            const float base = highest == -INF ? 0.0f : highest * scale;
            const float shrink = power_of_two(rows[t].maximum[half] * scale - base);
            rows[t].maximum[half] = highest;
            float sum = 0.0f;
#pragma unroll
            for (int i = 0; i < KEYS / 8; ++i) {
                score[t][i][2 * half] = power_of_two(score[t][i][2 * half] * scale - base);
                score[t][i][2 * half + 1] = power_of_two(score[t][i][2 * half + 1] * scale - base);
                sum += score[t][i][2 * half] + score[t][i][2 * half + 1];
            }
            rows[t].total[half] = rows[t].total[half] * shrink + sum; // each lane its own columns until the end
#pragma unroll
            for (int i = 0; i < D / 8; ++i) {
                rows[t].result[i][2 * half] *= shrink;
                rows[t].result[i][2 * half + 1] *= shrink;
            }
        }
#pragma unroll
    for (int step = 0; step < KEYS / 16; ++step) {
        u32 a[TILES][4];
#pragma unroll
        for (int t = 0; t < TILES; ++t) {
            a[t][0] = pack2(score[t][2 * step][0], score[t][2 * step][1]);
            a[t][1] = pack2(score[t][2 * step][2], score[t][2 * step][3]);
            a[t][2] = pack2(score[t][2 * step + 1][0], score[t][2 * step + 1][1]);
            a[t][3] = pack2(score[t][2 * step + 1][2], score[t][2 * step + 1][3]);
        }
#pragma unroll
        for (int pair = 0; pair < D / 16; ++pair) {
            u32 b[4];
            load_matrices_transposed(b, value_tile + at<D>(step * 16 + lane % 16, pair * 2 + lane / 16));
#pragma unroll
            for (int t = 0; t < TILES; ++t) {
                multiply(rows[t].result[2 * pair], a[t], b[0], b[1]);
                multiply(rows[t].result[2 * pair + 1], a[t], b[2], b[3]);
            }
        }
    }
}

// A whole prompt: a warp takes 32 queries of one head, so that each fragment of keys and values it loads is used twice;
// a block walks the keys 64 at a time and copies the next tile while it multiplies this one.
template <int D, int WARPS>
DEVICE void attention_mma(const T* q, const T* k, const T* v, T* out, const Shape s) {
    const int TILES = 2, WARP_ROWS = TILES * 16, ROWS = WARPS * WARP_ROWS, KEYS = 64, THREADS = WARPS * 32;
    const u32 TILE = KEYS * D * 2;
    extern __shared__ __align__(128) unsigned char shared[];
    const u32 query_tile = shared_address(shared);
    const u32 key_tiles = query_tile + ROWS * D * 2, value_tiles = key_tiles + 2 * TILE;

    const u32 head = blockIdx.y, batch = blockIdx.z;
    const u32 kv_head = u32(u64(head) * s.kv_heads / s.heads);
    // The longest rows of a causal mask first.
    const int first = int(gridDim.x - 1 - blockIdx.x) * ROWS;
    const u64 q_stride = u64(s.heads) * s.d, k_stride = u64(s.kv_heads) * s.d;
    const u64 q_offset = (u64(batch) * s.queries + first) * q_stride + u64(head) * s.d;
    const T* k_base = k + u64(batch) * s.keys * k_stride + u64(kv_head) * s.d;
    const T* v_base = v + u64(batch) * s.keys * k_stride + u64(kv_head) * s.d;
    const int warp = threadIdx.x / 32, lane = threadIdx.x % 32;
    const int keys = s.keys, offset = keys - int(s.queries);
    const int end = s.causal ? min(keys, first + ROWS + offset) : keys;
    const int tiles = (end + KEYS - 1) / KEYS;

    stage<D, ROWS>(query_tile, q + q_offset, int(s.queries) - first, s.d, q_stride, threadIdx.x, THREADS);
    stage<D, KEYS>(key_tiles, k_base, keys, s.d, k_stride, threadIdx.x, THREADS);
    stage<D, KEYS>(value_tiles, v_base, keys, s.d, k_stride, threadIdx.x, THREADS);
    commit_copies();

    Rows<D> rows[TILES];
#pragma unroll
    for (int t = 0; t < TILES; ++t) Rows<D>::clear(rows[t]);
    const int warp_first = first + warp * WARP_ROWS;
    for (int tile = 0; tile < tiles; ++tile) {
        if (tile + 1 < tiles) {
            const int next = (tile + 1) * KEYS;
            const u32 slot = (tile + 1) % 2 * TILE;
            stage<D, KEYS>(key_tiles + slot, k_base + next * k_stride, keys - next, s.d, k_stride, threadIdx.x, THREADS);
            stage<D, KEYS>(value_tiles + slot, v_base + next * k_stride, keys - next, s.d, k_stride, threadIdx.x, THREADS);
        }
        commit_copies();
        wait_copies<1>();
        __syncthreads();
        const u32 slot = tile % 2 * TILE;
        const int start = tile * KEYS;
        // A causal tile may lie after every query of this warp.
        if (start < keys && (!s.causal || start <= warp_first + WARP_ROWS - 1 + offset)) {
            float score[TILES][KEYS / 8][4];
            score_tile<D, KEYS, TILES>(score, query_tile, warp * WARP_ROWS, key_tiles + slot, lane);
            if (start + KEYS > keys || (s.causal && start + KEYS > warp_first + offset + 1)) {
#pragma unroll
                for (int t = 0; t < TILES; ++t)
#pragma unroll
                    for (int i = 0; i < KEYS / 8; ++i)
#pragma unroll
                        for (int j = 0; j < 4; ++j) {
                            const int key = start + i * 8 + lane % 4 * 2 + j % 2;
                            const int query = warp_first + t * 16 + lane / 4 + j / 2 * 8;
                            if (key >= keys || (s.causal && key > query + offset)) score[t][i][j] = -INF;
                        }
            }
            accumulate<D, KEYS, TILES>(rows, score, s.scale, value_tiles + slot, lane);
        }
        __syncthreads(); // before the next copy overwrites this tile
    }
#pragma unroll
    for (int t = 0; t < TILES; ++t)
#pragma unroll
        for (int half = 0; half < 2; ++half) {
            const float total = row_sum(rows[t].total[half]);
            const float scale = total > 0.0f ? 1.0f / total : 0.0f;
            const int row = warp * WARP_ROWS + t * 16 + lane / 4 + half * 8;
            if (first + row >= int(s.queries)) continue;
            T* to = out + q_offset + row * q_stride;
#pragma unroll
            for (int i = 0; i < D / 8; ++i) {
                const u32 column = i * 8 + lane % 4 * 2;
                if (column < s.d) {
                    *reinterpret_cast<u32*>(to + column) =
                        pack2(rows[t].result[i][2 * half] * scale, rows[t].result[i][2 * half + 1] * scale);
                }
            }
        }
}

// Decoding with grouped heads: the queries that share a key head are the rows of one tile of 16, each warp walks its own
// keys 16 at a time with its own copies in flight, and the keys are split over blocks. Partial results as in attention.cu.
template <int D>
DEVICE void decode_mma(const T* q, const T* k, const T* v, float* sums, float2* states, const Shape s, u32 chunk) {
    const int WARPS = 4, KEYS = 16, STAGES = 2;
    const u32 TILE = KEYS * D * 2;
    extern __shared__ __align__(128) unsigned char shared[];
    const u32 warp = threadIdx.x / 32, lane = threadIdx.x % 32;
    const u32 query_tile = shared_address(shared);
    const u32 tiles = query_tile + 16 * D * 2 + warp * (STAGES * 2 * TILE); // key and value tile for each stage

    const u32 group = s.heads / s.kv_heads, groups = (group + 15) / 16;
    const u32 split = blockIdx.x, kv_head = blockIdx.y / groups, batch = blockIdx.z;
    const u32 first_in_group = blockIdx.y % groups * 16;
    const u32 first_head = kv_head * group + first_in_group;
    const int heads = min(16, int(group - first_in_group));
    const u64 k_stride = u64(s.kv_heads) * s.d;
    const T* k_base = k + u64(batch) * s.keys * k_stride + u64(kv_head) * s.d;
    const T* v_base = v + u64(batch) * s.keys * k_stride + u64(kv_head) * s.d;
    const T* q_base = q + (u64(batch) * s.heads + first_head) * s.d;

    stage<D, 16>(query_tile, q_base, heads, s.d, s.d, threadIdx.x, WARPS * 32);
    commit_copies();
    const int begin = split * chunk, end = min(begin + int(chunk), int(s.keys));
    int fetch = begin + warp * KEYS;
    for (int stage_index = 0; stage_index < STAGES - 1; ++stage_index, fetch += WARPS * KEYS) {
        if (fetch < end) {
            const u32 slot = tiles + stage_index * 2 * TILE;
            stage<D, KEYS>(slot, k_base + fetch * k_stride, end - fetch, s.d, k_stride, lane, 32);
            stage<D, KEYS>(slot + TILE, v_base + fetch * k_stride, end - fetch, s.d, k_stride, lane, 32);
        }
        commit_copies();
    }
    // The queries are in the oldest group of every thread.
    wait_copies<STAGES - 1>();
    __syncthreads();

    Rows<D> rows[1];
    Rows<D>::clear(rows[0]);
    int slot_index = 0;
    for (int start = begin + warp * KEYS; start < end; start += WARPS * KEYS, fetch += WARPS * KEYS) {
        if (fetch < end) {
            const u32 slot = tiles + (slot_index + STAGES - 1) % STAGES * 2 * TILE;
            stage<D, KEYS>(slot, k_base + fetch * k_stride, end - fetch, s.d, k_stride, lane, 32);
            stage<D, KEYS>(slot + TILE, v_base + fetch * k_stride, end - fetch, s.d, k_stride, lane, 32);
        }
        commit_copies();
        wait_copies<STAGES - 1>();
        __syncwarp();
        const u32 slot = tiles + slot_index * 2 * TILE;
        slot_index = (slot_index + 1) % STAGES;
        float score[1][KEYS / 8][4];
        score_tile<D, KEYS, 1>(score, query_tile, 0, slot, lane);
        if (start + KEYS > end) {
#pragma unroll
            for (int i = 0; i < KEYS / 8; ++i)
#pragma unroll
                for (int j = 0; j < 4; ++j) {
                    if (start + i * 8 + int(lane % 4) * 2 + j % 2 >= end) score[0][i][j] = -INF;
                }
        }
        accumulate<D, KEYS, 1>(rows, score, s.scale, slot + TILE, lane);
        __syncwarp(); // before the next copy overwrites this tile
    }
    wait_copies<0>();
    __syncthreads();
    // The warps' results become one. The tiles' memory is free now: 16 rows of D floats and a state for each warp.
    float* warp_sums = reinterpret_cast<float*>(shared);
    float2* warp_states = reinterpret_cast<float2*>(shared + WARPS * 16 * D * 4);
#pragma unroll
    for (int half = 0; half < 2; ++half) {
        const int row = warp * 16 + lane / 4 + half * 8;
        const float total = row_sum(rows[0].total[half]);
        if (lane % 4 == 0) warp_states[row] = make_float2(rows[0].maximum[half], total);
#pragma unroll
        for (int i = 0; i < D / 8; ++i) {
            *reinterpret_cast<float2*>(warp_sums + row * D + i * 8 + lane % 4 * 2) =
                make_float2(rows[0].result[i][2 * half], rows[0].result[i][2 * half + 1]);
        }
    }
    __syncthreads();
    for (int i = threadIdx.x; i < heads * D; i += WARPS * 32) {
        const int row = i / D, column = i % D;
        float highest = -INF, sum = 0.0f, weights = 0.0f;
#pragma unroll
        for (int w = 0; w < WARPS; ++w) highest = fmaxf(highest, warp_states[w * 16 + row].x);
#pragma unroll
        for (int w = 0; w < WARPS; ++w) {
            const float2 state = warp_states[w * 16 + row];
            const float weight = state.x == -INF ? 0.0f : power_of_two((state.x - highest) * s.scale);
            sum += weight * warp_sums[(w * 16 + row) * D + column];
            weights += weight * state.y;
        }
        const u64 to = (u64(batch) * s.heads + first_head + row) * gridDim.x + split;
        sums[to * D + column] = sum;
        // Kept in units of the natural logarithm for the kernel that joins the splits.
        if (column == 0) states[to] = make_float2(highest * s.scale * 0.69314718055994531f, weights);
    }
}

extern "C" __global__ void __launch_bounds__(128)
attention_mma_64(const T* q, const T* k, const T* v, T* out, Shape s) { attention_mma<64, 4>(q, k, v, out, s); }
extern "C" __global__ void __launch_bounds__(128)
attention_mma_128(const T* q, const T* k, const T* v, T* out, Shape s) { attention_mma<128, 4>(q, k, v, out, s); }
extern "C" __global__ void __launch_bounds__(128)
decode_mma_64(const T* q, const T* k, const T* v, float* sums, float2* states, Shape s, u32 chunk) {
    decode_mma<64>(q, k, v, sums, states, s, chunk);
}
extern "C" __global__ void __launch_bounds__(128)
decode_mma_128(const T* q, const T* k, const T* v, float* sums, float2* states, Shape s, u32 chunk) {
    decode_mma<128>(q, k, v, sums, states, s, chunk);
}

#endif
