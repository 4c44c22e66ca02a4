// What the files of this target share: engine and stream, working memory, error reports, geometry.
#pragma once

#include "COneDNN.h"

#include <dnnl.hpp>

#include <array>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <new>
#include <string>
#include <utility>
#include <vector>

namespace errata {

using dnnl::algorithm;
using dnnl::memory;
using dnnl::prop_kind;
using tag = dnnl::memory::format_tag;
using type = dnnl::memory::data_type;

enum Kind : int32_t { forward = 0, backwardData = 1, backwardWeights = 2 };

/// What a primitive is made for: the convolution, its direction and its fused operations.
struct Key {
  std::array<int32_t, 14> values;
  bool operator==(const Key &other) const { return values == other.values; }
};

struct KeyHash {
  size_t operator()(const Key &key) const {
    size_t hash = 1469598103934665603ull;
    for (int32_t value : key.values) hash = (hash ^ static_cast<uint32_t>(value)) * 1099511628211ull;
    return hash;
  }
};

/// A compiled primitive with the layouts that it chose.
struct Compiled {
  dnnl::primitive primitive;
  memory::desc input, weights, bias, output, scratchpad;
  std::string name;
};

inline std::string &lastError() {
  thread_local std::string text;
  return text;
}

inline dnnl::engine &engine() {
  static dnnl::engine instance(dnnl::engine::kind::cpu, 0);
  return instance;
}

inline dnnl::stream &stream() {
  thread_local dnnl::stream instance(engine());
  return instance;
}

/// Working memory of a primitive while it runs. The library's own belongs to the thread that created the primitive,
/// and is missing or too small where another one executes it.
class Scratchpad {
public:
  explicit Scratchpad(const memory::desc &layout) {
    const size_t needed = layout.get_size();
    {
      std::lock_guard<std::mutex> lock(mutex());
      if (!idle().empty()) {
        buffer = std::move(idle().back());
        idle().pop_back();
      }
    }
    if (buffer.size < needed) buffer = Buffer(needed);
    view = memory(layout, engine(), buffer.bytes.get());
  }

  Scratchpad(const Scratchpad &) = delete;

  ~Scratchpad() {
    std::lock_guard<std::mutex> lock(mutex());
    idle().push_back(std::move(buffer));
  }

  memory view;

private:
  struct Free {
    void operator()(void *bytes) const { std::free(bytes); }
  };

  struct Buffer {
    std::unique_ptr<void, Free> bytes;
    size_t size = 0;

    Buffer() = default;
    explicit Buffer(size_t count) : size((count + 4095) / 4096 * 4096) {
      bytes.reset(std::aligned_alloc(4096, size));
      if (!bytes) throw std::bad_alloc();
    }
  };

  Buffer buffer;

  // Buffers that no primitive is using; as many as ever ran at once.
  static std::vector<Buffer> &idle() {
    static auto &instance = *new std::vector<Buffer>();
    return instance;
  }

  static std::mutex &mutex() {
    static auto &instance = *new std::mutex();
    return instance;
  }
};

template <typename Body> int guarded(Body body) {
  try {
    body();
    return 0;
  } catch (const dnnl::error &error) {
    lastError() = std::string("oneDNN: ") + error.what();
  } catch (const std::exception &error) {
    lastError() = error.what();
  }
  return 1;
}

struct Geometry {
  memory::dims input, weights, bias, output, strides, dilations, padding, paddingEnd;

  explicit Geometry(const errata_convolution &c) {
    const auto extent = [&](int32_t size, int32_t kernel) {
      return (size + 2 * c.padding - c.dilation * (kernel - 1) - 1) / c.stride + 1;
    };
    const memory::dim height = extent(c.input_height, c.kernel_height);
    const memory::dim width = extent(c.input_width, c.kernel_width);
    input = {c.batch, c.input_channels, c.input_height, c.input_width};
    weights = {c.output_channels, c.input_channels, c.kernel_height, c.kernel_width};
    bias = {c.output_channels};
    output = {c.batch, c.output_channels, height, width};
    strides = {c.stride, c.stride};
    dilations = {c.dilation - 1, c.dilation - 1};
    padding = {c.padding, c.padding};
    paddingEnd = padding;
  }
};

inline Key makeKey(const errata_convolution &c, Kind kind, bool bias, bool sum, bool relu) {
  return Key{{c.batch, c.input_height, c.input_width, c.input_channels, c.output_channels, c.kernel_height,
              c.kernel_width, c.stride, c.padding, c.dilation, kind, bias, sum, relu}};
}

/// What a fused ReLU multiplies negative values with. Not 0: the library's kernels then take a maximum, which makes NaN 0
/// and hides that a network diverged. Small enough to vanish in any sum, and large enough to leave normal numbers.
constexpr float negativeSlope = 1e-30f;

/// Sum with the residual, then ReLU, each where wanted.
inline dnnl::primitive_attr fusedOperations(bool sum, bool relu) {
  dnnl::post_ops operations;
  if (sum) operations.append_sum(1.0f);
#if DNNL_VERSION_MAJOR >= 3
  if (relu) operations.append_eltwise(algorithm::eltwise_relu, negativeSlope, 0.0f);
#else
  if (relu) operations.append_eltwise(1.0f, algorithm::eltwise_relu, negativeSlope, 0.0f);
#endif
  dnnl::primitive_attr attributes;
  attributes.set_post_ops(operations);
  attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  return attributes;
}

inline memory view(const memory::desc &description, const void *data) {
  return memory(description, engine(), const_cast<void *>(data));
}

}  // namespace errata
