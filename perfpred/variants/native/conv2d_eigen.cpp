// Valid convolution, unflipped, of an image (h, w) with a filter (f, f), float32, row-major, in Eigen:
// a row of results is the sum over the filter's taps of shifted image rows, so it stays in the L1 cache.
#include <Eigen/Core>
#include <cstdint>

namespace {
using Image = Eigen::Array<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using Input = Eigen::Map<const Image>;
using Output = Eigen::Map<Image>;

void convolve(const Input &image, const Input &weights, Output &output) {
    const Eigen::Index filter = weights.rows(), width = output.cols();
    for (Eigen::Index i = 0; i < output.rows(); ++i) {
        auto row = output.row(i);
        row.setZero();
        for (Eigen::Index a = 0; a < filter; ++a)
            for (Eigen::Index b = 0; b < filter; ++b)
                row += weights(a, b) * image.row(i + a).segment(b, width);
    }
}
}  // namespace

extern "C" void perfpred_run(const float *const *operands, float *result, const std::int64_t *sizes,
                             std::int64_t repetitions, int) {
    const std::int64_t h = sizes[0], w = sizes[1], f = sizes[2];
    const Input image(operands[0], h, w), weights(operands[1], f, f);
    Output output(result, h - f + 1, w - f + 1);
    for (std::int64_t i = 0; i < repetitions; ++i) {
        convolve(image, weights, output);
        asm volatile("" ::: "memory");  // each repetition must really be computed
    }
}
