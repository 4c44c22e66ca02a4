// Matrix products whose second factor is laid out for the kernel beforehand: for factors that are used again and again,
// or small enough that a library's own packing would cost as much as the product.
#pragma once

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/// Columns of a panel.
enum { ek_panel_width = 16 };

/// The panels of a matrix depth × columns, whose element (k, c) is b[k · row_stride + c · column_stride]: for every 16
/// columns, depth × 16 numbers row by row; columns beyond the last one are zeros. Panels begin `panel_stride` numbers
/// apart.
void ek_pack_columns(
  const float *b, size_t row_stride, size_t column_stride, size_t depth, size_t columns, float *out,
  size_t panel_stride);

/// out[r · out_stride + c] = Σ_k a[r · a_stride + k] · b[k, c] (+ what out holds), where b's panels begin `panel_stride`
/// numbers apart. Each sum runs over k in order: it does not depend on how rows and columns are split into calls.
void ek_packed_product(
  const float *a, size_t a_stride, size_t rows, size_t depth, const float *packed, size_t panel_stride,
  size_t columns, float *out, size_t out_stride, int accumulates);

#ifdef __cplusplus
}
#endif
