// Shared by every kernel source, Assay's own and those that include "assay.cuh". No other header is included, so that NVRTC
// alone can compile it: a machine with the run-time libraries of a Python wheel has no cuda_fp16.h.
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

DEVICE u32 shared_address(const void* p) { return u32(__cvta_generic_to_shared(p)); }

#if __CUDA_ARCH__ >= 800
// Copies 16 bytes to shared memory in the background; zeros where `real` is false.
DEVICE void copy16(u32 to, const T* from, bool real) {
    const int bytes = real ? 16 : 0;
    asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(to), "l"(from), "r"(bytes) : "memory");
}
DEVICE void commit_copies() { asm volatile("cp.async.commit_group;" ::: "memory"); }
template <int PENDING>
DEVICE void wait_copies() { asm volatile("cp.async.wait_group %0;" ::"n"(PENDING) : "memory"); }
#endif

// Data that is used once: it need not displace what is used again.
DEVICE uint4 load_once(const T* p) { return __ldcs(reinterpret_cast<const uint4*>(p)); }
DEVICE void store_once(T* p, uint4 value) { __stcs(reinterpret_cast<uint4*>(p), value); }
DEVICE uint4 load16(const T* p) { return __ldg(reinterpret_cast<const uint4*>(p)); }
DEVICE void store16(T* p, uint4 value) { *reinterpret_cast<uint4*>(p) = value; }

// The numbers of assay_core::graph::Activation, in its order.
enum Activation { IDENTITY = 0, RELU = 1, GELU = 2, SIGMOID = 3 };

DEVICE float power_of_two(float x) {
    float y;
    asm("ex2.approx.ftz.f32 %0, %1;" : "=f"(y) : "f"(x));
    return y;
}

DEVICE float reciprocal(float x) {
    float y;
    asm("rcp.approx.ftz.f32 %0, %1;" : "=f"(y) : "f"(x));
    return y;
}

// x/2 (1 + erf(x/sqrt 2)) with erf from Abramowitz and Stegun 1964, 7.1.26 (within 1.5e-7, the rounding of fp32 near 1).
// With erf(z) = 1 - p(t) exp(-z^2) for z > 0 this is max(x, 0) - |x|/2 p(t) exp(-x^2/2): 13 instructions, which 16-bit
// formats need to be bound by memory, and nothing cancels in the tails.
DEVICE float gelu(float x) {
    const float t = reciprocal(1.0f + 0.23164190f * fabsf(x));
    const float half_polynomial =
        t * (0.127414796f + t * (-0.142248368f + t * (0.7107068705f + t * (-0.7265760135f + t * 0.5307027145f))));
    return fmaxf(x, 0.0f) - fabsf(x) * half_polynomial * power_of_two(x * x * -0.72134752f);
}

DEVICE float activate(float x, int activation) {
    switch (activation) {
    case RELU: return fmaxf(x, 0.0f);
    case GELU: return gelu(x);
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
