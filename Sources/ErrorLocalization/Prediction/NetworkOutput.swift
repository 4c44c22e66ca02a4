import TensorCore

/// What the networks gave for one image, at stride 4.
struct NetworkOutput {
  /// `[1, h, w, classes]`.
  let logits: Tensor
  /// ELN's logits, `[1, h, w, 1]`.
  var right: Tensor?
  /// Class scores of the auxiliary decoders.
  var auxiliary: [Tensor]
  /// The mean of the encoder's deep features over the image, one number a channel.
  let embedding: [Float]

  var flippedHorizontally: NetworkOutput {
    NetworkOutput(
      logits: logits.flippedHorizontally(), right: right?.flippedHorizontally(),
      auxiliary: auxiliary.map { $0.flippedHorizontally() }, embedding: embedding)
  }

  /// The mean of the outputs' probabilities, at another size.
  ///
  /// - Parameter comparesViews: also says how far two outputs lie apart.
  static func mean(
    _ outputs: [NetworkOutput], height: Int, width: Int, comparesViews: Bool
  ) -> AveragedOutput {
    func atSize(_ tensor: Tensor) -> Tensor {
      tensor.resized(height: height, width: width, alignment: .corners)
    }
    let rights = outputs.compactMap(\.right).map { right in
      // 1 − σ(x) = σ(−x)
      Variable(atSize(right).scaled(by: -1)).sigmoid()
    }
    return AveragedOutput(
      logProbabilities: logOfMean(outputs.map { atSize($0.logits) }),
      wrong: rights.isEmpty ? nil : arithmeticMean(rights),
      auxiliary: outputs[0].auxiliary.indices.map { decoder in
        logOfMean(outputs.map { atSize($0.auxiliary[decoder]) })
      },
      viewDistance: comparesViews && outputs.count == 2
        ? atSize(totalVariation(outputs[0].logits.softmax(), outputs[1].logits.softmax())) : nil,
      embedding: outputs[0].embedding.indices.map { channel in
        outputs.reduce(0) { $0 + $1.embedding[channel] } / Float(outputs.count)
      })
  }

  /// Half the sum of the differences between two distributions, at each pixel.
  ///
  /// *Shape*: `[1, h, w, classes]` to `[1, h, w, 1]`. *Range*: 0…1.
  private static func totalVariation(_ first: Tensor, _ second: Tensor) -> Tensor {
    let (a, b) = (first.values, second.values)
    let classCount = first.shape[3]
    let distances = (0..<first.count / classCount).map { pixel in
      (pixel * classCount..<(pixel + 1) * classCount).reduce(0) { $0 + abs(a[$1] - b[$1]) } / 2
    }
    return Tensor(distances, shape: Shape(first.shape.dimensions.dropLast() + [1]))
  }

  private static func logOfMean(_ logits: [Tensor]) -> Tensor {
    guard logits.count > 1 else { return logits[0] }
    return arithmeticMean(logits.map { $0.softmax() }).logarithm()
  }

  private static func arithmeticMean(_ tensors: [Tensor]) -> Tensor {
    guard tensors.count > 1 else { return tensors[0] }
    var sum = tensors[0]
    for tensor in tensors.dropFirst() { sum.add(tensor) }
    return sum.scaled(by: 1 / Float(tensors.count))
  }
}

/// `NetworkOutput` at the image's size, averaged over the views of it.
struct AveragedOutput {
  /// Class scores whose softmax are the mean probabilities, `[1, H, W, classes]`.
  let logProbabilities: Tensor
  /// 1 − ELN's probability, `[1, H, W, 1]`.
  let wrong: Tensor?
  /// As `logProbabilities`, for each auxiliary decoder.
  let auxiliary: [Tensor]
  /// How far the class probabilities of two views lie apart, `[1, H, W, 1]`, 0…1; `nil` with one view,
  /// or where nobody asks.
  let viewDistance: Tensor?
  let embedding: [Float]
}
