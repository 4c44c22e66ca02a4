import Segmentation

extension ForeignTensors {
  /// Depth, width and input channels of a residual encoder with torchvision's names, read off the shapes.
  ///
  /// - Parameter path: of the encoder within the part, with a point at its end.
  func encoder(
    under path: String = ""
  ) throws(ImportError) -> (depth: ResNetConfiguration.Depth, width: Int, inputChannels: Int) {
    let width = try extent(path + "conv1.weight", axis: 0)
    let inputChannels = try extent(path + "conv1.weight", axis: 1)
    let blocks = (1...4).map { blockCount(layer: $0, under: path) }
    let usesBottlenecks = shape(of: path + "layer1.0.conv3.weight") != nil
    let known = ResNetConfiguration.Depth.allCases.first {
      $0.blocks.prefix(3) == blocks.prefix(3) && $0.usesBottlenecks == usesBottlenecks
    }
    guard let depth = known, blocks[3] > 0 else {
      let text = blocks.map(String.init).joined(separator: ", ")
      throw ImportError(
        file.path,
        "\(part): layers of \(text) \(usesBottlenecks ? "bottlenecks" : "basic blocks"), expected those of "
          + "ResNet-18, 34, 50 or 101")
    }
    return (depth, width, inputChannels)
  }

  /// Residual blocks that a layer has in the file.
  func blockCount(layer: Int, under path: String = "") -> Int {
    var count = 0
    while shape(of: "\(path)layer\(layer).\(count).conv1.weight") != nil { count += 1 }
    return count
  }

  /// Widths of ASPP and decoder; the dropouts, which no tensor shows, stay as in `defaults`.
  func decoder(_ defaults: DecoderConfiguration) throws(ImportError) -> DecoderConfiguration {
    var configuration = defaults
    configuration.asppChannels = try extent("aspp.conv1.weight", axis: 0)
    configuration.lowLevelChannels = try extent("decoder.conv1.weight", axis: 0)
    configuration.decoderChannels = try extent("decoder.last_conv3.weight", axis: 0)
    return configuration
  }
}
