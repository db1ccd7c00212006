// A 3x3 convolution layer (c_in, h, w) -> (c_out, h-2, w-2), batch 1, float32, in plain loops. A row of
// results is summed over channels and taps, so that the innermost loop walks memory in order.
#include <algorithm>
#include <cstdint>

namespace {
constexpr std::int64_t filter = 3;

// Add to a row of results what one channel gives; `image` and `weights` stand at that channel and row.
void add_channel(const float *image, std::int64_t w, const float *weights, float *row, std::int64_t columns) {
    for (std::int64_t a = 0; a < filter; ++a)
        for (std::int64_t b = 0; b < filter; ++b) {
            const float weight = weights[a * filter + b];
            for (std::int64_t j = 0; j < columns; ++j) row[j] += weight * image[a * w + b + j];
        }
}

void convolve(const float *image, const float *weights, float *output, const std::int64_t *sizes) {
    const std::int64_t c_in = sizes[0], c_out = sizes[1], h = sizes[2], w = sizes[3];
    const std::int64_t rows = h - filter + 1, columns = w - filter + 1;
    for (std::int64_t o = 0; o < c_out; ++o)
        for (std::int64_t i = 0; i < rows; ++i) {
            float *row = output + (o * rows + i) * columns;
            std::fill_n(row, columns, 0.0f);
            for (std::int64_t c = 0; c < c_in; ++c) {
                const float *taps = weights + (o * c_in + c) * filter * filter;
                add_channel(image + (c * h + i) * w, w, taps, row, columns);
            }
        }
}
}  // namespace

extern "C" void perfpred_run(const float *const *operands, float *result, const std::int64_t *sizes,
                             std::int64_t repetitions, int) {
    for (std::int64_t i = 0; i < repetitions; ++i) {
        convolve(operands[0], operands[1], result, sizes);
        asm volatile("" ::: "memory");  // each repetition must really be computed
    }
}
