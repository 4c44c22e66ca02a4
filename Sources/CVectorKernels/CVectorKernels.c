#include "CVectorKernels.h"

#include "Elementary.h"

#include <math.h>
#include <string.h>

#pragma clang fp reassociate(on) contract(fast)

// Partial sums stay in float for this many rows before they go to double.
enum { block_rows = 128 };

// Element-wise

MULTIVERSIONED void ek_add(const float *restrict a, const float *restrict b, float *restrict out, size_t count) {
  for (size_t i = 0; i < count; i++) out[i] = a[i] + b[i];
}

MULTIVERSIONED void ek_scale(const float *x, float factor, float *out, size_t count) {
  for (size_t i = 0; i < count; i++) out[i] = x[i] * factor;
}

MULTIVERSIONED void ek_accumulate(float *restrict sum, const float *restrict x, float factor, size_t count) {
  for (size_t i = 0; i < count; i++) sum[i] += factor * x[i];
}

MULTIVERSIONED void ek_moving_average(float *restrict average, const float *restrict x, float decay, size_t count) {
  const float rest = 1.0f - decay;
  for (size_t i = 0; i < count; i++) average[i] = decay * average[i] + rest * x[i];
}

MULTIVERSIONED void ek_relu(const float *x, float *out, size_t count) {
  for (size_t i = 0; i < count; i++) out[i] = x[i] < 0.0f ? 0.0f : x[i];
}

MULTIVERSIONED void ek_relu_backward(const float *y, const float *gradient, float *out, size_t count) {
  for (size_t i = 0; i < count; i++) out[i] = y[i] > 0.0f ? gradient[i] : 0.0f;
}

INLINED uint32_t mixed(uint32_t x) {  // the finaliser of MurmurHash3
  x ^= x >> 16;
  x *= 0x85EBCA6Bu;
  x ^= x >> 13;
  x *= 0xC2B2AE35u;
  x ^= x >> 16;
  return x;
}

MULTIVERSIONED void ek_dropout(
  const float *x, float *out, size_t count, uint64_t first, uint64_t key, uint32_t threshold, float scale) {
  const uint32_t low = (uint32_t)key, high = (uint32_t)(key >> 32), start = (uint32_t)first;
  for (size_t i = 0; i < count; i++) {
    const uint32_t hash = mixed(mixed(start + (uint32_t)i + low) ^ high);
    out[i] = hash >= threshold ? x[i] * scale : 0.0f;
  }
}

MULTIVERSIONED double ek_sum(const float *x, size_t count) {
  double total = 0;
  for (size_t start = 0; start < count; start += 4096) {
    const size_t end = start + 4096 < count ? start + 4096 : count;
    float partial = 0;
    for (size_t i = start; i < end; i++) partial += x[i];
    total += partial;
  }
  return total;
}

MULTIVERSIONED double ek_dot(const float *x, const float *y, size_t count) {
  double total = 0;
  for (size_t start = 0; start < count; start += 4096) {
    const size_t end = start + 4096 < count ? start + 4096 : count;
    float partial = 0;
    for (size_t i = start; i < end; i++) partial += x[i] * y[i];
    total += partial;
  }
  return total;
}

MULTIVERSIONED size_t ek_count_non_finite(const float *x, size_t count) {
  size_t total = 0;
  for (size_t i = 0; i < count; i++) {
    uint32_t bits;
    memcpy(&bits, &x[i], 4);
    total += (bits & 0x7F800000u) == 0x7F800000u;
  }
  return total;
}

// Batch normalisation

MULTIVERSIONED void ek_shifted_moments(
  const float *restrict x, size_t rows, size_t channels, const float *restrict pivot, double *restrict sum,
  double *restrict squares) {
  float s[256], q[256];
  for (size_t first = 0; first < channels; first += 256) {
    const size_t width = channels - first < 256 ? channels - first : 256;
    const float *p = pivot + first;
    for (size_t block = 0; block < rows; block += block_rows) {
      const size_t end = block + block_rows < rows ? block + block_rows : rows;
      memset(s, 0, sizeof s);
      memset(q, 0, sizeof q);
      for (size_t row = block; row < end; row++) {
        const float *source = x + row * channels + first;
        for (size_t c = 0; c < width; c++) {
          const float d = source[c] - p[c];
          s[c] += d;
          q[c] += d * d;
        }
      }
      for (size_t c = 0; c < width; c++) {
        sum[first + c] += s[c];
        squares[first + c] += q[c];
      }
    }
  }
}

MULTIVERSIONED void ek_scale_shift(
  const float *restrict x, const float *restrict residual, size_t rows, size_t channels,
  const float *restrict scale, const float *restrict shift, int relu, float *restrict out) {
  const float floor = relu ? 0.0f : -INFINITY;
  for (size_t row = 0; row < rows; row++) {
    const float *source = x + row * channels;
    float *target = out + row * channels;
    if (residual) {
      const float *addend = residual + row * channels;
      for (size_t c = 0; c < channels; c++) {
        const float y = source[c] * scale[c] + shift[c] + addend[c];
        target[c] = y < floor ? floor : y;
      }
    } else {
      for (size_t c = 0; c < channels; c++) {
        const float y = source[c] * scale[c] + shift[c];
        target[c] = y < floor ? floor : y;
      }
    }
  }
}

MULTIVERSIONED void ek_batch_norm_backward_sums(
  const float *restrict x, const float *restrict gradient, const float *restrict activation, size_t rows,
  size_t channels, const float *restrict mean, double *restrict sum, double *restrict dot) {
  float s[256], q[256];
  for (size_t first = 0; first < channels; first += 256) {
    const size_t width = channels - first < 256 ? channels - first : 256;
    const float *m = mean + first;
    for (size_t block = 0; block < rows; block += block_rows) {
      const size_t end = block + block_rows < rows ? block + block_rows : rows;
      memset(s, 0, sizeof s);
      memset(q, 0, sizeof q);
      for (size_t row = block; row < end; row++) {
        const size_t offset = row * channels + first;
        const float *source = x + offset, *g = gradient + offset;
        if (activation) {
          const float *y = activation + offset;
          for (size_t c = 0; c < width; c++) {
            const float masked = y[c] > 0.0f ? g[c] : 0.0f;
            s[c] += masked;
            q[c] += masked * (source[c] - m[c]);
          }
        } else {
          for (size_t c = 0; c < width; c++) {
            s[c] += g[c];
            q[c] += g[c] * (source[c] - m[c]);
          }
        }
      }
      for (size_t c = 0; c < width; c++) {
        sum[first + c] += s[c];
        dot[first + c] += q[c];
      }
    }
  }
}

MULTIVERSIONED void ek_batch_norm_backward_apply(
  const float *restrict x, const float *restrict gradient, const float *restrict activation, size_t rows,
  size_t channels, const float *restrict a, const float *restrict b, const float *restrict d,
  float *restrict input_gradient, float *restrict residual_gradient) {
  for (size_t row = 0; row < rows; row++) {
    const size_t offset = row * channels;
    const float *source = x + offset, *g = gradient + offset;
    float *target = input_gradient + offset;
    if (activation) {
      const float *y = activation + offset;
      if (residual_gradient) {
        float *residual = residual_gradient + offset;
        for (size_t c = 0; c < channels; c++) {
          const float masked = y[c] > 0.0f ? g[c] : 0.0f;
          residual[c] = masked;
          target[c] = a[c] * masked + b[c] * source[c] + d[c];
        }
      } else {
        for (size_t c = 0; c < channels; c++) {
          const float masked = y[c] > 0.0f ? g[c] : 0.0f;
          target[c] = a[c] * masked + b[c] * source[c] + d[c];
        }
      }
    } else {
      for (size_t c = 0; c < channels; c++) target[c] = a[c] * g[c] + b[c] * source[c] + d[c];
    }
  }
}

// Pooling and copying

MULTIVERSIONED void ek_max_pool_row(
  const float *restrict image, int height, int width, int channels, int kernel, int stride, int padding,
  int output_row, int output_width, float *restrict out, uint8_t *restrict taps) {
  enum { block = 64 };
  float best[block];
  int32_t winner[block];  // as wide as the values, so that both fill vectors alike
  for (int ox = 0; ox < output_width; ox++)
    for (int start = 0; start < channels; start += block) {
      const int count = channels - start < block ? channels - start : block;
      for (int c = 0; c < count; c++) {
        best[c] = -INFINITY;
        winner[c] = -1;
      }
      for (int ky = 0; ky < kernel; ky++) {
        const int y = output_row * stride - padding + ky;
        if (y < 0 || y >= height) continue;
        for (int kx = 0; kx < kernel; kx++) {
          const int x = ox * stride - padding + kx;
          if (x < 0 || x >= width) continue;
          const float *source = image + ((size_t)y * width + x) * channels + start;
          for (int c = 0; c < count; c++) {
            const int wins = (winner[c] < 0) | (source[c] > best[c]);
            best[c] = wins ? source[c] : best[c];
            winner[c] = wins ? ky * kernel + kx : winner[c];
          }
        }
      }
      memcpy(out + (size_t)ox * channels + start, best, count * sizeof(float));
      if (taps)
        for (int c = 0; c < count; c++) taps[(size_t)ox * channels + start + c] = (uint8_t)winner[c];
    }
}

MULTIVERSIONED void ek_max_pool_backward(
  const float *restrict gradient, const uint8_t *restrict taps, int height, int width, int channels, int kernel,
  int stride, int padding, int output_height, int output_width, float *restrict image_gradient) {
  for (int oy = 0; oy < output_height; oy++)
    for (int ox = 0; ox < output_width; ox++) {
      const size_t offset = ((size_t)oy * output_width + ox) * channels;
      const float *g = gradient + offset;
      const uint8_t *tap = taps + offset;
      for (int ky = 0; ky < kernel; ky++) {
        const int y = oy * stride - padding + ky;
        if (y < 0 || y >= height) continue;
        for (int kx = 0; kx < kernel; kx++) {
          const int x = ox * stride - padding + kx;
          if (x < 0 || x >= width) continue;
          float *target = image_gradient + ((size_t)y * width + x) * channels;
          const uint8_t index = (uint8_t)(ky * kernel + kx);
          for (int c = 0; c < channels; c++) target[c] += tap[c] == index ? g[c] : 0.0f;
        }
      }
    }
}

MULTIVERSIONED void ek_channel_sums(const float *restrict x, size_t rows, size_t channels, double *restrict sum) {
  float s[256];
  for (size_t first = 0; first < channels; first += 256) {
    const size_t width = channels - first < 256 ? channels - first : 256;
    for (size_t block = 0; block < rows; block += block_rows) {
      const size_t end = block + block_rows < rows ? block + block_rows : rows;
      memset(s, 0, sizeof s);
      for (size_t row = block; row < end; row++) {
        const float *source = x + row * channels + first;
        for (size_t c = 0; c < width; c++) s[c] += source[c];
      }
      for (size_t c = 0; c < width; c++) sum[first + c] += s[c];
    }
  }
}

void ek_fill_rows(const float *row, size_t rows, size_t channels, float *out) {
  for (size_t i = 0; i < rows; i++) memcpy(out + i * channels, row, channels * sizeof(float));
}

MULTIVERSIONED void ek_copy_channels(
  const float *restrict source, size_t source_channels, float *restrict target, size_t target_channels,
  size_t count, size_t rows) {
  for (size_t row = 0; row < rows; row++)
    for (size_t c = 0; c < count; c++) target[row * target_channels + c] = source[row * source_channels + c];
}

void ek_transpose(
  const float *matrix, size_t row_stride, size_t rows, size_t columns, float *out, size_t out_stride) {
  enum { side = 16 };  // lines of both that stay in the cache
  for (size_t first = 0; first < rows; first += side) {
    const size_t end = first + side < rows ? first + side : rows;
    for (size_t c = 0; c < columns; c++)
      for (size_t r = first; r < end; r++) out[c * out_stride + r] = matrix[r * row_stride + c];
  }
}

// Bilinear resize

MULTIVERSIONED void ek_resize_row(
  const float *restrict image, int width, int channels, ek_tap vertical, const ek_tap *restrict horizontal,
  int output_width, float *restrict out) {
  const float *low = image + (size_t)vertical.low * width * channels;
  const float *high = image + (size_t)vertical.high * width * channels;
  const float v = vertical.fraction;
  for (int ox = 0; ox < output_width; ox++) {
    const ek_tap tap = horizontal[ox];
    const float h = tap.fraction;
    const float w00 = (1 - v) * (1 - h), w01 = (1 - v) * h, w10 = v * (1 - h), w11 = v * h;
    const float *a = low + (size_t)tap.low * channels, *b = low + (size_t)tap.high * channels;
    const float *c = high + (size_t)tap.low * channels, *d = high + (size_t)tap.high * channels;
    float *target = out + (size_t)ox * channels;
    for (int k = 0; k < channels; k++) target[k] = w00 * a[k] + w01 * b[k] + w10 * c[k] + w11 * d[k];
  }
}

MULTIVERSIONED void ek_resize_row_backward(
  const float *restrict gradient, int width, int channels, float fraction, const ek_tap *restrict horizontal,
  int output_width, float *low_row, float *high_row, float *restrict scratch) {
  const size_t count = (size_t)width * channels;
  memset(scratch, 0, count * sizeof(float));
  for (int ox = 0; ox < output_width; ox++) {
    const ek_tap tap = horizontal[ox];
    const float h = tap.fraction;
    const float *g = gradient + (size_t)ox * channels;
    float *low = scratch + (size_t)tap.low * channels, *high = scratch + (size_t)tap.high * channels;
    for (int k = 0; k < channels; k++) low[k] += (1 - h) * g[k];
    for (int k = 0; k < channels; k++) high[k] += h * g[k];
  }
  for (size_t i = 0; i < count; i++) low_row[i] += (1 - fraction) * scratch[i];
  for (size_t i = 0; i < count; i++) high_row[i] += fraction * scratch[i];
}

// Softmax and the losses

INLINED float largest(const float *x, size_t count) {
  float value = x[0];
  for (size_t c = 1; c < count; c++) value = x[c] > value ? x[c] : value;
  return value;
}

MULTIVERSIONED void ek_softmax(const float *restrict x, size_t rows, size_t channels, float *restrict out) {
  for (size_t row = 0; row < rows; row++) {
    const float *source = x + row * channels;
    float *target = out + row * channels;
    const float top = largest(source, channels);
    float total = 0;
    for (size_t c = 0; c < channels; c++) {
      target[c] = exponential(source[c] - top);
      total += target[c];
    }
    const float inverse = 1.0f / total;
    for (size_t c = 0; c < channels; c++) target[c] *= inverse;
  }
}

MULTIVERSIONED void ek_log_softmax(const float *restrict x, size_t rows, size_t channels, float *restrict out) {
  for (size_t row = 0; row < rows; row++) {
    const float *source = x + row * channels;
    float *target = out + row * channels;
    const float top = largest(source, channels);
    float total = 0;
    for (size_t c = 0; c < channels; c++) total += exponential(source[c] - top);
    const float offset = top + logf(total);
    for (size_t c = 0; c < channels; c++) target[c] = source[c] - offset;
  }
}

MULTIVERSIONED void ek_softmax_backward(
  const float *restrict y, const float *restrict gradient, size_t rows, size_t channels, float *restrict out) {
  for (size_t row = 0; row < rows; row++) {
    const float *p = y + row * channels, *g = gradient + row * channels;
    float *target = out + row * channels;
    float dot = 0;
    for (size_t c = 0; c < channels; c++) dot += p[c] * g[c];
    for (size_t c = 0; c < channels; c++) target[c] = p[c] * (g[c] - dot);
  }
}

MULTIVERSIONED void ek_log_softmax_backward(
  const float *restrict y, const float *restrict gradient, size_t rows, size_t channels, float *restrict out) {
  for (size_t row = 0; row < rows; row++) {
    const float *logp = y + row * channels, *g = gradient + row * channels;
    float *target = out + row * channels;
    float total = 0;
    for (size_t c = 0; c < channels; c++) total += g[c];
    for (size_t c = 0; c < channels; c++) target[c] = g[c] - exponential(logp[c]) * total;
  }
}

MULTIVERSIONED double ek_cross_entropy(
  const float *restrict x, const uint8_t *restrict labels, size_t rows, size_t channels, uint8_t ignore,
  float scale, float *restrict gradient) {
  double loss = 0;
  for (size_t row = 0; row < rows; row++) {
    const float *source = x + row * channels;
    const uint8_t label = labels[row];
    if (label == ignore) {
      if (gradient) memset(gradient + row * channels, 0, channels * sizeof(float));
      continue;
    }
    const float top = largest(source, channels);
    float total = 0;
    if (gradient) {
      float *target = gradient + row * channels;
      for (size_t c = 0; c < channels; c++) {
        target[c] = exponential(source[c] - top);
        total += target[c];
      }
      const float factor = scale / total;
      for (size_t c = 0; c < channels; c++) target[c] *= factor;
      target[label] -= scale;
    } else {
      for (size_t c = 0; c < channels; c++) total += exponential(source[c] - top);
    }
    loss += logf(total) + top - source[label];
  }
  return loss;
}

MULTIVERSIONED double ek_binary_cross_entropy(
  const float *restrict x, const uint8_t *restrict targets, size_t count, const float *restrict weights,
  float scale, float *restrict gradient) {
  double loss = 0;
  for (size_t i = 0; i < count; i++) {
    const uint8_t target = targets[i];
    if (target > 1) {
      if (gradient) gradient[i] = 0;
      continue;
    }
    const float weight = weights[target], value = x[i];
    const float e = exponential(value < 0 ? value : -value);  // exp(−|x|)
    const float positive = value > 0 ? value : 0;
    loss += weight * (positive - value * target + log1pf(e));
    if (gradient) {
      const float probability = value >= 0 ? 1.0f / (1.0f + e) : e / (1.0f + e);
      gradient[i] = scale * weight * (probability - target);
    }
  }
  return loss;
}

MULTIVERSIONED void ek_sigmoid(const float *x, float *out, size_t count) {
  for (size_t i = 0; i < count; i++) out[i] = 1.0f / (1.0f + exponential(-x[i]));
}

MULTIVERSIONED void ek_exp_scaled(float *x, float factor, size_t count) {
  for (size_t i = 0; i < count; i++) x[i] = exponential(factor * x[i]);
}

MULTIVERSIONED double ek_exp_scaled_sum(float *x, size_t stride, size_t rows, size_t count, float factor) {
  double total = 0;
  for (size_t row = 0; row < rows; row++) {
    float *values = x + row * stride;
    float partial = 0;
    for (size_t i = 0; i < count; i++) {
      values[i] = exponential(factor * values[i]);
      partial += values[i];
    }
    total += partial;
  }
  return total;
}

// Optimisation

MULTIVERSIONED void ek_adamw(
  float *restrict parameter, const float *restrict gradient, float *restrict first, float *restrict second,
  size_t count, float learning_rate, float beta1, float beta2, float epsilon, float weight_decay,
  float correction1, float correction2) {
  const float decay = 1.0f - learning_rate * weight_decay, step = learning_rate / correction1;
  const float root = 1.0f / __builtin_elementwise_sqrt(correction2);
  for (size_t i = 0; i < count; i++) {
    const float g = gradient[i];
    const float m = beta1 * first[i] + (1.0f - beta1) * g;
    const float v = beta2 * second[i] + (1.0f - beta2) * g * g;
    first[i] = m;
    second[i] = v;
    parameter[i] = parameter[i] * decay - step * m / (__builtin_elementwise_sqrt(v) * root + epsilon);
  }
}
