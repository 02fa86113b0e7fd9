extern "C" __global__ void kernel(const float* x, float* out, unsigned columns) { out[0] = y; }
