// C (m, n) = A (m, k) B (k, n), float32, row-major: one thread a result; a block of threads brings tiles
// of A and B into shared memory and uses each element `side` times.
#include "bound.cuh"

namespace {
constexpr int side = 16;

__global__ void multiply(const float *a, const float *b, float *c, int m, int n, int k) {
    __shared__ float a_tile[side][side], b_tile[side][side];
    const int i = blockIdx.y * side + threadIdx.y, j = blockIdx.x * side + threadIdx.x;
    float sum = 0.0f;
    for (int start = 0; start < k; start += side) {
        const int a_column = start + threadIdx.x, b_row = start + threadIdx.y;
        a_tile[threadIdx.y][threadIdx.x] = i < m && a_column < k ? a[i * k + a_column] : 0.0f;
        b_tile[threadIdx.y][threadIdx.x] = b_row < k && j < n ? b[b_row * n + j] : 0.0f;
        __syncthreads();
        for (int l = 0; l < side; ++l) sum += a_tile[threadIdx.y][l] * b_tile[l][threadIdx.x];
        __syncthreads();  // no thread may overwrite a tile another still reads
    }
    if (i < m && j < n) c[i * n + j] = sum;
}
}  // namespace

void launch(const float *const *operands, float *result, const std::int64_t *sizes) {
    const int m = sizes[0], n = sizes[1], k = sizes[2];
    const dim3 grid(blocks(n, side), blocks(m, side)), block(side, side);
    multiply<<<grid, block>>>(operands[0], operands[1], result, m, n, k);
}
