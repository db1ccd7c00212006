// Valid convolution, unflipped, of an image (h, w) with a filter (f, f), float32, row-major, in plain loops.
#include <cstdint>

namespace {
float at(const float *image, std::int64_t w, const float *weights, std::int64_t f) {
    float sum = 0.0f;
    for (std::int64_t a = 0; a < f; ++a)
        for (std::int64_t b = 0; b < f; ++b) sum += weights[a * f + b] * image[a * w + b];
    return sum;
}

void convolve(const float *image, const float *weights, float *output, const std::int64_t *sizes) {
    const std::int64_t h = sizes[0], w = sizes[1], f = sizes[2], rows = h - f + 1, columns = w - f + 1;
    for (std::int64_t i = 0; i < rows; ++i)
        for (std::int64_t j = 0; j < columns; ++j)
            output[i * columns + j] = at(image + i * w + j, w, weights, f);
}
}  // namespace

extern "C" void perfpred_run(const float *const *operands, float *result, const std::int64_t *sizes,
                             std::int64_t repetitions, int) {
    for (std::int64_t i = 0; i < repetitions; ++i) {
        convolve(operands[0], operands[1], result, sizes);
        asm volatile("" ::: "memory");  // each repetition must really be computed
    }
}
