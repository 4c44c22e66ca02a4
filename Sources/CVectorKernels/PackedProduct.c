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

// `count` rows by one panel; fetches the panel `ahead`, unless it is null, into the cache on the way.
//
// A pointer for every three rows (one for each would not fit in the registers) and four steps at once leave 22
// instructions for 12 multiply-adds. With 30, a core whose other half worked for somebody else became a seventh slower.
INLINED void multiply_rows(
  const product *p, size_t row, size_t column, const float *panel, const float *ahead, const int count) {
  enum { unrolled = 4, most = 12 };
  float *out = p->out + row * p->out_stride + column;
  const size_t present = p->columns - column, stride = p->a_stride;
  lanes sums[most];
  for (int r = 0; r < count; r++) sums[r] = (lanes){0};
  if (p->accumulates)
    for (int r = 0; r < count; r++)
      memcpy(&sums[r], out + r * p->out_stride, (present < width ? present : width) * sizeof(float));
  const float *a[most / 3];
  for (int g = 0; 3 * g < count; g++) a[g] = p->a + (row + 3 * g) * stride;
  size_t k = 0;
  for (; k + unrolled <= p->depth; k += unrolled) {
#pragma clang loop unroll(full)
    for (int u = 0; u < unrolled; u++) {
      if (ahead) __builtin_prefetch(ahead + u * width);
      const lanes b = *(const lanes *)(panel + u * width);
#pragma clang loop unroll(full)
      for (int r = 0; r < count; r++) sums[r] += a[r / 3][r % 3 * stride + u] * b;
    }
    for (int g = 0; 3 * g < count; g++) a[g] += unrolled;
    panel += unrolled * width;
    if (ahead) ahead += unrolled * width;
  }
  for (; k < p->depth; k++) {
    const lanes b = *(const lanes *)panel;
    for (int r = 0; r < count; r++) sums[r] += a[r / 3][r % 3 * stride] * b;
    for (int g = 0; 3 * g < count; g++) a[g]++;
    panel += width;
  }
  if (present >= width)
    for (int r = 0; r < count; r++) *(lanes *)(out + r * p->out_stride) = sums[r];
  else
    for (int r = 0; r < count; r++) memcpy(out + r * p->out_stride, &sums[r], present * sizeof(float));
}

INLINED void multiply(const product *p, size_t rows, const int at_once) {
  for (size_t column = 0; column < p->columns; column += width) {
    const float *panel = p->packed + column / width * p->panel_stride;
    size_t row = 0;
    if (rows >= (size_t)at_once) {
      multiply_rows(p, 0, column, panel, panel + p->panel_stride, at_once);
      for (row = at_once; row + at_once <= rows; row += at_once) multiply_rows(p, row, column, panel, 0, at_once);
    }
    for (; row + 4 <= rows; row += 4) multiply_rows(p, row, column, panel, 0, 4);
    for (; row + 2 <= rows; row += 2) multiply_rows(p, row, column, panel, 0, 2);
    for (; row < rows; row++) multiply_rows(p, row, column, panel, 0, 1);
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
  const float *b, size_t row_stride, size_t column_stride, size_t depth, size_t columns, float *out,
  size_t panel_stride) {
  for (size_t column = 0; column < columns; column += width) {
    const size_t present = columns - column < width ? columns - column : width;
    const float *source = b + column * column_stride;
    float *target = out + column / width * panel_stride;
    const int is_whole = column_stride == 1 && present == width;
    for (size_t k = 0; k < depth; k++, source += row_stride, target += width) {
      if (is_whole) {
        memcpy(target, source, width * sizeof(float));
        continue;
      }
      for (size_t c = 0; c < present; c++) target[c] = source[c * column_stride];
      for (size_t c = present; c < width; c++) target[c] = 0;
    }
  }
}
