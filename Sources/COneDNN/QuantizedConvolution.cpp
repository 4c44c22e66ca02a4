#include "Primitives.hpp"

#include <cstring>
#include <unordered_map>

using namespace errata;

/// A kernel belongs to one layer: oneDNN 2.x compiles the factors into it.
struct errata_quantized_layer {
  std::vector<float> factors, bias;

  struct Entry {
    Key key;
    Compiled compiled;
    memory weights;
  };

  std::mutex mutex;
  std::vector<std::unique_ptr<Entry>> entries;

  /// The kernel for these sizes, with the weights in the layout that it wants; compiled at the first call.
  const Entry &get(const errata_convolution &c, const int8_t *weights, bool sum, bool relu) {
    const Key key = makeKey(c, forward, true, sum, relu);
    std::lock_guard<std::mutex> lock(mutex);
    for (const auto &entry : entries)
      if (entry->key == key) return *entry;
    auto entry = std::make_unique<Entry>(Entry{key, compile(c, sum, relu), memory()});
    for (const auto &other : entries)
      if (other->compiled.weights == entry->compiled.weights) entry->weights = other->weights;
    if (!entry->weights) entry->weights = pack(c, entry->compiled.weights, weights);
    entries.push_back(std::move(entry));
    return *entries.back();
  }

private:
  static memory pack(const errata_convolution &c, const memory::desc &layout, const int8_t *weights) {
    memory source = view(memory::desc(Geometry(c).weights, type::s8, tag::oihw), weights);
    memory packed(layout, engine());
    dnnl::reorder(source, packed).execute(stream(), source, packed);
    stream().wait();
    return packed;
  }

  Compiled compile(const errata_convolution &c, bool sum, bool relu) const {
    const Geometry g(c);
    Compiled compiled;
    compiled.input = memory::desc(g.input, type::u8, tag::nhwc);
    compiled.bias = memory::desc(g.bias, type::f32, tag::x);
    compiled.output = memory::desc(g.output, type::f32, tag::nhwc);
    const memory::desc weights(g.weights, type::s8, tag::any);
    dnnl::primitive_attr attributes = fusedOperations(sum, relu);
#if DNNL_VERSION_MAJOR >= 3
    attributes.set_scales_mask(DNNL_ARG_WEIGHTS, 1);
    const dnnl::convolution_forward::primitive_desc description(
      engine(), prop_kind::forward_inference, algorithm::convolution_direct, compiled.input, weights, compiled.bias,
      compiled.output, g.strides, g.dilations, g.padding, g.paddingEnd, attributes);
#else
    attributes.set_output_scales(1 << 1, factors);
    const dnnl::convolution_forward::primitive_desc description(
      dnnl::convolution_forward::desc(prop_kind::forward_inference, algorithm::convolution_direct, compiled.input,
                                      weights, compiled.bias, compiled.output, g.strides, g.dilations, g.padding,
                                      g.paddingEnd),
      attributes, engine());
#endif
    compiled.primitive = dnnl::convolution_forward(description);
    compiled.weights = description.weights_desc();
    compiled.scratchpad = description.scratchpad_desc();
    compiled.name = description.impl_info_str();
    return compiled;
  }
};

extern "C" {

errata_quantized_layer *errata_quantized_layer_create(int32_t output_channels, const float *factors, const float *bias) {
  auto *layer = new errata_quantized_layer();
  layer->factors.assign(factors, factors + output_channels);
  layer->bias.assign(bias, bias + output_channels);
#if DNNL_VERSION_MAJOR < 3
  // 2.x adds the bias to the integer sum, before the factor.
  for (int32_t channel = 0; channel < output_channels; channel++) layer->bias[channel] /= factors[channel];
#endif
  return layer;
}

void errata_quantized_layer_destroy(errata_quantized_layer *layer) { delete layer; }

int errata_quantized_convolution_forward(
  const errata_convolution *c, errata_quantized_layer *layer, const uint8_t *input, const int8_t *weights,
  const float *residual, int relu, float *output) {
  return guarded([&] {
    const auto &entry = layer->get(*c, weights, residual != nullptr, relu != 0);
    const Compiled &operation = entry.compiled;
    if (residual && residual != output) std::memcpy(output, residual, operation.output.get_size());
    Scratchpad scratchpad(operation.scratchpad);
    std::unordered_map<int, memory> arguments{
      {DNNL_ARG_SRC, view(operation.input, input)},
      {DNNL_ARG_WEIGHTS, entry.weights},
      {DNNL_ARG_BIAS, view(operation.bias, layer->bias.data())},
      {DNNL_ARG_DST, view(operation.output, output)},
      {DNNL_ARG_SCRATCHPAD, scratchpad.view}};
#if DNNL_VERSION_MAJOR >= 3
    const memory::desc scales({static_cast<memory::dim>(layer->factors.size())}, type::f32, tag::x);
    arguments.emplace(DNNL_ARG_ATTR_SCALES | DNNL_ARG_WEIGHTS, view(scales, layer->factors.data()));
#endif
    operation.primitive.execute(stream(), arguments);
    stream().wait();
  });
}

}  // extern "C"
