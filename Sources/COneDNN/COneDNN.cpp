#include "Primitives.hpp"

#include <cstring>
#include <unordered_map>

using namespace errata;

namespace {

std::unique_ptr<Compiled> compile(const errata_convolution &c, Kind kind, bool bias, bool sum, bool relu) {
  const Geometry g(c);
  const memory::desc input(g.input, type::f32, tag::nhwc);
  const memory::desc weights(g.weights, type::f32, tag::any);
  const memory::desc output(g.output, type::f32, tag::nhwc);
  const memory::desc biases = bias ? memory::desc(g.bias, type::f32, tag::x) : memory::desc();
  const algorithm method = algorithm::convolution_direct;

  const dnnl::primitive_attr attributes = fusedOperations(sum, relu);

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

const char *errata_onednn_last_error(void) { return lastError().c_str(); }

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
