// y (m) = A (m, n) x (n), float32, row-major: one thread a result; a block of threads brings x into shared
// memory piece by piece.
#include "bound.cuh"

namespace {
constexpr int width = 128;

__global__ void multiply(const float *a, const float *x, float *y, int m, int n) {
    __shared__ float piece[width];
    const int i = blockIdx.x * width + threadIdx.x;
    float sum = 0.0f;
    for (int start = 0; start < n; start += width) {
        const int length = min(width, n - start);
        if (threadIdx.x < length) piece[threadIdx.x] = x[start + threadIdx.x];
        __syncthreads();
        if (i < m)
            for (int j = 0; j < length; ++j) sum += a[i * n + start + j] * piece[j];
        __syncthreads();  // no thread may overwrite a piece another still reads
    }
    if (i < m) y[i] = sum;
}
}  // namespace

void launch(const float *const *operands, float *result, const std::int64_t *sizes) {
    const int m = sizes[0], n = sizes[1];
    multiply<<<blocks(m, width), width>>>(operands[0], operands[1], result, m, n);
}
