// What the kernels share: how they are compiled, and elementary functions that vectorise.
#pragma once

#include <stdint.h>
#include <string.h>

#if defined(__x86_64__)
#define MULTIVERSIONED __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define MULTIVERSIONED
#endif
#define INLINED static inline __attribute__((always_inline))

/// exp by range reduction to |r| ≤ ln 2 / 2 and a polynomial; arguments outside ±87 are clamped.
INLINED float exponential(float x) {
#pragma clang fp reassociate(off)
  x = x < -87.0f ? -87.0f : x;
  x = x > 87.0f ? 87.0f : x;
  const float magic = 12582912.0f;  // 1.5 · 2²³: adding it rounds to an integer in the low bits
  const float shifted = x * 1.44269504088896341f + magic;
  int32_t bits;
  memcpy(&bits, &shifted, 4);
  const int32_t exponent = bits - 0x4B400000;
  const float n = (float)exponent;
  float r = x - n * 0.693359375f;
  r = r + n * 2.12194440e-4f;
  float p = 1.9875691500e-4f;
  p = p * r + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  const float value = p * r * r + r + 1.0f;
  const int32_t scale_bits = (exponent + 127) << 23;
  float scale;
  memcpy(&scale, &scale_bits, 4);
  return value * scale;
}

/// log of a positive normal number by a polynomial on [√½, √2), within 1e-7 of the larger of 1 and the result; NaN stays.
///
/// *Source*: the coefficients of Cephes' logf.
INLINED float logarithm(float x) {
#pragma clang fp reassociate(off)
  uint32_t bits;
  memcpy(&bits, &x, 4);
  const uint32_t half_bits = (bits & 0x007FFFFFu) | 0x3F000000u;
  float m;  // in [½, 1)
  memcpy(&m, &half_bits, 4);
  const int is_low = m < 0.707106781186547524f;
  const float e = (float)((int32_t)(bits >> 23) - 126 - is_low);
  m = (is_low ? m + m : m) - 1.0f;
  const float z = m * m;
  float p = 7.0376836292e-2f;
  p = p * m - 1.1514610310e-1f;
  p = p * m + 1.1676998740e-1f;
  p = p * m - 1.2420140846e-1f;
  p = p * m + 1.4249322787e-1f;
  p = p * m - 1.6668057665e-1f;
  p = p * m + 2.0000714765e-1f;
  p = p * m - 2.4999993993e-1f;
  p = p * m + 3.3333331174e-1f;
  const float y = p * m * z - e * 2.12194440e-4f - 0.5f * z;
  const float value = m + y + e * 0.693359375f;
  return x == x ? value : x;
}
