// 32-bit floats to bytes, for quantised convolutions.
#pragma once

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// out = x · factor, rounded (halves upwards) and held between 0 and 255. The same on every processor. NaN becomes 0.
void ek_quantize(const float *x, float factor, size_t count, uint8_t *out);

#ifdef __cplusplus
}
#endif
