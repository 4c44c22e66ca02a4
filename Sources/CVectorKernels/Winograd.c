#include "Winograd.h"

#include "Elementary.h"

#pragma clang fp reassociate(on) contract(fast)

// F(4×4, 3×3) with the interpolation points 0, ±1, ±2, ∞. *Source*: Lavin, Gray, arXiv 1509.09308, section 4.3.
enum { points = 6, outputs = 4, taps = 3, width = ek_winograd_width };

typedef float lanes __attribute__((vector_size(4 * ek_winograd_width), aligned(4)));

typedef int32_t bits __attribute__((vector_size(4 * ek_winograd_width), aligned(4)));

static const float zeros[width];

// One-dimensional transforms; `step` is the distance of neighbours in source and target alike.

// Bᵀ d: 6 → 6.
INLINED void transform_input(const lanes *d, int step, lanes *o) {
  const lanes d0 = d[0], d1 = d[step], d2 = d[2 * step], d3 = d[3 * step], d4 = d[4 * step], d5 = d[5 * step];
  const lanes even = d4 - 4 * d2, odd = d3 - 4 * d1, near = d4 - d2, far = 2 * (d3 - d1);
  o[0] = 4 * d0 - 5 * d2 + d4;
  o[step] = even + odd;
  o[2 * step] = even - odd;
  o[3 * step] = near + far;
  o[4 * step] = near - far;
  o[5 * step] = 4 * d1 - 5 * d3 + d5;
}

// Aᵀ m: 6 → 4.
INLINED void transform_output(const lanes *m, int step, lanes *y) {
  const lanes s1 = m[step] + m[2 * step], s2 = m[step] - m[2 * step];
  const lanes s3 = m[3 * step] + m[4 * step], s4 = m[3 * step] - m[4 * step];
  const lanes first = m[0], last = m[5 * step];
  y[0] = first + s1 + s3;
  y[step] = s2 + 2 * s4;
  y[2 * step] = s1 + 4 * s3;
  y[3 * step] = s2 + 8 * s4 + last;
}

// A y: 4 → 6, the transposed of the former.
INLINED void transform_gradient(const lanes *y, int step, lanes *m) {
  const lanes y0 = y[0], y1 = y[step], y2 = y[2 * step], y3 = y[3 * step];
  const lanes even = y0 + y2, odd = y1 + y3, even2 = y0 + 4 * y2, odd2 = 2 * y1 + 8 * y3;
  m[0] = y0;
  m[step] = even + odd;
  m[2 * step] = even - odd;
  m[3 * step] = even2 + odd2;
  m[4 * step] = even2 - odd2;
  m[5 * step] = y3;
}

// G g: 3 → 6.
INLINED void transform_weights(const lanes *g, int step, lanes *u) {
  const lanes g0 = g[0], g1 = g[step], g2 = g[2 * step];
  const lanes sum = (g0 + g2) * (-1.0f / 6), middle = g1 * (1.0f / 6);
  const lanes outer = g0 * (1.0f / 24) + g2 * (1.0f / 6), half = g1 * (1.0f / 12);
  u[0] = g0 * 0.25f;
  u[step] = sum - middle;
  u[2 * step] = sum + middle;
  u[3 * step] = outer + half;
  u[4 * step] = outer - half;
  u[5 * step] = g2;
}

// Gᵀ u: 6 → 3.
INLINED void transform_weight_gradient(const lanes *u, int step, lanes *g) {
  const lanes s1 = u[step] + u[2 * step], d1 = u[step] - u[2 * step];
  const lanes s2 = u[3 * step] + u[4 * step], d2 = u[3 * step] - u[4 * step];
  const lanes first = u[0], last = u[5 * step];
  g[0] = 0.25f * first - s1 * (1.0f / 6) + s2 * (1.0f / 24);
  g[step] = d2 * (1.0f / 12) - d1 * (1.0f / 6);
  g[2 * step] = (s2 - s1) * (1.0f / 6) + last;
}

// Where each of the side × side pixels of a tile lies, from `offset` before its corner; zeros outside the image.
INLINED void locate(
  const float *images, const ek_winograd_map *map, ek_winograd_tile tile, int side, int offset, const float **pixels,
  uint8_t *inside) {
  for (int i = 0; i < side; i++)
    for (int j = 0; j < side; j++) {
      const int y = tile.y + (i - offset) * map->dilation, x = tile.x + (j - offset) * map->dilation;
      const int is_inside = y >= 0 && y < map->height && x >= 0 && x < map->width;
      const size_t pixel = ((size_t)tile.image * map->height + (is_inside ? y : 0)) * map->width + (is_inside ? x : 0);
      pixels[i * side + j] = is_inside ? images + pixel * map->channels : zeros;
      inside[i * side + j] = (uint8_t)is_inside;
    }
}

MULTIVERSIONED void ek_winograd_input(
  const float *images, const ek_winograd_map *map, const ek_winograd_tile *tiles, size_t count, float *out,
  size_t point_stride) {
  const float *pixels[points * points];
  uint8_t inside[points * points];
  lanes d[points * points], o[points * points];
  for (size_t tile = 0; tile < count; tile++) {
    locate(images, map, tiles[tile], points, 1, pixels, inside);
    for (int c = 0; c < map->channels; c += width) {
      for (int p = 0; p < points * points; p++) d[p] = *(const lanes *)(pixels[p] + (inside[p] ? c : 0));
      for (int j = 0; j < points; j++) transform_input(d + j, points, o + j);
      for (int i = 0; i < points; i++) transform_input(o + i * points, 1, d + i * points);
      float *target = out + tile * map->channels + c;
      for (int p = 0; p < points * points; p++) *(lanes *)(target + p * point_stride) = d[p];
    }
  }
}

MULTIVERSIONED void ek_winograd_gradient(
  const float *gradients, const ek_winograd_map *map, const ek_winograd_tile *tiles, size_t count, float *out,
  size_t point_stride) {
  const float *pixels[outputs * outputs];
  uint8_t inside[outputs * outputs];
  lanes y[outputs * outputs], half[points * outputs], m[points * points];
  for (size_t tile = 0; tile < count; tile++) {
    locate(gradients, map, tiles[tile], outputs, 0, pixels, inside);
    for (int c = 0; c < map->channels; c += width) {
      for (int p = 0; p < outputs * outputs; p++) y[p] = *(const lanes *)(pixels[p] + (inside[p] ? c : 0));
      for (int j = 0; j < outputs; j++) transform_gradient(y + j, outputs, half + j);
      for (int i = 0; i < points; i++) {
        lanes row[outputs];
        for (int j = 0; j < outputs; j++) row[j] = half[i * outputs + j];
        transform_gradient(row, 1, m + i * points);
      }
      float *target = out + tile * map->channels + c;
      for (int p = 0; p < points * points; p++) *(lanes *)(target + p * point_stride) = m[p];
    }
  }
}

MULTIVERSIONED void ek_winograd_output(
  const float *products, size_t point_stride, const ek_winograd_map *map, const ek_winograd_tile *tiles, size_t count,
  const float *bias, const float *residual, int relu, float *out) {
  const float *pixels[outputs * outputs];
  uint8_t inside[outputs * outputs];
  lanes m[points * points], half[outputs * points], y[outputs * outputs];
  const lanes none = {0};
  for (size_t tile = 0; tile < count; tile++) {
    locate(out, map, tiles[tile], outputs, 0, pixels, inside);
    for (int c = 0; c < map->channels; c += width) {
      const float *source = products + tile * map->channels + c;
      for (int p = 0; p < points * points; p++) m[p] = *(const lanes *)(source + p * point_stride);
      for (int j = 0; j < points; j++) transform_output(m + j, points, half + j);
      for (int i = 0; i < outputs; i++) transform_output(half + i * points, 1, y + i * outputs);
      const lanes start = bias ? *(const lanes *)(bias + c) : none;
      for (int p = 0; p < outputs * outputs; p++) {
        if (!inside[p]) continue;
        const size_t offset = (size_t)(pixels[p] - out) + c;
        lanes value = y[p] + start;
        if (residual) value += *(const lanes *)(residual + offset);
        if (relu) value = (lanes)((bits)value & ~(bits)(value < none));  // NaN stays
        *(lanes *)(out + offset) = value;
      }
    }
  }
}

MULTIVERSIONED void ek_winograd_weights(
  const float *weights, int input_channels, int output_channels, int mirrored, size_t first_row, size_t row_count,
  float *out, size_t point_stride) {
  // Rows are what a product sums over: input channels, or output channels in the mirrored (backward) transform.
  const int columns = mirrored ? input_channels : output_channels;
  const size_t rows = mirrored ? output_channels : input_channels;
  const size_t row_step = mirrored ? (size_t)input_channels * 9 : 9;
  const size_t column_step = mirrored ? 9 : (size_t)input_channels * 9;
  lanes g[taps * taps], half[points * taps], u[points * points];
  float values[taps * taps][width];  // single lanes of a vector would be written through memory, all of it each time
  for (int c = 0; c < columns; c += width)
    for (size_t row = first_row; row < first_row + row_count; row++) {
      for (int lane = 0; lane < width; lane++) {
        const float *source = weights + row * row_step + (size_t)(c + lane) * column_step;
        for (int t = 0; t < taps * taps; t++) values[mirrored ? taps * taps - 1 - t : t][lane] = source[t];
      }
      memcpy(g, values, sizeof g);
      for (int j = 0; j < taps; j++) transform_weights(g + j, taps, half + j);
      for (int i = 0; i < points; i++) {
        lanes line[taps];
        for (int j = 0; j < taps; j++) line[j] = half[i * taps + j];
        transform_weights(line, 1, u + i * points);
      }
      float *target = out + c * rows + row * width;
      for (int p = 0; p < points * points; p++) *(lanes *)(target + p * point_stride) = u[p];
    }
}

MULTIVERSIONED void ek_winograd_weight_gradient(
  const float *products, size_t point_stride, int input_channels, size_t first_row, size_t row_count,
  float *gradient) {
  lanes u[points * points], half[taps * points], g[taps * taps];
  float values[taps * taps][width];
  for (size_t row = first_row; row < first_row + row_count; row++)
    for (int c = 0; c < input_channels; c += width) {
      const float *source = products + row * input_channels + c;
      for (int p = 0; p < points * points; p++) u[p] = *(const lanes *)(source + p * point_stride);
      for (int j = 0; j < points; j++) transform_weight_gradient(u + j, points, half + j);
      for (int i = 0; i < taps; i++) transform_weight_gradient(half + i * points, 1, g + i * taps);
      memcpy(values, g, sizeof g);
      float *target = gradient + (row * input_channels + c) * taps * taps;
      for (int lane = 0; lane < width; lane++)
        for (int t = 0; t < taps * taps; t++) target[lane * taps * taps + t] = values[t][lane];
    }
}
