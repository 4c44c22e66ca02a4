import Foundation
import TensorCore

/// Case (e): the contrastive loss of eight 32×32 crops of two images, in the authors' form, with its gradient.
struct ContrastCase: BenchmarkCase {
  private static let crops = 8
  private static let side = 32
  private static let temperature: Float = 0.5

  private let students: [Tensor]
  private let teachers: [Tensor]
  private let classes: [[UInt8]]

  init(_ settings: CaseSettings) {
    var inputs = SyntheticInputs(settings, seed: 4)
    var generator = SeededGenerator(seed: 5)
    let pixels = settings.batch * Self.side * Self.side
    let shape: Shape = [pixels, 128]
    students = (0..<Self.crops).map { _ in inputs.features(shape) }
    teachers = (0..<Self.crops).map { _ in inputs.features(shape) }
    // Runs of a class: a crop shows a few classes, not all.
    classes = (0..<Self.crops).map { _ in
      let present = (0..<min(6, settings.classes)).map { _ in
        UInt8(Int.random(in: 0..<settings.classes, using: &generator))
      }
      return (0..<pixels).map { present[$0 / 64 * 7 % present.count] }
    }
  }

  var exchange: [(name: String, tensor: Tensor)] {
    (0..<Self.crops).flatMap { crop in
      [
        ("student.\(crop)", students[crop]), ("teacher.\(crop)", teachers[crop]),
        ("classes.\(crop)", Tensor(classes[crop].map(Float.init), shape: [classes[crop].count])),
      ]
    }
  }

  func description() -> String { "{\"crops\": \(Self.crops), \"temperature\": \(Self.temperature)}" }

  func run() { _ = compute() }

  func outputs() -> [(name: String, tensor: Tensor)] {
    let (losses, gradients) = compute()
    return [("losses", Tensor(losses, shape: [losses.count]))]
      + gradients.enumerated().map { ("gradient.\($0.offset)", $0.element) }
  }

  private func compute() -> (losses: [Float], gradients: [Tensor]) {
    var losses: [Float] = []
    var gradients: [Tensor] = []
    for crop in 0..<Self.crops {
      let student = Variable(leaf: students[crop]) { gradients.append($0) }
      let loss = student.pixelContrast(
        teacher: teachers[crop], classes: classes[crop], temperature: Self.temperature, form: .classSums)
      losses.append(loss.value.scalar)
      loss.backward()
    }
    return (losses, gradients)
  }
}
