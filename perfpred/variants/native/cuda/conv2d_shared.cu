// Valid convolution, unflipped, of an image (h, w) with a filter (f, f), float32, row-major: one thread a
// result; a block of threads brings the filter and its patch of the image into shared memory.
#include "bound.cuh"

namespace {
constexpr int side = 16;

__global__ void convolve(const float *image, const float *weights, float *output, int h, int w, int f) {
    extern __shared__ float shared[];  // the filter, then a patch of (side + f - 1) squared
    const int reach = side + f - 1, rows = h - f + 1, columns = w - f + 1;
    const int top = blockIdx.y * side, left = blockIdx.x * side;
    const int thread = threadIdx.y * side + threadIdx.x;
    float *patch = shared + f * f;
    for (int e = thread; e < f * f; e += side * side) shared[e] = weights[e];
    for (int e = thread; e < reach * reach; e += side * side) {
        const int y = top + e / reach, x = left + e % reach;
        patch[e] = y < h && x < w ? image[y * w + x] : 0.0f;
    }
    __syncthreads();
    const int i = top + threadIdx.y, j = left + threadIdx.x;
    if (i >= rows || j >= columns) return;
    float sum = 0.0f;
    for (int a = 0; a < f; ++a)
        for (int b = 0; b < f; ++b)
            sum += shared[a * f + b] * patch[(threadIdx.y + a) * reach + threadIdx.x + b];
    output[i * columns + j] = sum;
}
}  // namespace

void launch(const float *const *operands, float *result, const std::int64_t *sizes) {
    const int h = sizes[0], w = sizes[1], f = sizes[2], reach = side + f - 1;
    const dim3 grid(blocks(w - f + 1, side), blocks(h - f + 1, side)), block(side, side);
    const std::size_t shared_bytes = (f * f + reach * reach) * sizeof(float);
    convolve<<<grid, block, shared_bytes>>>(operands[0], operands[1], result, h, w, f);
}
