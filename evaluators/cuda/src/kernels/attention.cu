// Attention in fp32 arithmetic, for every storage format: the path where tensor cores would be too coarse (fp32) or are
// missing. q [batch, queries, heads * d], k and v [batch, keys, kv_heads * d]; d is a multiple of 8, at most D.

struct Shape {
    u32 queries, keys, heads, kv_heads, d;
    u32 causal;
    float scale; // 1 / sqrt(d)
};

// Copies rows of `d` elements, `stride` apart in memory, into shared memory as fp32, D columns of a row of PITCH; what
// lies beyond the rows or beyond d is zero.
template <int D, int PITCH, int ROWS>
DEVICE void stage(float* shared, const T* base, u32 rows, u32 d, u64 stride) {
    for (u32 i = threadIdx.x; i < ROWS * (D / V); i += blockDim.x) {
        const u32 row = i / (D / V), column = i % (D / V) * V;
        float x[V];
        if (row < rows && column < d) {
            unpack(load16(base + row * stride + column), x);
        } else {
#pragma unroll
            for (int v = 0; v < V; ++v) x[v] = 0.0f;
        }
#pragma unroll
        for (int v = 0; v < V; v += 4) {
            *reinterpret_cast<float4*>(shared + row * PITCH + column + v) = make_float4(x[v], x[v + 1], x[v + 2], x[v + 3]);
        }
    }
}

// One block takes 64 queries of one head and walks the keys 32 at a time (Dao et al. 2022). 16 x 16 threads; a thread
// has 4 queries, and 2 keys or D/16 output columns.
template <int D>
DEVICE void attention_tiled(const T* q, const T* k, const T* v, T* out, const Shape s) {
    const int ROWS = 64, KEYS = 32, PITCH = D + 4, KEY_PITCH = KEYS + 4, CHUNKS = D / 64;
    extern __shared__ __align__(16) float shared[];
    float* queries = shared;
    float* tile = queries + ROWS * PITCH; // keys, then values
    float* weights = tile + KEYS * PITCH;

    const u32 head = blockIdx.y, batch = blockIdx.z;
    const u32 kv_head = u32(u64(head) * s.kv_heads / s.heads);
    // The longest rows of a causal mask first.
    const u32 first = (gridDim.x - 1 - blockIdx.x) * ROWS;
    const u64 q_stride = u64(s.heads) * s.d, k_stride = u64(s.kv_heads) * s.d;
    const u64 q_offset = (u64(batch) * s.queries + first) * q_stride + u64(head) * s.d;
    const T* k_base = k + u64(batch) * s.keys * k_stride + u64(kv_head) * s.d;
    const T* v_base = v + u64(batch) * s.keys * k_stride + u64(kv_head) * s.d;
    const int tx = threadIdx.x % 16, ty = threadIdx.x / 16;
    const int offset = int(s.keys) - int(s.queries);

    stage<D, PITCH, ROWS>(queries, q + q_offset, s.queries - first, s.d, q_stride);
    float maximum[4], total[4], result[4][CHUNKS * 4];
#pragma unroll
    for (int r = 0; r < 4; ++r) {
        maximum[r] = -INF;
        total[r] = 0.0f;
#pragma unroll
        for (int c = 0; c < CHUNKS * 4; ++c) result[r][c] = 0.0f;
    }
    int end = int(s.keys);
    if (s.causal) end = min(end, int(first) + ROWS + offset);

    for (int start = 0; start < end; start += KEYS) {
        __syncthreads();
        stage<D, PITCH, KEYS>(tile, k_base + u64(start) * k_stride, s.keys - start, s.d, k_stride);
        __syncthreads();
        float score[4][2] = {};
        for (int i = 0; i < D; i += 4) {
            float4 a[4], b[2];
#pragma unroll
            for (int r = 0; r < 4; ++r) a[r] = *reinterpret_cast<float4*>(queries + (ty * 4 + r) * PITCH + i);
#pragma unroll
            for (int c = 0; c < 2; ++c) b[c] = *reinterpret_cast<float4*>(tile + (tx + 16 * c) * PITCH + i);
#pragma unroll
            for (int r = 0; r < 4; ++r)
#pragma unroll
                for (int c = 0; c < 2; ++c) {
                    score[r][c] += a[r].x * b[c].x + a[r].y * b[c].y + a[r].z * b[c].z + a[r].w * b[c].w;
                }
        }
#pragma unroll
        for (int r = 0; r < 4; ++r) {
            const int query = int(first) + ty * 4 + r;
            float highest = -INF;
#pragma unroll
            for (int c = 0; c < 2; ++c) {
                const int key = start + tx + 16 * c;
                const bool visible = key < int(s.keys) && (!s.causal || key <= query + offset);
                score[r][c] = visible ? score[r][c] * s.scale : -INF;
                highest = fmaxf(highest, score[r][c]);
            }
#pragma unroll
            for (int lane = 8; lane > 0; lane >>= 1) highest = fmaxf(highest, __shfl_xor_sync(FULL_WARP, highest, lane));
            const float next = fmaxf(maximum[r], highest);
            // Nothing visible yet: keep exp(-inf - -inf) away.
            const float base = next == -INF ? 0.0f : next;
            const float shrink = __expf(maximum[r] - base);
            float sum = 0.0f;
#pragma unroll
            for (int c = 0; c < 2; ++c) {
                const float weight = __expf(score[r][c] - base);
                weights[(ty * 4 + r) * KEY_PITCH + tx + 16 * c] = weight;
                sum += weight;
            }
#pragma unroll
            for (int lane = 8; lane > 0; lane >>= 1) sum += __shfl_xor_sync(FULL_WARP, sum, lane);
            total[r] = total[r] * shrink + sum;
            maximum[r] = next;
#pragma unroll
            for (int c = 0; c < CHUNKS * 4; ++c) result[r][c] *= shrink;
        }
        __syncthreads();
        stage<D, PITCH, KEYS>(tile, v_base + u64(start) * k_stride, s.keys - start, s.d, k_stride);
        __syncthreads();
        for (int key = 0; key < KEYS; key += 4) {
            float w[4][4];
#pragma unroll
            for (int r = 0; r < 4; ++r) {
                const float4 x = *reinterpret_cast<float4*>(weights + (ty * 4 + r) * KEY_PITCH + key);
                w[r][0] = x.x, w[r][1] = x.y, w[r][2] = x.z, w[r][3] = x.w;
            }
#pragma unroll
            for (int j = 0; j < 4; ++j)
#pragma unroll
                for (int c = 0; c < CHUNKS; ++c) {
                    const float4 x = *reinterpret_cast<float4*>(tile + (key + j) * PITCH + c * 64 + tx * 4);
#pragma unroll
                    for (int r = 0; r < 4; ++r) {
                        result[r][c * 4 + 0] += w[r][j] * x.x;
                        result[r][c * 4 + 1] += w[r][j] * x.y;
                        result[r][c * 4 + 2] += w[r][j] * x.z;
                        result[r][c * 4 + 3] += w[r][j] * x.w;
                    }
                }
        }
    }
#pragma unroll
    for (int r = 0; r < 4; ++r) {
        const u32 row = ty * 4 + r;
        if (first + row >= s.queries) continue;
        const float scale = total[r] > 0.0f ? 1.0f / total[r] : 0.0f;
#pragma unroll
        for (int c = 0; c < CHUNKS * 4; ++c) {
            const u32 column = c / 4 * 64 + tx * 4 + c % 4;
            if (column < s.d) out[q_offset + row * q_stride + column] = from_float(result[r][c] * scale);
        }
    }
}

extern "C" __global__ void __launch_bounds__(256, 2)
attention_tiled_64(const T* q, const T* k, const T* v, T* out, Shape s) { attention_tiled<64>(q, k, v, out, s); }
extern "C" __global__ void __launch_bounds__(256, 2)
attention_tiled_128(const T* q, const T* k, const T* v, T* out, Shape s) { attention_tiled<128>(q, k, v, out, s); }

// Decoding: one query a sequence, the keys split over blocks (Dao et al. 2023, "Flash-Decoding"). A block takes HEADS
// query heads that share a key head and keys [first, first + chunk); D/4 lanes hold one key, 4 elements each, and each
// warp keeps its own running softmax. Partial results: a row of D sums, the maximum and the sum of weights for
// (batch, head, split).
template <int D, int HEADS>
DEVICE void decode(const T* q, const T* k, const T* v, float* sums, float2* states, const Shape s, u32 chunk) {
    const int LANES = D / 4, KEYS = 32 / LANES, WARPS = 8, STREAMS = WARPS * KEYS, UNROLL = 4;
    const u32 group = s.heads / s.kv_heads;
    const u32 groups = (group + HEADS - 1) / HEADS;
    const u32 split = blockIdx.x, kv_head = blockIdx.y / groups, batch = blockIdx.z;
    const u32 first_in_group = blockIdx.y % groups * HEADS;
    const u32 first_head = kv_head * group + first_in_group;
    const u32 warp = threadIdx.x / 32, lane = threadIdx.x % 32;
    const u32 stream = warp * KEYS + lane / LANES, column = lane % LANES * 4;
    const bool inside = column < s.d;
    const u64 k_stride = u64(s.kv_heads) * s.d;
    const u64 base = u64(batch) * s.keys * k_stride + u64(kv_head) * s.d + column;

    float query[HEADS][4], result[HEADS][4], maximum[HEADS], total[HEADS];
#pragma unroll
    for (int h = 0; h < HEADS; ++h) {
        const bool real = inside && first_in_group + h < group;
#pragma unroll
        for (int e = 0; e < 4; ++e) {
            const u64 at = (u64(batch) * s.heads + first_head + h) * s.d + column + e;
            query[h][e] = real ? to_float(q[at]) * s.scale : 0.0f;
            result[h][e] = 0.0f;
        }
        maximum[h] = -INF;
        total[h] = 0.0f;
    }
    const u32 begin = split * chunk, end = min(begin + chunk, s.keys);
    for (u32 start = begin; start < end; start += STREAMS * UNROLL) {
        float key[UNROLL][4], value[UNROLL][4];
#pragma unroll
        for (int u = 0; u < UNROLL; ++u) {
            const u32 position = start + u * STREAMS + stream;
            const bool real = inside && position < end;
            const u64 at = base + u64(position) * k_stride;
#pragma unroll
            for (int e = 0; e < 4; ++e) key[u][e] = value[u][e] = 0.0f;
            if (real) {
#if ELEMENT == 0
                const float4 a = __ldcs(reinterpret_cast<const float4*>(k + at));
                const float4 b = __ldcs(reinterpret_cast<const float4*>(v + at));
                key[u][0] = a.x, key[u][1] = a.y, key[u][2] = a.z, key[u][3] = a.w;
                value[u][0] = b.x, value[u][1] = b.y, value[u][2] = b.z, value[u][3] = b.w;
#else
                const uint2 a = __ldcs(reinterpret_cast<const uint2*>(k + at));
                const uint2 b = __ldcs(reinterpret_cast<const uint2*>(v + at));
                key[u][0] = to_float(u16(a.x)), key[u][1] = to_float(u16(a.x >> 16));
                key[u][2] = to_float(u16(a.y)), key[u][3] = to_float(u16(a.y >> 16));
                value[u][0] = to_float(u16(b.x)), value[u][1] = to_float(u16(b.x >> 16));
                value[u][2] = to_float(u16(b.y)), value[u][3] = to_float(u16(b.y >> 16));
#endif
            }
        }
#pragma unroll
        for (int h = 0; h < HEADS; ++h) {
            float score[UNROLL];
            float highest = maximum[h];
#pragma unroll
            for (int u = 0; u < UNROLL; ++u) {
                float dot = query[h][0] * key[u][0] + query[h][1] * key[u][1] + query[h][2] * key[u][2] +
                            query[h][3] * key[u][3];
#pragma unroll
                for (int offset = LANES / 2; offset > 0; offset >>= 1) dot += __shfl_xor_sync(FULL_WARP, dot, offset);
                score[u] = start + u * STREAMS + stream < end ? dot : -INF;
                highest = fmaxf(highest, score[u]);
            }
            const float reference = highest == -INF ? 0.0f : highest;
            const float shrink = __expf(maximum[h] - reference);
            total[h] *= shrink;
#pragma unroll
            for (int e = 0; e < 4; ++e) result[h][e] *= shrink;
#pragma unroll
            for (int u = 0; u < UNROLL; ++u) {
                const float weight = __expf(score[u] - reference);
                total[h] += weight;
#pragma unroll
                for (int e = 0; e < 4; ++e) result[h][e] += weight * value[u][e];
            }
            maximum[h] = highest;
        }
    }
    // The streams of the block become one.
    __shared__ float2 stream_state[STREAMS];
    __shared__ float stream_sums[STREAMS][D];
    for (int h = 0; h < HEADS; ++h) {
        if (first_in_group + h >= group) break;
        __syncthreads();
        // A run-time index would put the arrays into local memory.
#pragma unroll
        for (int j = 0; j < HEADS; ++j) {
            if (j == h) {
                if (lane % LANES == 0) stream_state[stream] = make_float2(maximum[j], total[j]);
                *reinterpret_cast<float4*>(&stream_sums[stream][column]) =
                    make_float4(result[j][0], result[j][1], result[j][2], result[j][3]);
            }
        }
        __syncthreads();
        if (threadIdx.x < D) {
            float highest = -INF, sum = 0.0f, weights = 0.0f;
#pragma unroll
            for (int i = 0; i < STREAMS; ++i) highest = fmaxf(highest, stream_state[i].x);
#pragma unroll
            for (int i = 0; i < STREAMS; ++i) {
                const float weight = highest == -INF ? 0.0f : __expf(stream_state[i].x - highest);
                sum += weight * stream_sums[i][threadIdx.x];
                weights += weight * stream_state[i].y;
            }
            const u64 row = (u64(batch) * s.heads + first_head + h) * gridDim.x + split;
            sums[row * D + threadIdx.x] = sum;
            if (threadIdx.x == 0) states[row] = make_float2(highest, weights);
        }
    }
}

#define DECODE(D, HEADS)                                                                                               \
    extern "C" __global__ void __launch_bounds__(256)                                                                  \
    decode_##D##_##HEADS(const T* q, const T* k, const T* v, float* sums, float2* states, Shape s, u32 chunk) {        \
        decode<D, HEADS>(q, k, v, sums, states, s, chunk);                                                             \
    }
DECODE(64, 1)
DECODE(64, 4)
DECODE(64, 8)
DECODE(128, 1)
DECODE(128, 4)
DECODE(128, 8)
