// A 3x3 convolution layer (c_in, h, w) -> (c_out, h-2, w-2), batch 1, float32, in Eigen: the image patches
// are laid out as a matrix ("im2col"), then weights (c_out, 9 c_in) times patches is one general product.
#include <Eigen/Core>
#include <algorithm>
#include <cstdint>
#include <vector>

namespace {
using Matrix = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
constexpr std::int64_t filter = 3;

// Row (c, a, b) of the patches is channel c moved up by a and left by b.
void lay_out(const float *image, std::int64_t channels, std::int64_t h, std::int64_t w, float *patches) {
    const std::int64_t rows = h - filter + 1, columns = w - filter + 1;
    for (std::int64_t c = 0; c < channels; ++c)
        for (std::int64_t a = 0; a < filter; ++a)
            for (std::int64_t b = 0; b < filter; ++b)
                for (std::int64_t i = 0; i < rows; ++i, patches += columns)
                    std::copy_n(image + (c * h + i + a) * w + b, columns, patches);
}
}  // namespace

extern "C" void perfpred_run(const float *const *operands, float *result, const std::int64_t *sizes,
                             std::int64_t repetitions, int threads) {
    const std::int64_t c_in = sizes[0], c_out = sizes[1], h = sizes[2], w = sizes[3];
    const std::int64_t terms = c_in * filter * filter, pixels = (h - filter + 1) * (w - filter + 1);
    // Kept between calls: fresh memory would cost page faults in every timed call.
    static thread_local std::vector<float> patches;
    if (patches.size() < std::size_t(terms * pixels)) patches.resize(terms * pixels);
    Eigen::setNbThreads(threads);
    Eigen::Map<const Matrix> weights(operands[1], c_out, terms), unrolled(patches.data(), terms, pixels);
    Eigen::Map<Matrix> output(result, c_out, pixels);
    for (std::int64_t i = 0; i < repetitions; ++i) {
        lay_out(operands[0], c_in, h, w, patches.data());
        output.noalias() = weights * unrolled;
        asm volatile("" ::: "memory");  // each repetition must really be computed
    }
}
