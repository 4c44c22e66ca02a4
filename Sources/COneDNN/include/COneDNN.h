// A flat C face over the oneDNN primitives that errata uses.
//
// Activations are plain NHWC, weights plain OIHW (PyTorch's order), 32-bit float but for the bytes of quantised
// convolutions. The shim hides the library's version, its memory descriptors and its blocked weight layouts. Every call
// returns 0, or non-zero after which errata_onednn_last_error() tells what happened. Calls from several threads are
// safe; each is parallel inside.
#pragma once

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
  int32_t batch, input_height, input_width, input_channels;
  int32_t output_channels, kernel_height, kernel_width;
  int32_t stride, padding, dilation;
} errata_convolution;

/// Weights that were reordered for particular primitives; drop it when the weights change.
typedef struct errata_packed_weights errata_packed_weights;

errata_packed_weights *errata_packed_weights_create(void);
void errata_packed_weights_destroy(errata_packed_weights *packed);

/// The reason of this thread's latest failed call.
const char *errata_onednn_last_error(void);

/// "2.6.3" and the like.
const char *errata_onednn_version(void);

/// The instruction set that oneDNN generates code for, as its own number (dnnl_cpu_isa_t).
int32_t errata_onednn_instruction_set(void);

/// output = relu?(convolution(input) + bias? + residual?); residual has output's shape and may be output itself.
int errata_convolution_forward(
  const errata_convolution *convolution, const float *input, const float *weights, errata_packed_weights *packed,
  const float *bias, const float *residual, int relu, float *output);

int errata_convolution_backward_data(
  const errata_convolution *convolution, const float *output_gradient, const float *weights,
  errata_packed_weights *packed, float *input_gradient);

/// Overwrites weight_gradient (OIHW) and, if it is not null, bias_gradient.
int errata_convolution_backward_weights(
  const errata_convolution *convolution, const float *input, const float *output_gradient, float *weight_gradient,
  float *bias_gradient);

/// The name of the kernel that would run: kind 0 forward, 1 backward data, 2 backward weights.
const char *errata_convolution_kernel_name(const errata_convolution *convolution, int kind, int relu);

/// A quantised convolution's way from integer sums to values, and the kernels and weights that were made for it.
typedef struct errata_quantized_layer errata_quantized_layer;

/// What a channel's integer sum is multiplied with (never 0), and what is added to that.
errata_quantized_layer *errata_quantized_layer_create(int32_t output_channels, const float *factors, const float *bias);
void errata_quantized_layer_destroy(errata_quantized_layer *layer);

/// output = relu?(factors * convolution(input) + bias + residual?), with the sums in 32-bit integers.
///
/// Without VNNI the products of input channels 2i and 2i + 1 are added in 16 bits, which saturate: where two weights
/// that meet there come to ± 128 at most, every processor is exact. A layer's weights are the same in all calls.
int errata_quantized_convolution_forward(
  const errata_convolution *convolution, errata_quantized_layer *layer, const uint8_t *input, const int8_t *weights,
  const float *residual, int relu, float *output);

#ifdef __cplusplus
}
#endif
