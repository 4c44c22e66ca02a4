#include "COneDNN.h"

#include <dnnl.hpp>

#include <array>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <mutex>
#include <new>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace {

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

thread_local std::string lastError;

dnnl::engine &engine() {
  static dnnl::engine instance(dnnl::engine::kind::cpu, 0);
  return instance;
}

dnnl::stream &stream() {
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
    lastError = std::string("oneDNN: ") + error.what();
  } catch (const std::exception &error) {
    lastError = error.what();
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

Key makeKey(const errata_convolution &c, Kind kind, bool bias, bool sum, bool relu) {
  return Key{{c.batch, c.input_height, c.input_width, c.input_channels, c.output_channels, c.kernel_height,
              c.kernel_width, c.stride, c.padding, c.dilation, kind, bias, sum, relu}};
}

std::unique_ptr<Compiled> compile(const errata_convolution &c, Kind kind, bool bias, bool sum, bool relu) {
  const Geometry g(c);
  const memory::desc input(g.input, type::f32, tag::nhwc);
  const memory::desc weights(g.weights, type::f32, tag::any);
  const memory::desc output(g.output, type::f32, tag::nhwc);
  const memory::desc biases = bias ? memory::desc(g.bias, type::f32, tag::x) : memory::desc();
  const algorithm method = algorithm::convolution_direct;

  dnnl::post_ops operations;
  if (sum) operations.append_sum(1.0f);
#if DNNL_VERSION_MAJOR >= 3
  if (relu) operations.append_eltwise(algorithm::eltwise_relu, 0.0f, 0.0f);
#else
  if (relu) operations.append_eltwise(1.0f, algorithm::eltwise_relu, 0.0f, 0.0f);
#endif
  dnnl::primitive_attr attributes;
  attributes.set_post_ops(operations);
  attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);

  auto compiled = std::make_unique<Compiled>();
  const prop_kind propagation = kind == forward && !bias && !sum && !relu ? prop_kind::forward_training
                                                                          : prop_kind::forward_inference;
#if DNNL_VERSION_MAJOR >= 3
  const auto forwardDescription = [&](prop_kind direction, const dnnl::primitive_attr &fused) {
    return dnnl::convolution_forward::primitive_desc(
      engine(), direction, method, input, weights, biases, output, g.strides, g.dilations, g.padding, g.paddingEnd,
      fused);
  };
#else
  const auto forwardDescription = [&](prop_kind direction, const dnnl::primitive_attr &fused) {
    return dnnl::convolution_forward::primitive_desc(
      bias ? dnnl::convolution_forward::desc(direction, method, input, weights, biases, output, g.strides,
                                             g.dilations, g.padding, g.paddingEnd)
           : dnnl::convolution_forward::desc(direction, method, input, weights, output, g.strides, g.dilations,
                                             g.padding, g.paddingEnd),
      fused, engine());
  };
#endif

  if (kind == forward) {
    const auto description = forwardDescription(propagation, attributes);
    compiled->primitive = dnnl::convolution_forward(description);
    compiled->weights = description.weights_desc();
    compiled->scratchpad = description.scratchpad_desc();
    compiled->name = description.impl_info_str();
  } else {
    const auto hint = forwardDescription(prop_kind::forward_training, dnnl::primitive_attr());
    if (kind == backwardData) {
#if DNNL_VERSION_MAJOR >= 3
      const dnnl::convolution_backward_data::primitive_desc description(
        engine(), method, input, weights, output, g.strides, g.dilations, g.padding, g.paddingEnd, hint,
        attributes);
#else
      const dnnl::convolution_backward_data::primitive_desc description(
        dnnl::convolution_backward_data::desc(method, input, weights, output, g.strides, g.dilations, g.padding,
                                              g.paddingEnd),
        attributes, engine(), hint);
#endif
      compiled->primitive = dnnl::convolution_backward_data(description);
      compiled->weights = description.weights_desc();
      compiled->scratchpad = description.scratchpad_desc();
      compiled->name = description.impl_info_str();
    } else {
#if DNNL_VERSION_MAJOR >= 3
      const dnnl::convolution_backward_weights::primitive_desc description(
        engine(), method, input, weights, biases, output, g.strides, g.dilations, g.padding, g.paddingEnd, hint,
        attributes);
#else
      const dnnl::convolution_backward_weights::primitive_desc description(
        bias ? dnnl::convolution_backward_weights::desc(method, input, weights, biases, output, g.strides,
                                                        g.dilations, g.padding, g.paddingEnd)
             : dnnl::convolution_backward_weights::desc(method, input, weights, output, g.strides, g.dilations,
                                                        g.padding, g.paddingEnd),
        attributes, engine(), hint);
#endif
      compiled->primitive = dnnl::convolution_backward_weights(description);
      compiled->weights = description.diff_weights_desc();
      compiled->scratchpad = description.scratchpad_desc();
      compiled->name = description.impl_info_str();
    }
  }
  compiled->input = input;
  compiled->bias = biases;
  compiled->output = output;
  return compiled;
}

const Compiled &compiled(const errata_convolution &c, Kind kind, bool bias, bool sum, bool relu) {
  static std::mutex mutex;
  static auto &table = *new std::unordered_map<Key, std::unique_ptr<Compiled>, KeyHash>();
  const Key key = makeKey(c, kind, bias, sum, relu);
  std::lock_guard<std::mutex> lock(mutex);
  auto &entry = table[key];
  if (!entry) {
    try {
      entry = compile(c, kind, bias, sum, relu);
    } catch (...) {
      table.erase(key);
      throw;
    }
  }
  return *entry;
}

memory view(const memory::desc &description, const float *data) {
  return memory(description, engine(), const_cast<float *>(data));
}

memory::desc plainWeights(const errata_convolution &c) {
  return memory::desc(Geometry(c).weights, type::f32, tag::oihw);
}

}  // namespace

struct errata_packed_weights {
  std::mutex mutex;
  std::vector<std::pair<memory::desc, memory>> entries;

  /// The weights in `layout`, reordered at the first call.
  memory get(const memory::desc &layout, const memory::desc &plain, const float *weights) {
    std::lock_guard<std::mutex> lock(mutex);
    for (const auto &entry : entries)
      if (entry.first == layout) return entry.second;
    memory source = view(plain, weights);
    memory packed(layout, engine());
    dnnl::reorder(source, packed).execute(stream(), source, packed);
    stream().wait();
    entries.emplace_back(layout, packed);
    return packed;
  }
};

namespace {

memory packedWeights(
  const errata_convolution &c, const Compiled &operation, const float *weights, errata_packed_weights *packed) {
  const memory::desc plain = plainWeights(c);
  if (operation.weights == plain) return view(plain, weights);
  if (packed) return packed->get(operation.weights, plain, weights);
  memory source = view(plain, weights);
  memory reordered(operation.weights, engine());
  dnnl::reorder(source, reordered).execute(stream(), source, reordered);
  return reordered;
}

}  // namespace

extern "C" {

errata_packed_weights *errata_packed_weights_create(void) { return new errata_packed_weights(); }

void errata_packed_weights_destroy(errata_packed_weights *packed) { delete packed; }

const char *errata_onednn_last_error(void) { return lastError.c_str(); }

const char *errata_onednn_version(void) {
  static const std::string text = [] {
    const dnnl_version_t *version = dnnl_version();
    return std::to_string(version->major) + "." + std::to_string(version->minor) + "." +
           std::to_string(version->patch);
  }();
  return text.c_str();
}

int32_t errata_onednn_instruction_set(void) { return static_cast<int32_t>(dnnl_get_effective_cpu_isa()); }

int errata_convolution_forward(
  const errata_convolution *c, const float *input, const float *weights, errata_packed_weights *packed,
  const float *bias, const float *residual, int relu, float *output) {
  return guarded([&] {
    const Compiled &operation = compiled(*c, forward, bias != nullptr, residual != nullptr, relu != 0);
    memory out = view(operation.output, output);
    Scratchpad scratchpad(operation.scratchpad);
    if (residual && residual != output) std::memcpy(output, residual, operation.output.get_size());
    std::unordered_map<int, memory> arguments{
      {DNNL_ARG_SRC, view(operation.input, input)},
      {DNNL_ARG_WEIGHTS, packedWeights(*c, operation, weights, packed)},
      {DNNL_ARG_DST, out},
      {DNNL_ARG_SCRATCHPAD, scratchpad.view}};
    if (bias) arguments.emplace(DNNL_ARG_BIAS, view(operation.bias, bias));
    operation.primitive.execute(stream(), arguments);
    stream().wait();
  });
}

int errata_convolution_backward_data(
  const errata_convolution *c, const float *output_gradient, const float *weights, errata_packed_weights *packed,
  float *input_gradient) {
  return guarded([&] {
    const Compiled &operation = compiled(*c, backwardData, false, false, false);
    Scratchpad scratchpad(operation.scratchpad);
    operation.primitive.execute(
      stream(), {{DNNL_ARG_DIFF_DST, view(operation.output, output_gradient)},
                 {DNNL_ARG_WEIGHTS, packedWeights(*c, operation, weights, packed)},
                 {DNNL_ARG_DIFF_SRC, view(operation.input, input_gradient)},
                 {DNNL_ARG_SCRATCHPAD, scratchpad.view}});
    stream().wait();
  });
}

int errata_convolution_backward_weights(
  const errata_convolution *c, const float *input, const float *output_gradient, float *weight_gradient,
  float *bias_gradient) {
  return guarded([&] {
    const Compiled &operation = compiled(*c, backwardWeights, bias_gradient != nullptr, false, false);
    const memory::desc plain = plainWeights(*c);
    Scratchpad scratchpad(operation.scratchpad);
    memory target = view(plain, weight_gradient);
    const bool direct = operation.weights == plain;
    memory computed = direct ? target : memory(operation.weights, engine());
    std::unordered_map<int, memory> arguments{
      {DNNL_ARG_SRC, view(operation.input, input)},
      {DNNL_ARG_DIFF_DST, view(operation.output, output_gradient)},
      {DNNL_ARG_DIFF_WEIGHTS, computed},
      {DNNL_ARG_SCRATCHPAD, scratchpad.view}};
    if (bias_gradient) arguments.emplace(DNNL_ARG_DIFF_BIAS, view(operation.bias, bias_gradient));
    operation.primitive.execute(stream(), arguments);
    if (!direct) dnnl::reorder(computed, target).execute(stream(), computed, target);
    stream().wait();
  });
}

const char *errata_convolution_kernel_name(const errata_convolution *c, int kind, int relu) {
  const char *name = "";
  const int status = guarded([&] {
    name = compiled(*c, static_cast<Kind>(kind), kind == forward && relu, false, kind == forward && relu).name.c_str();
  });
  return status == 0 ? name : errata_onednn_last_error();
}

}  // extern "C"
