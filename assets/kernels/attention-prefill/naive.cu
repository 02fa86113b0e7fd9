// The obvious version without the matrix of scores: a warp a query, one key at a time, no tensor cores.
#include "assay.cuh"

extern "C" __global__ void attention_naive(const T* q, const T* k, const T* v, T* out, u32 queries, u32 keys, u32 heads,
                                           u32 kv_heads, u32 batch, u32 causal, float scale) {
    const int PARTS = D / 32;
    const u64 index = (u64(blockIdx.x) * blockDim.x + threadIdx.x) / 32;
    const u32 lane = threadIdx.x % 32;
    if (index >= u64(batch) * heads * queries) return;
    const u32 query = index % queries, head = index / queries % heads, sequence = index / queries / heads;
    const u32 kv_head = u64(head) * kv_heads / heads;
    const u64 from = ((u64(sequence) * queries + query) * heads + head) * D;
    const u32 visible = causal ? query + 1 + keys - queries : keys;
    float own[PARTS], sum[PARTS], highest = -INF, total = 0.0f;
#pragma unroll
    for (int i = 0; i < PARTS; ++i) own[i] = to_float(q[from + i * 32 + lane]), sum[i] = 0.0f;
    for (u32 key = 0; key < visible; ++key) {
        const u64 at = ((u64(sequence) * keys + key) * kv_heads + kv_head) * D + lane;
        float score = 0.0f;
#pragma unroll
        for (int i = 0; i < PARTS; ++i) score += own[i] * to_float(k[at + i * 32]);
        score = warp_sum(score) * scale;
        const float higher = fmaxf(highest, score), shrink = power_of_two(highest - higher);
        const float weight = power_of_two(score - higher);
        highest = higher;
        total = total * shrink + weight;
#pragma unroll
        for (int i = 0; i < PARTS; ++i) sum[i] = sum[i] * shrink + weight * to_float(v[at + i * 32]);
    }
#pragma unroll
    for (int i = 0; i < PARTS; ++i) out[from + i * 32 + lane] = from_float(sum[i] / total);
}
