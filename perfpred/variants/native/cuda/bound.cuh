// What every CUDA source shares: memory on the device, and the loop of launches that is timed.
// A source defines `launch`, which puts one computation on the default stream.
#pragma once
#include <cstddef>
#include <cstdint>
#include <cuda_runtime.h>

// Sizes are in the kernel's parameter order; `operands` and `result` are device pointers.
void launch(const float *const *operands, float *result, const std::int64_t *sizes);

namespace {
const char *text(cudaError_t status) { return status == cudaSuccess ? nullptr : cudaGetErrorString(status); }

inline unsigned blocks(std::int64_t threads, unsigned per_block) {
    return static_cast<unsigned>((threads + per_block - 1) / per_block);
}
}  // namespace

// Each entry point returns null, or what went wrong.
extern "C" const char *perfpred_allocate(float **device, std::int64_t elements) {
    return text(cudaMalloc(device, elements * sizeof(float)));
}

extern "C" const char *perfpred_store(float *device, const float *host, std::int64_t elements) {
    return text(cudaMemcpy(device, host, elements * sizeof(float), cudaMemcpyHostToDevice));
}

extern "C" const char *perfpred_fetch(float *host, const float *device, std::int64_t elements) {
    return text(cudaMemcpy(host, device, elements * sizeof(float), cudaMemcpyDeviceToHost));
}

extern "C" const char *perfpred_release(float *device) { return text(cudaFree(device)); }

// Launches follow each other on one stream; the call ends when the device has finished the last.
extern "C" const char *perfpred_run(const float *const *operands, float *result, const std::int64_t *sizes,
                                    std::int64_t repetitions) {
    for (std::int64_t i = 0; i < repetitions; ++i) launch(operands, result, sizes);
    const cudaError_t launched = cudaGetLastError();
    const cudaError_t finished = cudaDeviceSynchronize();
    return text(launched != cudaSuccess ? launched : finished);
}
