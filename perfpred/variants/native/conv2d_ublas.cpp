// Valid convolution, unflipped, of an image (h, w) with a filter (f, f), float32, row-major, in Boost uBLAS:
// the sum over the filter's taps of the image's shifted ranges.
#define BOOST_UBLAS_NDEBUG
#define BOOST_UBLAS_SHALLOW_ARRAY_ADAPTOR
#include <boost/numeric/ublas/matrix.hpp>
#include <boost/numeric/ublas/matrix_proxy.hpp>
#include <cstdint>

namespace ublas = boost::numeric::ublas;

namespace {
using View = ublas::shallow_array_adaptor<float>;
using Matrix = ublas::matrix<float, ublas::row_major, View>;

Matrix view(const float *data, std::size_t rows, std::size_t columns) {
    return Matrix(rows, columns, View(rows * columns, const_cast<float *>(data)));
}

void convolve(const Matrix &image, const Matrix &weights, Matrix &output) {
    const std::size_t rows = output.size1(), columns = output.size2();
    output.clear();
    for (std::size_t a = 0; a < weights.size1(); ++a)
        for (std::size_t b = 0; b < weights.size2(); ++b)
            ublas::noalias(output) += weights(a, b) * ublas::subrange(image, a, a + rows, b, b + columns);
}
}  // namespace

extern "C" void perfpred_run(const float *const *operands, float *result, const std::int64_t *sizes,
                             std::int64_t repetitions, int) {
    const std::size_t h = sizes[0], w = sizes[1], f = sizes[2];
    const Matrix image = view(operands[0], h, w), weights = view(operands[1], f, f);
    Matrix output = view(result, h - f + 1, w - f + 1);
    for (std::int64_t i = 0; i < repetitions; ++i) {
        convolve(image, weights, output);
        asm volatile("" ::: "memory");  // each repetition must really be computed
    }
}
