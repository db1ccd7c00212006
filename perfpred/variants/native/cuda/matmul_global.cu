// C (m, n) = A (m, k) B (k, n), float32, row-major: one thread a result, all operands from global memory.
#include "bound.cuh"

namespace {
constexpr unsigned side = 16;

__global__ void multiply(const float *a, const float *b, float *c, int m, int n, int k) {
    const int i = blockIdx.y * side + threadIdx.y, j = blockIdx.x * side + threadIdx.x;
    if (i >= m || j >= n) return;
    float sum = 0.0f;
    for (int l = 0; l < k; ++l) sum += a[i * k + l] * b[l * n + j];
    c[i * n + j] = sum;
}
}  // namespace

void launch(const float *const *operands, float *result, const std::int64_t *sizes) {
    const int m = sizes[0], n = sizes[1], k = sizes[2];
    const dim3 grid(blocks(n, side), blocks(m, side)), block(side, side);
    multiply<<<grid, block>>>(operands[0], operands[1], result, m, n, k);
}
