#include "FacilityLocation.h"

#include "Elementary.h"

#pragma clang fp reassociate(on) contract(fast)

// Partial sums stay in float for so many elements before they go to double.
enum { block = 512 };

MULTIVERSIONED double ek_coverage_gain(
  const float *restrict similarity, const float *restrict covered, const float *restrict weight, size_t count) {
  double total = 0;
  for (size_t start = 0; start < count; start += block) {
    const size_t end = start + block < count ? start + block : count;
    float partial = 0;
    for (size_t i = start; i < end; i++) {
      const float more = similarity[i] - covered[i];
      partial += weight[i] * (more > 0 ? more : 0);
    }
    total += partial;
  }
  return total;
}

MULTIVERSIONED void ek_cover(float *restrict covered, const float *restrict similarity, size_t count) {
  for (size_t i = 0; i < count; i++) covered[i] = similarity[i] > covered[i] ? similarity[i] : covered[i];
}
