#include "PackedProduct.h"

#include "Elementary.h"

#pragma clang fp contract(fast)

enum { width = ek_panel_width };

typedef float lanes __attribute__((vector_size(4 * ek_panel_width), aligned(4)));

typedef struct {
  const float *a;
  size_t a_stride, depth;
  const float *packed;
  size_t panel_stride, columns;
  float *out;
  size_t out_stride;
  int accumulates;
} product;

// `count` rows by one panel; fetches `ahead`, the next panel, into the cache on the way.
INLINED void multiply_rows(
  const product *p, size_t row, size_t column, const float *panel, const float *ahead, const int count) {
  const float *a = p->a + row * p->a_stride;
  float *out = p->out + row * p->out_stride + column;
  const size_t present = p->columns - column;
  lanes sums[12];
  for (int r = 0; r < count; r++) sums[r] = (lanes){0};
  if (p->accumulates)
    for (int r = 0; r < count; r++)
      memcpy(&sums[r], out + r * p->out_stride, (present < width ? present : width) * sizeof(float));
  for (size_t k = 0; k < p->depth; k++) {
    __builtin_prefetch(ahead + k * width);
    const lanes b = *(const lanes *)(panel + k * width);
    for (int r = 0; r < count; r++) sums[r] += a[r * p->a_stride + k] * b;
  }
  if (present >= width)
    for (int r = 0; r < count; r++) *(lanes *)(out + r * p->out_stride) = sums[r];
  else
    for (int r = 0; r < count; r++) memcpy(out + r * p->out_stride, &sums[r], present * sizeof(float));
}

INLINED void multiply(const product *p, size_t rows, const int at_once) {
  for (size_t column = 0; column < p->columns; column += width) {
    const float *panel = p->packed + column / width * p->panel_stride;
    const float *ahead = panel + p->panel_stride;
    size_t row = 0;
    for (; row + at_once <= rows; row += at_once) {
      multiply_rows(p, row, column, panel, ahead, at_once);
      ahead = panel;
    }
    for (; row + 4 <= rows; row += 4) multiply_rows(p, row, column, panel, panel, 4);
    for (; row + 2 <= rows; row += 2) multiply_rows(p, row, column, panel, panel, 2);
    for (; row < rows; row++) multiply_rows(p, row, column, panel, panel, 1);
  }
}

#if defined(__x86_64__)
// As many rows as fill the vector registers. (Clones of one function could not differ in that.)
__attribute__((target("arch=x86-64-v4"))) static void multiply_v4(const product *p, size_t rows) { multiply(p, rows, 12); }
__attribute__((target("arch=x86-64-v3"))) static void multiply_v3(const product *p, size_t rows) { multiply(p, rows, 6); }
#endif

void ek_packed_product(
  const float *a, size_t a_stride, size_t rows, size_t depth, const float *packed, size_t panel_stride,
  size_t columns, float *out, size_t out_stride, int accumulates) {
  const product p = {a, a_stride, depth, packed, panel_stride, columns, out, out_stride, accumulates};
#if defined(__x86_64__)
  if (__builtin_cpu_supports("x86-64-v4")) return multiply_v4(&p, rows);
  if (__builtin_cpu_supports("x86-64-v3")) return multiply_v3(&p, rows);
#endif
  multiply(&p, rows, 4);
}

MULTIVERSIONED void ek_pack_columns(
  const float *b, size_t row_stride, size_t column_stride, size_t depth, size_t columns, float *out) {
  for (size_t column = 0; column < columns; column += width) {
    const size_t present = columns - column < width ? columns - column : width;
    for (size_t k = 0; k < depth; k++) {
      const float *source = b + k * row_stride + column * column_stride;
      float *target = out + (column / width * depth + k) * width;
      for (size_t c = 0; c < present; c++) target[c] = source[c * column_stride];
      for (size_t c = present; c < width; c++) target[c] = 0;
    }
  }
}
