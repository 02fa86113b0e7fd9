// Layer normalisation: one block a row, the row held in registers between the reduction and the result, so that
// each element is read and written once. N is the number of 16-byte packs a thread holds; the kernels named _any, also
// for softmax and RMS normalisation where the bundled kernels do not apply, make several passes and take any columns.

template <int N>
DEVICE void load_row(const T* row, u32 packs, float fill, float (&x)[N][V]) {
    uint4 raw[N];
#pragma unroll
    for (int j = 0; j < N; ++j) {
        const u32 i = threadIdx.x + j * blockDim.x;
        if (i < packs) raw[j] = load16(row + u64(i) * V);
    }
#pragma unroll
    for (int j = 0; j < N; ++j) {
        const u32 i = threadIdx.x + j * blockDim.x;
        if (i < packs) {
            unpack(raw[j], x[j]);
        } else {
#pragma unroll
            for (int v = 0; v < V; ++v) x[j][v] = fill;
        }
    }
}

template <int N>
DEVICE void layer_norm(const T* in, const T* weight, const T* bias, T* out, u32 columns, float epsilon) {
    const u64 offset = u64(blockIdx.x) * columns;
    const u32 packs = columns / V;
    float x[N][V];
    load_row<N>(in + offset, packs, 0.0f, x);
    float sum = 0.0f;
#pragma unroll
    for (int j = 0; j < N; ++j)
#pragma unroll
        for (int v = 0; v < V; ++v) sum += x[j][v];
    const float mean = block_sum(sum) / columns;
    // The second pass is over registers: the variance is taken about the mean and does not cancel.
    float squares = 0.0f;
#pragma unroll
    for (int j = 0; j < N; ++j) {
        if (threadIdx.x + j * blockDim.x < packs) {
#pragma unroll
            for (int v = 0; v < V; ++v) squares += (x[j][v] - mean) * (x[j][v] - mean);
        }
    }
    const float scale = rsqrtf(block_sum(squares) / columns + epsilon);
#pragma unroll
    for (int j = 0; j < N; ++j) {
        const u32 i = threadIdx.x + j * blockDim.x;
        if (i < packs) {
            float w[V], b[V];
            unpack(load16(weight + u64(i) * V), w);
            unpack(load16(bias + u64(i) * V), b);
#pragma unroll
            for (int v = 0; v < V; ++v) x[j][v] = (x[j][v] - mean) * scale * w[v] + b[v];
            store16(out + offset + u64(i) * V, pack(x[j]));
        }
    }
}

#define LAYER_NORM(N)                                                                                                  \
    KERNEL layer_norm_##N(const T* in, const T* weight, const T* bias, T* out, u32 columns, float epsilon) {           \
        layer_norm<N>(in, weight, bias, out, columns, epsilon);                                                        \
    }
LAYER_NORM(1)
LAYER_NORM(2)
LAYER_NORM(4)
LAYER_NORM(8)

KERNEL softmax_any(const T* in, T* out, u32 columns) {
    const T* row = in + u64(blockIdx.x) * columns;
    T* result = out + u64(blockIdx.x) * columns;
    float maximum = -INF;
    for (u32 i = threadIdx.x; i < columns; i += blockDim.x) maximum = fmaxf(maximum, to_float(row[i]));
    maximum = block_max(maximum);
    float sum = 0.0f;
    for (u32 i = threadIdx.x; i < columns; i += blockDim.x) sum += __expf(to_float(row[i]) - maximum);
    const float scale = 1.0f / block_sum(sum);
    for (u32 i = threadIdx.x; i < columns; i += blockDim.x) {
        result[i] = from_float(__expf(to_float(row[i]) - maximum) * scale);
    }
}

KERNEL rms_norm_any(const T* in, const T* weight, T* out, u32 columns, float epsilon) {
    const T* row = in + u64(blockIdx.x) * columns;
    T* result = out + u64(blockIdx.x) * columns;
    float sum = 0.0f;
    for (u32 i = threadIdx.x; i < columns; i += blockDim.x) sum += to_float(row[i]) * to_float(row[i]);
    const float scale = rsqrtf(block_sum(sum) / columns + epsilon);
    for (u32 i = threadIdx.x; i < columns; i += blockDim.x) {
        result[i] = from_float(to_float(row[i]) * scale * to_float(weight[i]));
    }
}

KERNEL layer_norm_any(const T* in, const T* weight, const T* bias, T* out, u32 columns, float epsilon) {
    const T* row = in + u64(blockIdx.x) * columns;
    T* result = out + u64(blockIdx.x) * columns;
    float sum = 0.0f;
    for (u32 i = threadIdx.x; i < columns; i += blockDim.x) sum += to_float(row[i]);
    const float mean = block_sum(sum) / columns;
    float squares = 0.0f;
    for (u32 i = threadIdx.x; i < columns; i += blockDim.x) {
        const float deviation = to_float(row[i]) - mean;
        squares += deviation * deviation;
    }
    const float scale = rsqrtf(block_sum(squares) / columns + epsilon);
    for (u32 i = threadIdx.x; i < columns; i += blockDim.x) {
        result[i] = from_float((to_float(row[i]) - mean) * scale * to_float(weight[i]) + to_float(bias[i]));
    }
}
