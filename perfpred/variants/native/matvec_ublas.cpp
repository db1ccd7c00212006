// y (m) = A (m, n) x (n), float32, row-major, by Boost uBLAS's prod: of a dense matrix
// and a vector it is several times faster than axpy_prod, which adds each product to y in memory.
#define BOOST_UBLAS_NDEBUG
#define BOOST_UBLAS_SHALLOW_ARRAY_ADAPTOR
#include <boost/numeric/ublas/matrix.hpp>
#include <boost/numeric/ublas/vector.hpp>
#include <cstdint>

namespace ublas = boost::numeric::ublas;

namespace {
using View = ublas::shallow_array_adaptor<float>;
using Matrix = ublas::matrix<float, ublas::row_major, View>;
using Vector = ublas::vector<float, View>;

View view(const float *data, std::size_t size) { return View(size, const_cast<float *>(data)); }
}  // namespace

extern "C" void perfpred_run(const float *const *operands, float *result, const std::int64_t *sizes,
                             std::int64_t repetitions, int) {
    const std::size_t m = sizes[0], n = sizes[1];
    const Matrix a(m, n, view(operands[0], m * n));
    const Vector x(n, view(operands[1], n));
    Vector y(m, view(result, m));
    for (std::int64_t i = 0; i < repetitions; ++i) {
        ublas::noalias(y) = ublas::prod(a, x);
        asm volatile("" ::: "memory");  // each repetition must really be computed
    }
}
