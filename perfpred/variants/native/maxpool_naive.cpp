// Max-pooling of an image (h, w) with window and stride r, float32, row-major, in plain loops.
#include <algorithm>
#include <cstdint>

namespace {
float greatest(const float *window, std::int64_t w, std::int64_t r) {
    float value = window[0];
    for (std::int64_t a = 0; a < r; ++a)
        for (std::int64_t b = 0; b < r; ++b) value = std::max(value, window[a * w + b]);
    return value;
}

void pool(const float *image, float *output, std::int64_t h, std::int64_t w, std::int64_t r) {
    const std::int64_t rows = h / r, columns = w / r;
    for (std::int64_t i = 0; i < rows; ++i)
        for (std::int64_t j = 0; j < columns; ++j)
            output[i * columns + j] = greatest(image + i * r * w + j * r, w, r);
}
}  // namespace

extern "C" void perfpred_run(const float *const *operands, float *result, const std::int64_t *sizes,
                             std::int64_t repetitions, int) {
    for (std::int64_t i = 0; i < repetitions; ++i) {
        pool(operands[0], result, sizes[0], sizes[1], sizes[2]);
        asm volatile("" ::: "memory");  // each repetition must really be computed
    }
}
