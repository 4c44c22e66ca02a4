import TensorCore

/// Images and masks whose content does not matter: blotches of colour, and squares of random classes.
struct SyntheticInputs {
  private var generator: SeededGenerator
  let settings: CaseSettings

  init(_ settings: CaseSettings, seed: UInt64) {
    self.settings = settings
    generator = SeededGenerator(seed: seed)
  }

  /// *Shape*: `[N, H, W, 3]`. *Range*: about that of normalised images.
  mutating func images() -> Tensor {
    let (n, h, w) = (settings.batch, settings.height, settings.width)
    let coarse = Tensor(
      (0..<n * 16 * 16 * 3).map { _ in generator.nextUniform(in: -2...2) }, shape: [n, 16, 16, 3])
    var images = coarse.resized(height: h, width: w, alignment: .corners)
    images.withUnsafeMutableBufferPointer { values in
      for index in values.indices { values[index] += generator.nextUniform(in: -0.2...0.2) }
    }
    return images
  }

  /// *Shape*: `[N, H, W]`. One square in twenty is ignored (255).
  mutating func labels() -> LabelTensor {
    let (n, h, w, side) = (settings.batch, settings.height, settings.width, 32)
    let (rows, columns) = ((h + side - 1) / side, (w + side - 1) / side)
    let squares = (0..<n * rows * columns).map { _ -> UInt8 in
      generator.nextUniform() < 0.05
        ? 255 : UInt8(Int.random(in: 0..<settings.classes, using: &generator))
    }
    var labels: [UInt8] = []
    labels.reserveCapacity(n * h * w)
    for image in 0..<n {
      for y in 0..<h {
        for x in 0..<w { labels.append(squares[(image * rows + y / side) * columns + x / side]) }
      }
    }
    return LabelTensor(labels, shape: [n, h, w])
  }

  /// *Range*: −1…1.
  mutating func features(_ shape: Shape) -> Tensor {
    Tensor((0..<shape.elementCount).map { _ in generator.nextUniform(in: -1...1) }, shape: shape)
  }
}

extension LabelTensor {
  /// As floats, for a file.
  var tensor: Tensor { Tensor(labels.map(Float.init), shape: shape) }
}
