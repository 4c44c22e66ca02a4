import Foundation
import TensorCore
import Testing

@Suite struct StrongestOtherTests {
  /// Against the whole softmax, with labels that are the best class and labels that are not.
  @Test func sameAsFromTheSoftmax() {
    let (pixels, classes) = (5000, 7)
    var generator = SeededGenerator(seed: 4)
    let scores = Tensor(
      (0..<pixels * classes).map { _ in generator.nextUniform(in: -6...6) }, shape: [1, 50, 100, classes])
    let labels = LabelTensor((0..<pixels).map { UInt8($0 % classes) }, shape: [1, 50, 100])
    let other = scores.strongestOther(than: labels, labelProbability: scores.probabilities(of: labels))
    let softmax = scores.softmax().values
    for pixel in 0..<pixels {
      let row = softmax[pixel * classes..<(pixel + 1) * classes]
      let rest = row.indices.filter { $0 - row.startIndex != Int(labels.labels[pixel]) }
      let best = rest.max { row[$0] < row[$1] } ?? 0
      #expect(Int(other.labels[pixel]) == best - row.startIndex)
      // A few roundings of 32-bit exponentials.
      #expect(abs(other.probability[pixel] - row[best]) < 2e-6)
    }
  }

  /// A label that the softmax rounds to nothing, and equals.
  @Test func extremes() {
    let scores = Tensor([0, 200, 199, 1, 3, 3, 3, 3], shape: [1, 1, 2, 4])
    let labels = LabelTensor([0, 1], shape: [1, 1, 2])
    let other = scores.strongestOther(than: labels, labelProbability: scores.probabilities(of: labels))
    #expect(other.labels == [1, 0])
    #expect(abs(other.probability[0] - 1 / (1 + exp(-1))) < 1e-6 && abs(other.probability[1] - 0.25) < 1e-6)
  }
}
