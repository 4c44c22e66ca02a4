#include "PixelStatistics.h"

#include "Elementary.h"

#include <math.h>

// Sums come out in the order that the code says: what an audit writes does not depend on the instruction set's width.
#pragma clang fp reassociate(off) contract(fast)

// Pixels that are worked on side by side: classes are few, pixels many.
enum { together = 16, most_classes = 256 };

// Class scores of pixels from `row` on, class by class; beyond the last pixel the last one again.
INLINED void transpose(const float *x, size_t row, size_t rows, size_t channels, float (*out)[together]) {
  for (size_t lane = 0; lane < together; lane++) {
    const float *source = x + (row + lane < rows ? row + lane : rows - 1) * channels;
    for (size_t c = 0; c < channels; c++) out[c][lane] = source[c];
  }
}

MULTIVERSIONED void ek_softmax_statistics(
  const float *restrict x, size_t rows, size_t channels, uint8_t *restrict label, float *restrict confidence,
  float *restrict entropy) {
  float scores[most_classes][together];
  for (size_t row = 0; row < rows; row += together) {
    transpose(x, row, rows, channels, scores);
    float top[together], total[together], weighted[together], undecided[together];
    int32_t best[together];
    for (size_t l = 0; l < together; l++) {
      top[l] = scores[0][l];
      best[l] = 0;
      total[l] = 0;
      weighted[l] = 0;
    }
    for (size_t c = 1; c < channels; c++)
      for (size_t l = 0; l < together; l++) {
        const int wins = scores[c][l] > top[l];
        top[l] = wins ? scores[c][l] : top[l];
        best[l] = wins ? (int32_t)c : best[l];
      }
    for (size_t c = 0; c < channels; c++)
      for (size_t l = 0; l < together; l++) {
        const float shifted = scores[c][l] - top[l], e = exponential(shifted);
        total[l] += e;
        weighted[l] += e * shifted;
      }
    for (size_t l = 0; l < together; l++) {
      const float value = logarithm(total[l]) - weighted[l] / total[l];
      undecided[l] = value < 0.0f ? 0.0f : value;
    }
    const size_t count = rows - row < together ? rows - row : together;
    for (size_t l = 0; l < count; l++) {
      if (label) label[row + l] = (uint8_t)best[l];
      if (confidence) confidence[row + l] = 1.0f / total[l];
      if (entropy) entropy[row + l] = undecided[l];
    }
  }
}

MULTIVERSIONED void ek_label_probability(
  const float *restrict x, const uint8_t *restrict label, size_t rows, size_t channels, float *restrict out) {
  float scores[most_classes][together];
  for (size_t row = 0; row < rows; row += together) {
    transpose(x, row, rows, channels, scores);
    const size_t count = rows - row < together ? rows - row : together;
    float top[together], total[together], own[together];
    for (size_t l = 0; l < together; l++) {
      top[l] = scores[0][l];
      total[l] = 0;
      own[l] = scores[label[row + (l < count ? l : 0)]][l];
    }
    for (size_t c = 1; c < channels; c++)
      for (size_t l = 0; l < together; l++) top[l] = scores[c][l] > top[l] ? scores[c][l] : top[l];
    for (size_t c = 0; c < channels; c++)
      for (size_t l = 0; l < together; l++) total[l] += exponential(scores[c][l] - top[l]);
    for (size_t l = 0; l < together; l++) own[l] = exponential(own[l] - top[l]) / total[l];
    for (size_t l = 0; l < count; l++) out[row + l] = own[l];
  }
}

MULTIVERSIONED void ek_log_odds(float *p, float margin, size_t count) {
  for (size_t i = 0; i < count; i++) {
    // Comparisons leave NaN as it is.
    const float low = p[i] < margin ? margin : p[i];
    const float kept = low > 1.0f - margin ? 1.0f - margin : low;
    p[i] = logarithm(kept / (1.0f - kept));
  }
}

INLINED float window_mean(
  const double *upper, const double *lower, size_t left, size_t right, double rows) {
  const double sum = lower[right] - lower[left] - upper[right] + upper[left];
  return (float)(sum / (rows * (double)(right - left)));
}

MULTIVERSIONED void ek_window_means(
  const double *upper, const double *lower, size_t width, size_t radius, size_t rows, float *restrict out) {
  const double height = (double)rows;
  const size_t first = radius < width ? radius : width;
  const size_t last = width > radius + first ? width - radius : first;
  for (size_t x = 0; x < first; x++)
    out[x] = window_mean(upper, lower, 0, x + radius + 1 < width ? x + radius + 1 : width, height);
  for (size_t x = first; x < last; x++) out[x] = window_mean(upper, lower, x - radius, x + radius + 1, height);
  for (size_t x = last; x < width; x++)
    out[x] = window_mean(upper, lower, x - radius, x + radius + 1 < width ? x + radius + 1 : width, height);
}
