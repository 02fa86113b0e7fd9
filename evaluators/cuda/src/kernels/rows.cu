// Normalisations along a row: one block a row, the row held in registers between the reduction and the result, so that
// each element is read and written once. N is the number of 16-byte packs a thread holds; the kernels named _any make
// several passes and take any number of columns.

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
DEVICE void softmax(const T* in, T* out, u32 columns) {
    const u64 offset = u64(blockIdx.x) * columns;
    const u32 packs = columns / V;
    float x[N][V];
    load_row<N>(in + offset, packs, -INF, x);
    float maximum = -INF;
#pragma unroll
    for (int j = 0; j < N; ++j)
#pragma unroll
        for (int v = 0; v < V; ++v) maximum = fmaxf(maximum, x[j][v]);
    maximum = block_max(maximum);
    float sum = 0.0f;
#pragma unroll
    for (int j = 0; j < N; ++j)
#pragma unroll
        for (int v = 0; v < V; ++v) {
            x[j][v] = __expf(x[j][v] - maximum);
            sum += x[j][v];
        }
    const float scale = 1.0f / block_sum(sum);
#pragma unroll
    for (int j = 0; j < N; ++j) {
        const u32 i = threadIdx.x + j * blockDim.x;
        if (i < packs) {
#pragma unroll
            for (int v = 0; v < V; ++v) x[j][v] *= scale;
            store16(out + offset + u64(i) * V, pack(x[j]));
        }
    }
}

template <int N>
DEVICE void rms_norm(const T* in, const T* weight, T* out, u32 columns, float epsilon) {
    const u64 offset = u64(blockIdx.x) * columns;
    const u32 packs = columns / V;
    float x[N][V];
    load_row<N>(in + offset, packs, 0.0f, x);
    float sum = 0.0f;
#pragma unroll
    for (int j = 0; j < N; ++j)
#pragma unroll
        for (int v = 0; v < V; ++v) sum += x[j][v] * x[j][v];
    const float scale = rsqrtf(block_sum(sum) / columns + epsilon);
#pragma unroll
    for (int j = 0; j < N; ++j) {
        const u32 i = threadIdx.x + j * blockDim.x;
        if (i < packs) {
            float w[V];
            unpack(load16(weight + u64(i) * V), w);
#pragma unroll
            for (int v = 0; v < V; ++v) x[j][v] *= scale * w[v];
            store16(out + offset + u64(i) * V, pack(x[j]));
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

#define ROW_KERNELS(N)                                                                                                 \
    KERNEL softmax_##N(const T* in, T* out, u32 columns) { softmax<N>(in, out, columns); }                             \
    KERNEL rms_norm_##N(const T* in, const T* weight, T* out, u32 columns, float epsilon) {                            \
        rms_norm<N>(in, weight, out, columns, epsilon);                                                                \
    }                                                                                                                  \
    KERNEL layer_norm_##N(const T* in, const T* weight, const T* bias, T* out, u32 columns, float epsilon) {           \
        layer_norm<N>(in, weight, bias, out, columns, epsilon);                                                        \
    }
ROW_KERNELS(1)
ROW_KERNELS(2)
ROW_KERNELS(4)
ROW_KERNELS(8)

#if __CUDA_ARCH__ >= 800
// Softmax of rows so long that one fills a multiprocessor: as many blocks as there are, each walking over rows. While a
// row is reduced and written from registers the next one is on its way to shared memory. A thread copies and reads its
// own packs only, so the copies need no barrier. Exponentials are computed twice rather than kept, which would take more
// registers than there are.
template <int N>
DEVICE void softmax_streamed(const T* in, T* out, u32 columns, u32 rows) {
    extern __shared__ __align__(16) uint4 slots[];
    const u32 packs = columns / V;
    auto fetch = [&](u32 row) {
#pragma unroll
        for (int j = 0; j < N; ++j) {
            const u32 i = threadIdx.x + j * blockDim.x;
            if (i < packs) copy16(shared_address(slots + i), in + u64(row) * columns + u64(i) * V, true);
        }
        commit_copies();
    };
    const float LOG2_E = 1.4426950408889634f;
    u32 row = blockIdx.x;
    if (row < rows) fetch(row);
    for (; row < rows; row += gridDim.x) {
        wait_copies<0>();
        uint4 raw[N];
        float maximum = -INF;
#pragma unroll
        for (int j = 0; j < N; ++j) {
            const u32 i = threadIdx.x + j * blockDim.x;
            if (i < packs) {
                raw[j] = slots[i];
                float x[V];
                unpack(raw[j], x);
#pragma unroll
                for (int v = 0; v < V; ++v) maximum = fmaxf(maximum, x[v]);
            }
        }
        if (row + gridDim.x < rows) fetch(row + gridDim.x);
        const float base = block_max(maximum) * LOG2_E;
        float sum = 0.0f;
#pragma unroll
        for (int j = 0; j < N; ++j) {
            if (threadIdx.x + j * blockDim.x < packs) {
                float x[V];
                unpack(raw[j], x);
#pragma unroll
                for (int v = 0; v < V; ++v) sum += power_of_two(x[v] * LOG2_E - base);
            }
        }
        const float scale = 1.0f / block_sum(sum);
        T* result = out + u64(row) * columns;
#pragma unroll
        for (int j = 0; j < N; ++j) {
            const u32 i = threadIdx.x + j * blockDim.x;
            if (i < packs) {
                float x[V];
                unpack(raw[j], x);
#pragma unroll
                for (int v = 0; v < V; ++v) x[v] = power_of_two(x[v] * LOG2_E - base) * scale;
                store16(result + u64(i) * V, pack(x));
            }
        }
    }
}

extern "C" __global__ void __launch_bounds__(1024, 1)
softmax_streamed_4(const T* in, T* out, u32 columns, u32 rows) { softmax_streamed<4>(in, out, columns, rows); }
extern "C" __global__ void __launch_bounds__(1024, 1)
softmax_streamed_8(const T* in, T* out, u32 columns, u32 rows) { softmax_streamed<8>(in, out, columns, rows); }
#endif

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
