// C (m, n) = A (m, k) B (k, n), row-major, in plain loops. They run i, k, j: the textbook's i, j, k
// walks B down its columns, whose cache misses would be nearly all that is measured.
#include <algorithm>
#include <cstdint>

#ifndef PERFPRED_SCALAR
#define PERFPRED_SCALAR float
#endif

using Scalar = PERFPRED_SCALAR;

namespace {
void multiply(const Scalar *a, const Scalar *b, Scalar *c, std::int64_t m, std::int64_t n, std::int64_t k) {
    for (std::int64_t i = 0; i < m; ++i) {
        std::fill_n(c + i * n, n, Scalar(0));
        for (std::int64_t l = 0; l < k; ++l) {
            const Scalar factor = a[i * k + l];
            for (std::int64_t j = 0; j < n; ++j) c[i * n + j] += factor * b[l * n + j];
        }
    }
}
}  // namespace

extern "C" void perfpred_run(const Scalar *const *operands, Scalar *result, const std::int64_t *sizes,
                             std::int64_t repetitions, int) {
    for (std::int64_t i = 0; i < repetitions; ++i) {
        multiply(operands[0], operands[1], result, sizes[0], sizes[1], sizes[2]);
        asm volatile("" ::: "memory");  // each repetition must really be computed
    }
}
