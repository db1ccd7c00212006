// Max-pooling of an image (h, w) with window and stride r, float32, row-major: one thread a result, the
// image from global memory.
#include "bound.cuh"

namespace {
constexpr unsigned side = 16;

__global__ void pool(const float *image, float *output, int h, int w, int r) {
    const int rows = h / r, columns = w / r;
    const int i = blockIdx.y * side + threadIdx.y, j = blockIdx.x * side + threadIdx.x;
    if (i >= rows || j >= columns) return;
    const float *window = image + i * r * w + j * r;
    float greatest = window[0];
    for (int a = 0; a < r; ++a)
        for (int b = 0; b < r; ++b) greatest = fmaxf(greatest, window[a * w + b]);
    output[i * columns + j] = greatest;
}
}  // namespace

void launch(const float *const *operands, float *result, const std::int64_t *sizes) {
    const int h = sizes[0], w = sizes[1], r = sizes[2];
    const dim3 grid(blocks(w / r, side), blocks(h / r, side)), block(side, side);
    pool<<<grid, block>>>(operands[0], result, h, w, r);
}
