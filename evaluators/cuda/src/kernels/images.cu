// Images are held channels-last (NHWC): a convolution is then one matrix product over all pixels of the batch, with a
// bias along the fast dimension, and every kernel here reads and writes whole packs of channels.

struct Window {
    u32 height, width, channels;         // of the input
    u32 out_height, out_width;           // of the result
    u32 kernel_height, kernel_width;
    u32 stride, padding;
};

// The operand of an implicit matrix product: out[(n, oh, ow)][(kh, kw, c)], rows of `depth` elements, of which those
// beyond kernel_height * kernel_width * channels are zero. One pack a thread; channels is a multiple of V.
KERNEL im2col(const T* in, T* out, Window w, u32 depth, u64 packs) {
    const u64 i = u64(blockIdx.x) * blockDim.x + threadIdx.x;
    if (i >= packs) return;
    const u32 packs_per_row = depth / V;
    const u64 row = i / packs_per_row;
    const u32 element = u32(i % packs_per_row) * V;
    const u32 tap = element / w.channels, channel = element % w.channels;
    const u32 kh = tap / w.kernel_width, kw = tap % w.kernel_width;
    const u32 ow = u32(row % w.out_width), oh = u32(row / w.out_width % w.out_height);
    const u64 n = row / (u64(w.out_width) * w.out_height);
    const int h = int(oh * w.stride + kh) - int(w.padding), x = int(ow * w.stride + kw) - int(w.padding);
    uint4 value = make_uint4(0, 0, 0, 0);
    if (kh < w.kernel_height && h >= 0 && h < int(w.height) && x >= 0 && x < int(w.width)) {
        value = load16(in + ((n * w.height + h) * w.width + x) * w.channels + channel);
    }
    store16(out + i * V, value);
}

// The same for any number of channels: a thread gathers its pack element by element.
KERNEL im2col_gather(const T* in, T* out, Window w, u32 depth, u64 packs) {
    const u64 i = u64(blockIdx.x) * blockDim.x + threadIdx.x;
    if (i >= packs) return;
    const u32 packs_per_row = depth / V;
    const u64 row = i / packs_per_row;
    const u32 first = u32(i % packs_per_row) * V;
    const u32 ow = u32(row % w.out_width), oh = u32(row / w.out_width % w.out_height);
    const u64 n = row / (u64(w.out_width) * w.out_height);
    float values[V];
#pragma unroll
    for (int v = 0; v < V; ++v) {
        const u32 tap = (first + v) / w.channels, channel = (first + v) % w.channels;
        const u32 kh = tap / w.kernel_width, kw = tap % w.kernel_width;
        const int h = int(oh * w.stride + kh) - int(w.padding), x = int(ow * w.stride + kw) - int(w.padding);
        const bool inside = kh < w.kernel_height && h >= 0 && h < int(w.height) && x >= 0 && x < int(w.width);
        values[v] = inside ? to_float(in[((n * w.height + h) * w.width + x) * w.channels + channel]) : 0.0f;
    }
    store16(out + i * V, pack(values));
}

// The maximum over a window; padding never wins. One pack of channels a thread.
KERNEL max_pool(const T* in, T* out, Window w, u64 packs) {
    const u64 i = u64(blockIdx.x) * blockDim.x + threadIdx.x;
    if (i >= packs) return;
    const u32 packs_per_pixel = w.channels / V;
    const u64 pixel = i / packs_per_pixel;
    const u32 channel = u32(i % packs_per_pixel) * V;
    const u32 ow = u32(pixel % w.out_width), oh = u32(pixel / w.out_width % w.out_height);
    const u64 n = pixel / (u64(w.out_width) * w.out_height);
    float best[V];
#pragma unroll
    for (int v = 0; v < V; ++v) best[v] = -INF;
    for (u32 kh = 0; kh < w.kernel_height; ++kh) {
        const int h = int(oh * w.stride + kh) - int(w.padding);
        if (h < 0 || h >= int(w.height)) continue;
        for (u32 kw = 0; kw < w.kernel_width; ++kw) {
            const int x = int(ow * w.stride + kw) - int(w.padding);
            if (x < 0 || x >= int(w.width)) continue;
            float value[V];
            unpack(load16(in + ((n * w.height + h) * w.width + x) * w.channels + channel), value);
#pragma unroll
            for (int v = 0; v < V; ++v) best[v] = fmaxf(best[v], value[v]);
        }
    }
    store16(out + i * V, pack(best));
}

// out[n, c] = mean of in[n, :, c]. A block of (32, 8) threads takes 32 channels; eight threads share a channel.
KERNEL global_average_pool(const T* in, T* out, u32 pixels, u32 channels) {
    __shared__ float partial[8][32];
    const u32 channel = blockIdx.x * 32 + threadIdx.x;
    const T* image = in + u64(blockIdx.y) * pixels * channels;
    float sum = 0.0f;
    if (channel < channels) {
        for (u32 p = threadIdx.y; p < pixels; p += 8) sum += to_float(image[u64(p) * channels + channel]);
    }
    partial[threadIdx.y][threadIdx.x] = sum;
    __syncthreads();
    if (threadIdx.y == 0 && channel < channels) {
#pragma unroll
        for (int j = 1; j < 8; ++j) sum += partial[j][threadIdx.x];
        out[u64(blockIdx.y) * channels + channel] = from_float(sum / pixels);
    }
}
