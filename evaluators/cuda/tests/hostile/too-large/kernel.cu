// Asks for a terabyte of scratch memory.
extern "C" __global__ void kernel(const float* x, float* out, unsigned columns, char* scratch) { scratch[0] = 0; }
