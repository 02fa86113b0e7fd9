// Writes far outside of every allocation.
extern "C" __global__ void kernel(const float* x, float* out, unsigned columns) { out[1ull << 40] = x[0]; }
