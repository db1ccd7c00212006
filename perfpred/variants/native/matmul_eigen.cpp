// C (m, n) = A (m, k) B (k, n), row-major, by Eigen's general product.
#include <Eigen/Core>
#include <cstdint>

#ifndef PERFPRED_SCALAR
#define PERFPRED_SCALAR float
#endif

using Scalar = PERFPRED_SCALAR;

namespace {
using Matrix = Eigen::Matrix<Scalar, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
}

extern "C" void perfpred_run(const Scalar *const *operands, Scalar *result, const std::int64_t *sizes,
                             std::int64_t repetitions, int threads) {
    const std::int64_t m = sizes[0], n = sizes[1], k = sizes[2];
    Eigen::setNbThreads(threads);
    Eigen::Map<const Matrix> a(operands[0], m, k), b(operands[1], k, n);
    Eigen::Map<Matrix> c(result, m, n);
    for (std::int64_t i = 0; i < repetitions; ++i) {
        c.noalias() = a * b;
        asm volatile("" ::: "memory");  // each repetition must really be computed
    }
}
