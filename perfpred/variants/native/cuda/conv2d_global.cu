// Valid convolution, unflipped, of an image (h, w) with a filter (f, f), float32, row-major: one thread a
// result, all operands from global memory.
#include "bound.cuh"

namespace {
constexpr unsigned side = 16;

__global__ void convolve(const float *image, const float *weights, float *output, int h, int w, int f) {
    const int rows = h - f + 1, columns = w - f + 1;
    const int i = blockIdx.y * side + threadIdx.y, j = blockIdx.x * side + threadIdx.x;
    if (i >= rows || j >= columns) return;
    float sum = 0.0f;
    for (int a = 0; a < f; ++a)
        for (int b = 0; b < f; ++b) sum += weights[a * f + b] * image[(i + a) * w + j + b];
    output[i * columns + j] = sum;
}
}  // namespace

void launch(const float *const *operands, float *result, const std::int64_t *sizes) {
    const int h = sizes[0], w = sizes[1], f = sizes[2];
    const dim3 grid(blocks(w - f + 1, side), blocks(h - f + 1, side)), block(side, side);
    convolve<<<grid, block>>>(operands[0], operands[1], result, h, w, f);
}
