// y (m) = A (m, n) x (n), float32, row-major, by Eigen's matrix-vector product.
#include <Eigen/Core>
#include <cstdint>

namespace {
using Matrix = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
}

extern "C" void perfpred_run(const float *const *operands, float *result, const std::int64_t *sizes,
                             std::int64_t repetitions, int threads) {
    const std::int64_t m = sizes[0], n = sizes[1];
    Eigen::setNbThreads(threads);
    Eigen::Map<const Matrix> a(operands[0], m, n);
    Eigen::Map<const Eigen::VectorXf> x(operands[1], n);
    Eigen::Map<Eigen::VectorXf> y(result, m);
    for (std::int64_t i = 0; i < repetitions; ++i) {
        y.noalias() = a * x;
        asm volatile("" ::: "memory");  // each repetition must really be computed
    }
}
