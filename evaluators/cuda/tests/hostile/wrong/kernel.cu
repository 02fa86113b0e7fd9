// Leaves the last column unwritten.
extern "C" __global__ void kernel(const float* x, float* out, unsigned columns) {
    for (unsigned i = threadIdx.x; i + 1 < columns; i += blockDim.x) out[blockIdx.x * columns + i] = 1.0f / columns;
}
