import NeuralNetwork
import Segmentation
import TensorCore
import Testing

@Suite struct ArchitectureTests {
  /// Counts of the authors' program, 21 classes.
  @Test(arguments: [(ResNetConfiguration.Depth.resnet50, 23_508_032), (.resnet101, 42_500_160)])
  func encodersHaveThePublishedSizes(depth: ResNetConfiguration.Depth, count: Int) {
    var generator = SeededGenerator(seed: 0)
    #expect(ResNet(ResNetConfiguration(depth: depth), using: &generator).state.parameterCount == count)
  }

  @Test func theDecoderHasThePublishedSize() {
    var generator = SeededGenerator(seed: 0)
    let decoder = SegmentationDecoder(
      DecoderConfiguration(), encoder: ResNetConfiguration(depth: .resnet50), classCount: 21,
      projectionChannels: 128, using: &generator)
    #expect(decoder.state.parameterCount == 17_073_909)
  }

  @Test(arguments: [ResNetConfiguration.Depth.resnet18, .resnet34, .resnet50, .resnet101], [16, 8])
  func featuresHaveTheStride(depth: ResNetConfiguration.Depth, stride: Int) {
    var generator = SeededGenerator(seed: 0)
    let configuration = ResNetConfiguration(depth: depth, outputStride: stride, width: 4)
    let encoder = ResNet(configuration, using: &generator)
    let features = encoder(Variable(Tensor(repeating: 0.5, shape: [1, 65, 97, 3])), .inference)
    let (h, w) = stride == 16 ? (5, 7) : (9, 13)
    #expect(features.deep.shape == [1, h, w, configuration.outputChannels])
    #expect(features.lowLevel.shape == [1, 17, 25, configuration.lowLevelChannels])
  }

  @Test func pathsAreUnique() {
    var generator = SeededGenerator(seed: 0)
    let configuration = ResNetConfiguration(depth: .resnet50, width: 4)
    let paths = ResNet(configuration, using: &generator).state.all.map(\.path)
    #expect(Set(paths).count == paths.count)
    #expect(paths.contains("layer1.0.downsample.1.running_var"))
  }
}
