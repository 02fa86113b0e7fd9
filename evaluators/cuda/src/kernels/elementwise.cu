// Element-wise kernels: one pass over memory, 16 bytes a thread and access, several loads in flight before the first use;
// and the small helpers of other kernels.

// out = b + scale * c. Each thread moves four packs a blockDim apart; the last block adds what is left over.
KERNEL triad(const T* b, const T* c, T* out, float scale, u64 count) {
    const int UNROLL = 4;
    const u64 packs = count / V;
    const u64 first = u64(blockIdx.x) * blockDim.x * UNROLL + threadIdx.x;
    uint4 rb[UNROLL], rc[UNROLL];
#pragma unroll
    for (int u = 0; u < UNROLL; ++u) {
        const u64 i = first + u64(u) * blockDim.x;
        if (i < packs) {
            rb[u] = __ldcs(reinterpret_cast<const uint4*>(b) + i);
            rc[u] = __ldcs(reinterpret_cast<const uint4*>(c) + i);
        }
    }
#pragma unroll
    for (int u = 0; u < UNROLL; ++u) {
        const u64 i = first + u64(u) * blockDim.x;
        if (i < packs) {
            float x[V], y[V];
            unpack(rb[u], x);
            unpack(rc[u], y);
#pragma unroll
            for (int v = 0; v < V; ++v) x[v] += scale * y[v];
            __stcs(reinterpret_cast<uint4*>(out) + i, pack(x));
        }
    }
    if (blockIdx.x == gridDim.x - 1) {
        for (u64 i = packs * V + threadIdx.x; i < count; i += blockDim.x) {
            out[i] = from_float(to_float(b[i]) + scale * to_float(c[i]));
        }
    }
}

// out = activation(scale * (x + y)). Two packs a thread; the last block adds what is left over.
KERNEL add_activation(const T* x, const T* y, T* out, float scale, int activation, u64 count) {
    const int UNROLL = 2;
    const u64 packs = count / V;
    const u64 first = u64(blockIdx.x) * blockDim.x * UNROLL + threadIdx.x;
    uint4 rx[UNROLL], ry[UNROLL];
#pragma unroll
    for (int u = 0; u < UNROLL; ++u) {
        const u64 i = first + u64(u) * blockDim.x;
        if (i < packs) {
            rx[u] = load16(x + i * V);
            ry[u] = load16(y + i * V);
        }
    }
#pragma unroll
    for (int u = 0; u < UNROLL; ++u) {
        const u64 i = first + u64(u) * blockDim.x;
        if (i < packs) {
            float a[V], b[V];
            unpack(rx[u], a);
            unpack(ry[u], b);
#pragma unroll
            for (int v = 0; v < V; ++v) a[v] = activate(scale * (a[v] + b[v]), activation);
            store16(out + i * V, pack(a));
        }
    }
    if (blockIdx.x == gridDim.x - 1) {
        for (u64 i = packs * V + threadIdx.x; i < count; i += blockDim.x) {
            out[i] = from_float(activate(scale * (to_float(x[i]) + to_float(y[i])), activation));
        }
    }
}

// out = activation(x + bias) over [rows, columns], columns a multiple of V; out may be x. A thread keeps its columns'
// bias in registers and walks four rows. blockIdx.x counts groups of rows, blockIdx.y blocks of columns.
KERNEL bias_activation(const T* x, const T* bias, T* out, int activation, u64 rows, u32 columns) {
    const int ROWS = 4;
    const u32 column = (blockIdx.y * blockDim.x + threadIdx.x) * V;
    if (column >= columns) return;
    float b[V];
    unpack(load16(bias + column), b);
    const u64 first = u64(blockIdx.x) * ROWS;
    uint4 raw[ROWS];
#pragma unroll
    for (int r = 0; r < ROWS; ++r) {
        // Not through the read-only cache: out may be x.
        if (first + r < rows) raw[r] = *reinterpret_cast<const uint4*>(x + (first + r) * columns + column);
    }
#pragma unroll
    for (int r = 0; r < ROWS; ++r) {
        if (first + r < rows) {
            float a[V];
            unpack(raw[r], a);
#pragma unroll
            for (int v = 0; v < V; ++v) a[v] = activate(a[v] + b[v], activation);
            store16(out + (first + r) * columns + column, pack(a));
        }
    }
}

// out = activation(sum * factor of its row * factor of its column + bias) over [rows, columns] of int32 sums, columns a
// multiple of V. As bias_activation.
KERNEL scale_bias_activation(const int* sums, const float* row_factors, const float* column_factors, const T* bias, T* out,
                             int activation, u64 rows, u32 columns) {
    const int ROWS = 4;
    const u32 column = (blockIdx.y * blockDim.x + threadIdx.x) * V;
    if (column >= columns) return;
    float b[V], factors[V];
    unpack(load16(bias + column), b);
#pragma unroll
    for (int v = 0; v < V; ++v) factors[v] = column_factors[column + v];
    const u64 first = u64(blockIdx.x) * ROWS;
#pragma unroll
    for (int r = 0; r < ROWS; ++r) {
        if (first + r < rows) {
            const int* from = sums + (first + r) * columns + column;
            const float factor = row_factors[first + r];
            float a[V];
#pragma unroll
            for (int v = 0; v < V; v += 4) {
                const int4 four = __ldcs(reinterpret_cast<const int4*>(from + v));
                a[v] = four.x, a[v + 1] = four.y, a[v + 2] = four.z, a[v + 3] = four.w;
            }
#pragma unroll
            for (int v = 0; v < V; ++v) a[v] = activate(a[v] * (factor * factors[v]) + b[v], activation);
            store16(out + (first + r) * columns + column, pack(a));
        }
    }
}

// bias_activation for any number of columns, one element a thread.
KERNEL bias_activation_scalar(const T* x, const T* bias, T* out, int activation, u64 rows, u32 columns) {
    const u64 count = rows * columns;
    for (u64 i = u64(blockIdx.x) * blockDim.x + threadIdx.x; i < count; i += u64(gridDim.x) * blockDim.x) {
        out[i] = from_float(activate(to_float(x[i]) + to_float(bias[i % columns]), activation));
    }
}

// out[row, n] = activation(x[row, :] . w[:, n] + bias[n]) for few n, one warp an output: a matrix library is no faster
// on such thin products.
KERNEL thin_linear(const T* x, const T* w, const T* bias, T* out, int activation, u64 rows, u32 k, u32 n) {
    const u64 output = (u64(blockIdx.x) * blockDim.x + threadIdx.x) / 32;
    const u32 lane = threadIdx.x % 32;
    if (output >= rows * n) return;
    const u64 row = output / n;
    const u32 column = u32(output % n);
    float sum = 0.0f;
    for (u32 i = lane; i < k; i += 32) sum += to_float(x[row * k + i]) * to_float(w[u64(i) * n + column]);
    sum = warp_sum(sum);
    if (lane == 0) out[output] = from_float(activate(sum + to_float(bias[column]), activation));
}

// Copies [rows, columns] into columns [offset, offset + columns) of a row of `stride` elements.
KERNEL concatenate(const T* x, T* out, u64 rows, u32 columns, u32 offset, u32 stride) {
    const u64 count = rows * columns;
    for (u64 i = u64(blockIdx.x) * blockDim.x + threadIdx.x; i < count; i += u64(gridDim.x) * blockDim.x) {
        out[(i / columns) * stride + offset + i % columns] = x[i];
    }
}

DEVICE u64 now_ns() {
    u64 now;
    asm volatile("mov.u64 %0, %globaltimer;" : "=l"(now));
    return now;
}

// Holds the stream for a while, so that what is queued behind it starts without waiting for the host, and counts the
// multiprocessor's cycles in that time: counts[0] cycles went by in counts[1] nanoseconds. Both ends are at a tick of the
// timer, which on some devices has only one a microsecond.
KERNEL hold(u64 nanoseconds, volatile u64* counts) {
    const u64 before = now_ns();
    u64 start, now;
    do start = now_ns();
    while (start == before);
    const i64 cycles = clock64();
    do now = now_ns();
    while (now - start < nanoseconds);
    if (counts) {
        counts[0] = u64(clock64() - cycles);
        counts[1] = now - start;
    }
}

// Joins the splits of a decoding kernel (attention.cu, attention_mma.cu): one block a (head, batch), one thread a column
// of D = blockDim.x.
KERNEL decode_join(const float* sums, const float2* states, T* out, u32 splits, u32 d) {
    const u64 row = u64(blockIdx.y) * gridDim.x + blockIdx.x;
    float highest = -INF, sum = 0.0f, weights = 0.0f;
    for (u32 i = 0; i < splits; ++i) highest = fmaxf(highest, states[row * splits + i].x);
    for (u32 i = 0; i < splits; ++i) {
        const float2 state = states[row * splits + i];
        const float weight = state.x == -INF ? 0.0f : __expf(state.x - highest);
        sum += weight * sums[(row * splits + i) * blockDim.x + threadIdx.x];
        weights += weight * state.y;
    }
    if (threadIdx.x < d) out[row * d + threadIdx.x] = from_float(weights > 0.0f ? sum / weights : 0.0f);
}

// As little as a kernel can do and still be seen to have run.
KERNEL copy_one(const T* x, T* out) { out[0] = x[0]; }
