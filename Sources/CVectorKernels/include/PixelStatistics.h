// What an audit computes of every pixel.
#pragma once

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// Per row of class scores (at most 256 classes) the largest class (the first of equals), its softmax probability and the
/// entropy in nats; outputs may be null.
void ek_softmax_statistics(
  const float *x, size_t rows, size_t channels, uint8_t *label, float *confidence, float *entropy);

/// The softmax probability of each row's label, which must be below `channels`, at most 256.
void ek_label_probability(const float *x, const uint8_t *label, size_t rows, size_t channels, float *out);

/// p = log(p / (1 − p)), with p kept `margin` away from 0 and 1; NaN stays.
void ek_log_odds(float *p, float margin, size_t count);

/// Means over windows of 2 radius + 1 pixels a side, clipped to the image, for one line of it, from the summed-area
/// table's lines above and below the window (width + 1 numbers each), `rows` lines of pixels apart.
void ek_window_means(
  const double *upper, const double *lower, size_t width, size_t radius, size_t rows, float *out);

#ifdef __cplusplus
}
#endif
