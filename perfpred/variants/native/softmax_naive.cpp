// Softmax of each row of a matrix (m, n), float32, row-major, in plain loops.
#include <algorithm>
#include <cmath>
#include <cstdint>

namespace {
void softmax(const float *x, float *y, std::int64_t n) {
    const float greatest = *std::max_element(x, x + n);
    float sum = 0.0f;
    for (std::int64_t j = 0; j < n; ++j) {
        y[j] = std::exp(x[j] - greatest);
        sum += y[j];
    }
    for (std::int64_t j = 0; j < n; ++j) y[j] /= sum;
}

void softmax_rows(const float *x, float *y, std::int64_t m, std::int64_t n) {
    for (std::int64_t i = 0; i < m; ++i) softmax(x + i * n, y + i * n, n);
}
}  // namespace

extern "C" void perfpred_run(const float *const *operands, float *result, const std::int64_t *sizes,
                             std::int64_t repetitions, int) {
    for (std::int64_t i = 0; i < repetitions; ++i) {
        softmax_rows(operands[0], result, sizes[0], sizes[1]);
        asm volatile("" ::: "memory");  // each repetition must really be computed
    }
}
