// Embedding bags: out[sample, table, :] = sum over the bag of rows of the table. All tables of a model in one launch,
// written where a concatenation would put them. `tables` and `indices` are arrays of device addresses.

// One pack of a row a thread; dim is a multiple of V.
KERNEL embedding_bags(const u64* tables, const u64* indices, T* out, u32 table_count, u32 bag, u32 dim, u64 packs) {
    const u64 i = u64(blockIdx.x) * blockDim.x + threadIdx.x;
    if (i >= packs) return;
    const u32 packs_per_row = dim / V;
    const u64 group = i / packs_per_row;
    const u32 element = u32(i % packs_per_row) * V;
    const u32 table = u32(group % table_count);
    const u64 sample = group / table_count;
    const T* rows = reinterpret_cast<const T*>(tables[table]);
    const i64* bag_indices = reinterpret_cast<const i64*>(indices[table]) + sample * bag;
    float sum[V];
#pragma unroll
    for (int v = 0; v < V; ++v) sum[v] = 0.0f;
#pragma unroll 4
    for (u32 j = 0; j < bag; ++j) {
        float x[V];
        unpack(load16(rows + u64(__ldg(bag_indices + j)) * dim + element), x);
#pragma unroll
        for (int v = 0; v < V; ++v) sum[v] += x[v];
    }
    store16(out + i * V, pack(sum));
}

// The same for any dim, one element a thread.
KERNEL embedding_bags_scalar(const u64* tables, const u64* indices, T* out, u32 table_count, u32 bag, u32 dim,
                             u64 count) {
    const u64 i = u64(blockIdx.x) * blockDim.x + threadIdx.x;
    if (i >= count) return;
    const u64 group = i / dim;
    const u32 element = u32(i % dim);
    const u32 table = u32(group % table_count);
    const u64 sample = group / table_count;
    const T* rows = reinterpret_cast<const T*>(tables[table]);
    const i64* bag_indices = reinterpret_cast<const i64*>(indices[table]) + sample * bag;
    float sum = 0.0f;
    for (u32 j = 0; j < bag; ++j) sum += to_float(rows[u64(bag_indices[j]) * dim + element]);
    out[i] = from_float(sum);
}
