// Shared by every kernel source. No header is included, so that NVRTC alone can compile it: a machine with the run-time
// libraries of a Python wheel has no cuda_fp16.h.
//
// ELEMENT chooses the storage: 0 fp32, 1 fp16, 2 bf16. Arithmetic is fp32 throughout.

typedef unsigned int u32;
typedef unsigned short u16;
typedef unsigned long long u64;
typedef long long i64;

#define DEVICE static __device__ __forceinline__
#define KERNEL extern "C" __global__ void
#define INF __int_as_float(0x7f800000)
#define FULL_WARP 0xffffffffu

#if ELEMENT == 0
typedef float T;
// Elements in 16 bytes, the widest access.
#define V 4
DEVICE float to_float(T x) { return x; }
DEVICE T from_float(float x) { return x; }
DEVICE void unpack(uint4 raw, float (&x)[V]) {
    x[0] = __uint_as_float(raw.x);
    x[1] = __uint_as_float(raw.y);
    x[2] = __uint_as_float(raw.z);
    x[3] = __uint_as_float(raw.w);
}
DEVICE uint4 pack(const float (&x)[V]) {
    return make_uint4(__float_as_uint(x[0]), __float_as_uint(x[1]), __float_as_uint(x[2]), __float_as_uint(x[3]));
}
#else
typedef u16 T;
#define V 8
#if ELEMENT == 1
DEVICE float to_float(T x) {
    float y;
    asm("cvt.f32.f16 %0, %1;" : "=f"(y) : "h"(x));
    return y;
}
DEVICE T from_float(float x) {
    u16 y;
    asm("cvt.rn.f16.f32 %0, %1;" : "=h"(y) : "f"(x));
    return y;
}
#else
DEVICE float to_float(T x) { return __uint_as_float(u32(x) << 16); }
DEVICE T from_float(float x) {
    u16 y;
    asm("cvt.rn.bf16.f32 %0, %1;" : "=h"(y) : "f"(x));
    return y;
}
#endif
// The lower half holds the first of the two.
DEVICE u32 pack2(float first, float second) {
#if __CUDA_ARCH__ >= 800
    u32 y;
#if ELEMENT == 1
    asm("cvt.rn.f16x2.f32 %0, %1, %2;" : "=r"(y) : "f"(second), "f"(first));
#else
    asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(y) : "f"(second), "f"(first));
#endif
    return y;
#else
    return u32(from_float(first)) | u32(from_float(second)) << 16;
#endif
}
DEVICE void unpack(uint4 raw, float (&x)[V]) {
    const u32 words[4] = {raw.x, raw.y, raw.z, raw.w};
#pragma unroll
    for (int i = 0; i < 4; ++i) {
        x[2 * i] = to_float(u16(words[i] & 0xffffu));
        x[2 * i + 1] = to_float(u16(words[i] >> 16));
    }
}
DEVICE uint4 pack(const float (&x)[V]) {
    return make_uint4(pack2(x[0], x[1]), pack2(x[2], x[3]), pack2(x[4], x[5]), pack2(x[6], x[7]));
}
#endif

DEVICE uint4 load16(const T* p) { return __ldg(reinterpret_cast<const uint4*>(p)); }
DEVICE void store16(T* p, uint4 value) { *reinterpret_cast<uint4*>(p) = value; }

// The numbers of assay_core::graph::Activation, in its order.
enum Activation { IDENTITY = 0, RELU = 1, GELU = 2, SIGMOID = 3 };

DEVICE float activate(float x, int activation) {
    switch (activation) {
    case RELU: return fmaxf(x, 0.0f);
    case GELU: return 0.5f * x * (1.0f + erff(x * 0.70710678118654752f));
    case SIGMOID: return 1.0f / (1.0f + __expf(-x));
    default: return x;
    }
}

DEVICE float warp_sum(float x) {
#pragma unroll
    for (int offset = 16; offset > 0; offset >>= 1) x += __shfl_xor_sync(FULL_WARP, x, offset);
    return x;
}

DEVICE float warp_max(float x) {
#pragma unroll
    for (int offset = 16; offset > 0; offset >>= 1) x = fmaxf(x, __shfl_xor_sync(FULL_WARP, x, offset));
    return x;
}

// Reductions over the block; every thread gets the result. blockDim.x is a multiple of 32 and at most 1024.
template <bool MAXIMUM>
DEVICE float block_reduce(float x) {
    __shared__ float partial[33];
    x = MAXIMUM ? warp_max(x) : warp_sum(x);
    if (blockDim.x == 32) return x;
    const int warp = threadIdx.x / 32, lane = threadIdx.x % 32;
    if (lane == 0) partial[warp] = x;
    __syncthreads();
    if (warp == 0) {
        x = lane < blockDim.x / 32 ? partial[lane] : (MAXIMUM ? -INF : 0.0f);
        x = MAXIMUM ? warp_max(x) : warp_sum(x);
        if (lane == 0) partial[32] = x;
    }
    __syncthreads();
    return partial[32];
}
DEVICE float block_sum(float x) { return block_reduce<false>(x); }
DEVICE float block_max(float x) { return block_reduce<true>(x); }
