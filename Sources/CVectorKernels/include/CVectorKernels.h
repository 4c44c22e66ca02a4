// Loops whose speed depends on the instruction set, compiled for several of them and chosen at run time.
//
// All data is 32-bit float; "rows" × "channels" is a row-major matrix, an NHWC image being [height * width] rows.
// Every function works on one thread; the caller splits the rows. Statistics accumulate in double across blocks.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "FacilityLocation.h"
#include "PackedProduct.h"
#include "PixelStatistics.h"
#include "Quantization.h"
#include "Winograd.h"

#ifdef __cplusplus
extern "C" {
#endif

// Element-wise.
void ek_add(const float *a, const float *b, float *out, size_t count);
void ek_scale(const float *x, float factor, float *out, size_t count);
/// sum += factor * x
void ek_accumulate(float *sum, const float *x, float factor, size_t count);
/// average = decay * average + (1 - decay) * x
void ek_moving_average(float *average, const float *x, float decay, size_t count);
/// max(x, 0); NaN stays NaN, so that a broken value is noticed in the loss.
void ek_relu(const float *x, float *out, size_t count);
/// out = y > 0 ? gradient : 0
void ek_relu_backward(const float *y, const float *gradient, float *out, size_t count);
/// Keeps element i if the hash of (key, first + i) is at least threshold, and scales it.
void ek_dropout(
  const float *x, float *out, size_t count, uint64_t first, uint64_t key, uint32_t threshold, float scale);
double ek_sum(const float *x, size_t count);
double ek_dot(const float *x, const float *y, size_t count);
/// Number of elements that are NaN or infinite.
size_t ek_count_non_finite(const float *x, size_t count);

// Batch normalisation.
/// sum[c] += Σ (x - pivot[c]), squares[c] += Σ (x - pivot[c])².
void ek_shifted_moments(
  const float *x, size_t rows, size_t channels, const float *pivot, double *sum, double *squares);
/// out = relu?(x * scale[c] + shift[c] + residual?)
void ek_scale_shift(
  const float *x, const float *residual, size_t rows, size_t channels, const float *scale, const float *shift,
  int relu, float *out);
/// With g = gradient where activation > 0 (everywhere without one): sum[c] += Σ g, dot[c] += Σ g (x - mean[c]).
void ek_batch_norm_backward_sums(
  const float *x, const float *gradient, const float *activation, size_t rows, size_t channels, const float *mean,
  double *sum, double *dot);
/// input_gradient = a[c] g + b[c] x + d[c], with g as above; residual_gradient = g where wanted.
void ek_batch_norm_backward_apply(
  const float *x, const float *gradient, const float *activation, size_t rows, size_t channels, const float *a,
  const float *b, const float *d, float *input_gradient, float *residual_gradient);

// Pooling and copying.
/// One output row of k×k max pooling of an image; taps[] (may be null) receives the winning tap (ky * k + kx).
void ek_max_pool_row(
  const float *image, int height, int width, int channels, int kernel, int stride, int padding, int output_row,
  int output_width, float *out, uint8_t *taps);
/// Adds the gradient of a whole image to image_gradient.
void ek_max_pool_backward(
  const float *gradient, const uint8_t *taps, int height, int width, int channels, int kernel, int stride,
  int padding, int output_height, int output_width, float *image_gradient);
/// sum[c] += Σ over rows.
void ek_channel_sums(const float *x, size_t rows, size_t channels, double *sum);
void ek_fill_rows(const float *row, size_t rows, size_t channels, float *out);
/// Copies `count` channels of each row from one matrix into another.
void ek_copy_channels(
  const float *source, size_t source_channels, float *target, size_t target_channels, size_t count, size_t rows);
/// out[c · out_stride + r] = matrix[r · row_stride + c].
void ek_transpose(
  const float *matrix, size_t row_stride, size_t rows, size_t columns, float *out, size_t out_stride);

/// Where an output position of a bilinear resize lies between two input positions.
typedef struct {
  int32_t low, high;
  float fraction;
} ek_tap;

// Bilinear resize.
void ek_resize_row(
  const float *image, int width, int channels, ek_tap vertical, const ek_tap *horizontal, int output_width,
  float *out);
/// Adds the gradient of one output row to its two input rows (low_row and high_row may be one); scratch: width * channels.
void ek_resize_row_backward(
  const float *gradient, int width, int channels, float fraction, const ek_tap *horizontal, int output_width,
  float *low_row, float *high_row, float *scratch);

// Softmax and the losses; `channels` classes a row.
void ek_softmax(const float *x, size_t rows, size_t channels, float *out);
void ek_log_softmax(const float *x, size_t rows, size_t channels, float *out);
void ek_softmax_backward(const float *y, const float *gradient, size_t rows, size_t channels, float *out);
void ek_log_softmax_backward(const float *y, const float *gradient, size_t rows, size_t channels, float *out);
/// Σ −log softmax(x)[label] over rows whose label is not `ignore`; gradient (may be null) = scale · d/dx, 0 if ignored.
double ek_cross_entropy(
  const float *x, const uint8_t *labels, size_t rows, size_t channels, uint8_t ignore, float scale,
  float *gradient);
/// Σ weight · BCE-with-logits; target 0 or 1 with weights[target], any other target is left out.
double ek_binary_cross_entropy(
  const float *x, const uint8_t *targets, size_t count, const float *weights, float scale, float *gradient);
void ek_sigmoid(const float *x, float *out, size_t count);
/// x[i] = exp(factor · x[i]); returns nothing, 32-bit accuracy about 2 ulp.
void ek_exp_scaled(float *x, float factor, size_t count);
/// As ek_exp_scaled, for the first `count` of every `stride` numbers; their sum.
double ek_exp_scaled_sum(float *x, size_t stride, size_t rows, size_t count, float factor);

/// One AdamW step (decoupled weight decay); corrections are 1 − βᵗ.
void ek_adamw(
  float *parameter, const float *gradient, float *first, float *second, size_t count, float learning_rate,
  float beta1, float beta2, float epsilon, float weight_decay, float correction1, float correction2);

#ifdef __cplusplus
}
#endif
