import TensorCore
import Testing

@Suite struct ConvolutionTests {
  @Test(arguments: [
    "stem", "same3", "strided3", "dilated2", "dilated6", "dilated_beyond", "point", "point_strided", "single",
    "one_output",
  ])
  func agreesWithPyTorch(name: String) throws {
    let fixture = try Fixture("convolution")
    let geometry = ConvolutionGeometry(
      stride: fixture.number(name, "stride"), padding: fixture.number(name, "padding"),
      dilation: fixture.number(name, "dilation"))
    let input = Leaf(try fixture.tensor(name, "input"))
    let weight = Leaf(try fixture.tensor(name, "weight"))
    let bias = fixture.has(name, "bias") ? Leaf(try fixture.tensor(name, "bias")) : nil
    for packed in [nil, PackedWeights()] {
      let output = input.value.fusedConvolution(
        weights: weight.value, bias: bias?.value, geometry: geometry, packed: packed)
      #expect(relativeDifference(output, try fixture.tensor(name, "output")) < summationTolerance)
    }
    let output = input.variable.convolution(
      weights: weight.variable, bias: bias?.variable, geometry: geometry)
    output.weighted(by: try fixture.tensor(name, "grad_output")).backward()
    let inputGradient = try #require(input.gradient)
    let weightGradient = try #require(weight.gradient)
    #expect(relativeDifference(inputGradient, try fixture.tensor(name, "grad_input")) < summationTolerance)
    #expect(relativeDifference(weightGradient, try fixture.tensor(name, "grad_weight")) < summationTolerance)
    if let bias {
      let biasGradient = try #require(bias.gradient)
      #expect(relativeDifference(biasGradient, try fixture.tensor(name, "grad_bias")) < summationTolerance)
    }
    let fused = input.value.fusedConvolution(
      weights: weight.value, bias: bias?.value, geometry: geometry,
      residual: try fixture.tensor(name, "residual"), relu: true)
    #expect(relativeDifference(fused, try fixture.tensor(name, "fused")) < summationTolerance)
  }

  @Test func countsWindowsByHand() {
    // A 3×3 window of ones over an image of ones counts the pixels that it covers.
    let image = Tensor(repeating: 1, shape: [1, 3, 4, 1])
    let ones = Tensor(repeating: 1, shape: [1, 1, 3, 3])
    let output = image.fusedConvolution(
      weights: ones, bias: nil, geometry: ConvolutionGeometry(padding: 1))
    #expect(output.values == [4, 6, 6, 4, 6, 9, 9, 6, 4, 6, 6, 4])
  }

  @Test func agreesWithNaiveLoops() {
    var generator = SeededGenerator(seed: 3)
    let (h, w, c, o, k) = (6, 7, 3, 4, 3)
    let geometry = ConvolutionGeometry(stride: 2, padding: 2, dilation: 2)
    let x = (0..<h * w * c).map { _ in generator.nextUniform(in: -1...1) }
    let weights = (0..<o * c * k * k).map { _ in generator.nextUniform(in: -1...1) }
    let output = Tensor(x, shape: [1, h, w, c]).fusedConvolution(
      weights: Tensor(weights, shape: [o, c, k, k]), bias: nil, geometry: geometry)
    var expected: [Float] = []
    for y in 0..<output.shape[1] {
      for column in 0..<output.shape[2] {
        for channel in 0..<o {
          var sum = 0.0
          for i in 0..<c {
            for ky in 0..<k {
              for kx in 0..<k {
                let (sy, sx) = (y * 2 - 2 + ky * 2, column * 2 - 2 + kx * 2)
                guard (0..<h).contains(sy), (0..<w).contains(sx) else { continue }
                sum += Double(x[(sy * w + sx) * c + i] * weights[((channel * c + i) * k + ky) * k + kx])
              }
            }
          }
          expected.append(Float(sum))
        }
      }
    }
    #expect(relativeDifference(output, Tensor(expected, shape: output.shape)) < summationTolerance)
  }

  @Test func packedWeightsBelongToOneVersion() {
    // Two different weights through two caches never mix.
    let image = Tensor(repeating: 1, shape: [1, 8, 8, 16])
    let geometry = ConvolutionGeometry(padding: 1)
    for factor in [Float(1), 2] {
      let weights = Tensor(repeating: factor, shape: [16, 16, 3, 3])
      let out = image.fusedConvolution(
        weights: weights, bias: nil, geometry: geometry, packed: PackedWeights())
      #expect(out.values[(4 * 8 + 4) * 16] == 144 * factor)
    }
  }
}
