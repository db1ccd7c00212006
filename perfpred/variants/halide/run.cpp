// Repeats a Halide function, and keeps the message of an error: Halide's own handler ends the process.
#include <HalideRuntime.h>
#include <cstdint>
#include <cstring>

extern "C" int perfpred_kernel_argv(void **arguments);

namespace {
char message[512];

void keep(void *, const char *text) { std::strncpy(message, text, sizeof message - 1); }
}  // namespace

// Returns 0, or the error code of the first repetition that failed.
extern "C" int perfpred_run(void **arguments, std::int64_t repetitions, int threads) {
    halide_set_error_handler(keep);
    halide_set_num_threads(threads);
    for (std::int64_t i = 0; i < repetitions; ++i) {
        if (const int code = perfpred_kernel_argv(arguments)) return code;
    }
    return 0;
}

extern "C" const char *perfpred_message() { return message; }
