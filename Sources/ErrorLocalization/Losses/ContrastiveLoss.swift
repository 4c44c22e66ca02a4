import TensorCore

/// The pixel-wise contrastive loss over random crops of the stride-4 maps, the same crop for all images of a batch.
struct ContrastiveLoss {
  let configuration: ContrastiveConfiguration
  let teacher: Tensor
  /// Pseudo-label where ELN calls it right, `ignored` elsewhere. *Shape*: `[N, h, w]`.
  let labels: LabelTensor
  let ignored: UInt8

  /// *Shape*: student `[N, h, w, D]`.
  func callAsFunction(_ student: Variable, using generator: inout SeededGenerator) -> Variable {
    precondition(student.shape == teacher.shape)
    let shape = student.shape
    let (height, width) = (min(configuration.cropSize, shape[1]), min(configuration.cropSize, shape[2]))
    var total = Variable(Tensor(scalar: 0))
    for _ in 0..<configuration.cropCount {
      let top = Int.random(in: 0...shape[1] - height, using: &generator)
      let left = Int.random(in: 0...shape[2] - width, using: &generator)
      var pixels: [Int] = []
      for image in 0..<shape[0] {
        for y in top..<top + height {
          let row = (image * shape[1] + y) * shape[2]
          for x in left..<left + width where labels.labels[row + x] != ignored { pixels.append(row + x) }
        }
      }
      let crop = student.gatheringRows(pixels).pixelContrast(
        teacher: teacher.gatheringRows(pixels), classes: pixels.map { labels.labels[$0] },
        temperature: configuration.temperature, form: configuration.form)
      total = total.adding(crop)
    }
    return total.scaled(by: 1 / Float(max(1, configuration.cropCount)))
  }
}
