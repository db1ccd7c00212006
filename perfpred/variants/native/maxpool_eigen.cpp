// Max-pooling of an image (h, w) with window and stride r, float32, row-major, in Eigen: the maximum of
// each r rows first, whole vectors at a time, then of each r neighbours, r apart in memory.
#include <Eigen/Core>
#include <cstdint>

namespace {
using Image = Eigen::Array<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using Row = Eigen::Array<float, 1, Eigen::Dynamic, Eigen::RowMajor>;
using Every = Eigen::Map<const Row, Eigen::Unaligned, Eigen::InnerStride<>>;

void pool(const Eigen::Map<const Image> &image, Eigen::Index r, Row &tallest, Eigen::Map<Image> &output) {
    for (Eigen::Index i = 0; i < output.rows(); ++i) {
        tallest = image.row(i * r);
        for (Eigen::Index a = 1; a < r; ++a) tallest = tallest.max(image.row(i * r + a));
        auto row = output.row(i);
        row = Every(tallest.data(), output.cols(), Eigen::InnerStride<>(r));
        for (Eigen::Index b = 1; b < r; ++b)
            row = row.max(Every(tallest.data() + b, output.cols(), Eigen::InnerStride<>(r)));
    }
}
}  // namespace

extern "C" void perfpred_run(const float *const *operands, float *result, const std::int64_t *sizes,
                             std::int64_t repetitions, int) {
    const std::int64_t h = sizes[0], w = sizes[1], r = sizes[2];
    const Eigen::Map<const Image> image(operands[0], h, w);
    Eigen::Map<Image> output(result, h / r, w / r);
    Row tallest(w);
    for (std::int64_t i = 0; i < repetitions; ++i) {
        pool(image, r, tallest, output);
        asm volatile("" ::: "memory");  // each repetition must really be computed
    }
}
