// y (m) = A (m, n) x (n), float32, row-major, in plain loops.
#include <cstdint>

namespace {
void multiply(const float *a, const float *x, float *y, std::int64_t m, std::int64_t n) {
    for (std::int64_t i = 0; i < m; ++i) {
        float sum = 0.0f;
        for (std::int64_t j = 0; j < n; ++j) sum += a[i * n + j] * x[j];
        y[i] = sum;
    }
}
}  // namespace

extern "C" void perfpred_run(const float *const *operands, float *result, const std::int64_t *sizes,
                             std::int64_t repetitions, int) {
    for (std::int64_t i = 0; i < repetitions; ++i) {
        multiply(operands[0], operands[1], result, sizes[0], sizes[1]);
        asm volatile("" ::: "memory");  // each repetition must really be computed
    }
}
