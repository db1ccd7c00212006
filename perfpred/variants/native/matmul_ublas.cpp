// C (m, n) = A (m, k) B (k, n), row-major, by Boost uBLAS's axpy_prod,
// which its documentation gives as the optimised product.
#define BOOST_UBLAS_NDEBUG
#define BOOST_UBLAS_SHALLOW_ARRAY_ADAPTOR
#include <boost/numeric/ublas/matrix.hpp>
#include <boost/numeric/ublas/operation.hpp>
#include <cstdint>

#ifndef PERFPRED_SCALAR
#define PERFPRED_SCALAR float
#endif

using Scalar = PERFPRED_SCALAR;

namespace ublas = boost::numeric::ublas;

namespace {
using View = ublas::shallow_array_adaptor<Scalar>;
using Matrix = ublas::matrix<Scalar, ublas::row_major, View>;

Matrix view(const Scalar *data, std::size_t rows, std::size_t columns) {
    return Matrix(rows, columns, View(rows * columns, const_cast<Scalar *>(data)));
}
}  // namespace

extern "C" void perfpred_run(const Scalar *const *operands, Scalar *result, const std::int64_t *sizes,
                             std::int64_t repetitions, int) {
    const std::size_t m = sizes[0], n = sizes[1], k = sizes[2];
    const Matrix a = view(operands[0], m, k), b = view(operands[1], k, n);
    Matrix c = view(result, m, n);
    for (std::int64_t i = 0; i < repetitions; ++i) {
        ublas::axpy_prod(a, b, c, true);
        asm volatile("" ::: "memory");  // each repetition must really be computed
    }
}
