// out [m, n] = gelu(x [m, k] w [k, n] + bias [n]) on Hopper's tensor cores.
//
// A block computes tiles of 128 x 256. One thread keeps the copy engine four steps of 64 ahead; two warpgroups multiply 64
// rows each with all accumulators in registers, and apply bias and GELU before the only store. Blocks stay and walk over
// tiles, so that the next tile's copies run during this tile's epilogue.
#include "assay.cuh"
#include "hopper.cuh"

// Defined by the manifest: STAGES, steps on their way; GROUP, tiles of one column that are computed before the next
// column, so that both operands stay in the L2 cache.

const int ROWS = 128, COLUMNS = 256, DEPTH = 64, MULTIPLIERS = 2;
const u32 X_BYTES = ROWS * DEPTH * 2, W_BYTES = DEPTH * COLUMNS * 2, W_BLOCK = DEPTH * 128;

struct Tile { int row, column; };

DEVICE Tile tile_at(u32 index, u32 tiles_down, u32 tiles_across) {
    const u32 per_group = GROUP * tiles_across, group = index / per_group, first = group * GROUP;
    const u32 down = min(u32(GROUP), tiles_down - first), rest = index % per_group;
    return {int(first + rest % down) * ROWS, int(rest / down) * COLUMNS};
}

extern "C" __global__ void __launch_bounds__(128 * (MULTIPLIERS + 1), 1)
linear_gelu(const __grid_constant__ TensorMap x, const __grid_constant__ TensorMap w, const T* bias, T* out, u32 m,
               u32 n, u32 k) {
    extern __shared__ __align__(1024) unsigned char shared[];
    const u32 x_tiles = shared_address(shared), w_tiles = x_tiles + STAGES * X_BYTES;
    const u32 full = w_tiles + STAGES * W_BYTES, empty = full + STAGES * 8;
    const int group = threadIdx.x / 128;
    if (threadIdx.x == 0) {
        for (int i = 0; i < STAGES; ++i) {
            barrier_init(full + i * 8, 1);
            barrier_init(empty + i * 8, MULTIPLIERS * 4);
        }
        barrier_init_fence();
    }
    __syncthreads();
    const u32 tiles_down = (m + ROWS - 1) / ROWS, tiles_across = (n + COLUMNS - 1) / COLUMNS;
    const u32 tiles = tiles_down * tiles_across;
    const int steps = (k + DEPTH - 1) / DEPTH;
    int stage = 0;
    u32 phase = 0;
    if (group == 0) {
        give_registers<40>();
        if (threadIdx.x == 0) {
            for (u32 index = blockIdx.x; index < tiles; index += gridDim.x) {
                const Tile tile = tile_at(index, tiles_down, tiles_across);
                for (int step = 0; step < steps; ++step) {
                    barrier_wait(empty + stage * 8, phase ^ 1);
                    barrier_expect(full + stage * 8, X_BYTES + W_BYTES);
                    copy_box(x_tiles + stage * X_BYTES, x, full + stage * 8, step * DEPTH, tile.row);
#pragma unroll
                    for (int i = 0; i < COLUMNS / 64; ++i) {
                        copy_box(w_tiles + stage * W_BYTES + i * W_BLOCK, w, full + stage * 8, tile.column + i * 64,
                                 step * DEPTH);
                    }
                    if (++stage == STAGES) stage = 0, phase ^= 1;
                }
            }
        }
    } else {
        take_registers<232>();
        const int warp = threadIdx.x / 32 % 4, lane = threadIdx.x % 32, first_row = (group - 1) * 64;
        for (u32 index = blockIdx.x; index < tiles; index += gridDim.x) {
            const Tile tile = tile_at(index, tiles_down, tiles_across);
            float sum[COLUMNS / 2];
            int last = -1;
            for (int step = 0; step < steps; ++step) {
                barrier_wait(full + stage * 8, phase);
                const u32 a = x_tiles + stage * X_BYTES + first_row * 128, b = w_tiles + stage * W_BYTES;
                products_begin();
#pragma unroll
                for (int i = 0; i < DEPTH / 16; ++i) {
                    multiply_256<1>(sum, along_rows(a + i * 32), across_rows(b + i * 2048, W_BLOCK), step + i > 0);
                }
                products_commit();
                // The products of the step before are done: its tiles may be overwritten.
                products_wait<1>();
                if (last >= 0 && lane == 0) barrier_arrive(empty + last * 8);
                last = stage;
                if (++stage == STAGES) stage = 0, phase ^= 1;
            }
            products_wait<0>();
            if (lane == 0) barrier_arrive(empty + last * 8);
            const int row = tile.row + first_row + warp * 16 + lane / 4, column = tile.column + lane % 4 * 2;
            T* to = out + u64(row) * n + column;
#pragma unroll
            for (int i = 0; i < COLUMNS / 8; ++i) {
                if (column + i * 8 < n) {
                    const u32 pair = *reinterpret_cast<const u32*>(bias + column + i * 8);
                    const float b0 = to_float(T(pair & 0xffff)), b1 = to_float(T(pair >> 16));
                    if (row < m) {
                        *reinterpret_cast<u32*>(to + i * 8) = pack2(gelu(sum[4 * i] + b0), gelu(sum[4 * i + 1] + b1));
                    }
                    if (row + 8 < m) {
                        *reinterpret_cast<u32*>(to + 8 * u64(n) + i * 8) =
                            pack2(gelu(sum[4 * i + 2] + b0), gelu(sum[4 * i + 3] + b1));
                    }
                }
            }
        }
    }
}
