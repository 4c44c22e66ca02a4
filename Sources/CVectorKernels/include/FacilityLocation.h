// How much of a set a few of its members stand for: loops over rows of similarities.
#pragma once

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/// Σ weight · max(0, similarity − covered).
double ek_coverage_gain(const float *similarity, const float *covered, const float *weight, size_t count);

/// covered = max(covered, similarity)
void ek_cover(float *covered, const float *similarity, size_t count);

#ifdef __cplusplus
}
#endif
