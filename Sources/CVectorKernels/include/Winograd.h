// Transforms of Winograd's minimal filtering F(4×4, 3×3) on NHWC images.
#pragma once

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// Channels must be a multiple of this.
enum { ek_winograd_width = 16 };

/// 4×4 outputs, `dilation` apart, from (y, x) on.
typedef struct {
  int32_t image, y, x;
} ek_winograd_tile;

typedef struct {
  int32_t height, width, channels, dilation;
} ek_winograd_map;

/// Bᵀ d B of every tile's 6×6 inputs: out[p · point_stride + tile · channels + c], p = 0 … 35.
void ek_winograd_input(
  const float *images, const ek_winograd_map *map, const ek_winograd_tile *tiles, size_t count, float *out,
  size_t point_stride);

/// A y Aᵀ of every tile's 4×4 output gradients, in the same order.
void ek_winograd_gradient(
  const float *gradients, const ek_winograd_map *map, const ek_winograd_tile *tiles, size_t count, float *out,
  size_t point_stride);

/// relu?(Aᵀ m A + bias? + residual?) into the pixels of `out` that the tiles cover.
void ek_winograd_output(
  const float *products, size_t point_stride, const ek_winograd_map *map, const ek_winograd_tile *tiles, size_t count,
  const float *bias, const float *residual, int relu, float *out);

/// G g Gᵀ of OIHW weights: at each point p, from out + p · point_stride on, a matrix inputs × outputs in the panels of
/// ek_packed_product; mirrored, for the gradient of the input, outputs × inputs with the taps in reverse. Rows are
/// inputs, or outputs.
void ek_winograd_weights(
  const float *weights, int input_channels, int output_channels, int mirrored, size_t first_row, size_t row_count,
  float *out, size_t point_stride);

/// Gᵀ u G of products[p · point_stride + output · inputs + input] into the OIHW gradient. Rows are outputs.
void ek_winograd_weight_gradient(
  const float *products, size_t point_stride, int input_channels, size_t first_row, size_t row_count,
  float *gradient);

#ifdef __cplusplus
}
#endif
