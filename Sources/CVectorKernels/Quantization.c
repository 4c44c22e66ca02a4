#include "Quantization.h"

// A multiply-add would round otherwise than a product and a sum.
#pragma clang fp contract(off)

#if defined(__x86_64__)
__attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#endif
void ek_quantize(const float *restrict x, float factor, size_t count, uint8_t *restrict out) {
  for (size_t i = 0; i < count; i++) {
    float scaled = x[i] * factor + 0.5f;
    scaled = scaled > 0.0f ? scaled : 0.0f;
    scaled = scaled < 255.0f ? scaled : 255.0f;
    out[i] = (uint8_t)(int32_t)scaled;
  }
}
