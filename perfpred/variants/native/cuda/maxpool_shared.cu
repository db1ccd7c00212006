// Max-pooling of an image (h, w) with window and stride r, float32, row-major: one thread a result; a block
// of threads brings its patch of the image into shared memory, so that global memory is read in order.
#include "bound.cuh"

namespace {
constexpr int side = 16;

__global__ void pool(const float *image, float *output, int h, int w, int r) {
    extern __shared__ float patch[];  // (side * r) squared
    const int reach = side * r, rows = h / r, columns = w / r;
    const int top = blockIdx.y * reach, left = blockIdx.x * reach;
    for (int e = threadIdx.y * side + threadIdx.x; e < reach * reach; e += side * side) {
        const int y = top + e / reach, x = left + e % reach;
        if (y < h && x < w) patch[e] = image[y * w + x];
    }
    __syncthreads();
    const int i = blockIdx.y * side + threadIdx.y, j = blockIdx.x * side + threadIdx.x;
    if (i >= rows || j >= columns) return;
    const float *window = patch + threadIdx.y * r * reach + threadIdx.x * r;
    float greatest = window[0];
    for (int a = 0; a < r; ++a)
        for (int b = 0; b < r; ++b) greatest = fmaxf(greatest, window[a * reach + b]);
    output[i * columns + j] = greatest;
}
}  // namespace

void launch(const float *const *operands, float *result, const std::int64_t *sizes) {
    const int h = sizes[0], w = sizes[1], r = sizes[2];
    const dim3 grid(blocks(w / r, side), blocks(h / r, side)), block(side, side);
    const std::size_t shared_bytes = side * r * side * r * sizeof(float);
    pool<<<grid, block, shared_bytes>>>(operands[0], result, h, w, r);
}
