/// A residual encoder.
///
/// *Source*: He et al., arXiv 1512.03385; stem, strides and multi-grid as the authors' program (DeepLab's).
package struct ResNetConfiguration: Hashable, Sendable, Codable {
  package enum Depth: Int, Hashable, Sendable, Codable, CaseIterable {
    case resnet18 = 18
    case resnet34 = 34
    case resnet50 = 50
    case resnet101 = 101

    /// Blocks of the first three layers; the fourth is a multi-grid unit of three blocks whatever the depth.
    package var blocks: [Int] {
      switch self {
      case .resnet18: [2, 2, 2, 3]
      case .resnet34, .resnet50: [3, 4, 6, 3]
      case .resnet101: [3, 4, 23, 3]
      }
    }

    package var usesBottlenecks: Bool { rawValue >= 50 }
    /// Output channels of a block, over its planes.
    package var expansion: Int { usesBottlenecks ? 4 : 1 }
  }

  package var depth: Depth
  /// Input size over the size of the last features: 16 or 8.
  package var outputStride: Int
  /// Planes of the first layer; the others double it one after the other. The published networks have 64.
  package var width: Int
  package var inputChannels: Int
  /// Whether basic blocks use their dilation. The authors' program loses it in ELN's (a deviation that imported
  /// checkpoints need).
  package var dilatesBasicBlocks: Bool

  package init(
    depth: Depth, outputStride: Int = 16, width: Int = 64, inputChannels: Int = 3,
    dilatesBasicBlocks: Bool = true
  ) {
    precondition(outputStride == 16 || outputStride == 8, "output stride \(outputStride), expected 16 or 8")
    precondition(width > 0 && inputChannels > 0)
    self.depth = depth
    self.outputStride = outputStride
    self.width = width
    self.inputChannels = inputChannels
    self.dilatesBasicBlocks = dilatesBasicBlocks
  }

  /// Channels after layer 4.
  package var outputChannels: Int { width * 8 * depth.expansion }
  /// Channels after layer 1.
  package var lowLevelChannels: Int { width * depth.expansion }

  /// Stride and the dilations of the blocks of each layer.
  var layers: [(planes: Int, stride: Int, dilations: [Int])] {
    let strides = outputStride == 16 ? [1, 2, 2, 1] : [1, 2, 1, 1]
    let dilations = outputStride == 16 ? [1, 1, 1, 2] : [1, 1, 2, 4]
    let multiGrid = [1, 2, 4]
    return depth.blocks.indices.map { layer in
      let blocks = (0..<depth.blocks[layer]).map { block in
        layer == 3 ? dilations[3] * multiGrid[block] : dilations[layer]
      }
      return (width << layer, strides[layer], blocks)
    }
  }
}
