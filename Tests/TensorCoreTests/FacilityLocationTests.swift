import TensorCore
import Testing

@Suite struct FacilityLocationTests {
  /// Against the formula in 64 bits, for sizes on both sides of every vector and block.
  @Test(arguments: [1, 7, 33, 530, 1100]) func gainsAsByTheFormula(count: Int) {
    var generator = SeededGenerator(seed: UInt64(count))
    let width = 5
    var rows = (0..<count * width).map { _ in generator.nextUniform(in: -1...1) }
    for row in 0..<count {
      let part = row * width..<(row + 1) * width
      let length = part.reduce(Float(0)) { $0 + rows[$1] * rows[$1] }.squareRoot()
      for index in part { rows[index] /= length }
    }
    let weights = (0..<count).map { _ in generator.nextUniform(in: 0...300) }
    func similarity(_ a: Int, _ b: Int) -> Double {
      (0..<width).reduce(0) { $0 + Double(rows[a * width + $1]) * Double(rows[b * width + $1]) }
    }
    var location = FacilityLocation(rows: Tensor(rows, shape: [count, width]), weights: weights)
    var covered = [Double](repeating: 0, count: count)
    for taken in [count / 2, 0, count - 1] {
      let expected = (0..<count).map { row in
        (0..<count).reduce(0) { $0 + Double(weights[$1]) * max(0, similarity(row, $1) - covered[$1]) }
      }
      let gains = location.gains()
      let scale = 1e-6 * weights.reduce(0) { $0 + Double($1) }
      #expect(zip(gains, expected).allSatisfy { abs($0 - $1) < scale })
      #expect((0..<count).allSatisfy { location.gain(of: $0) == gains[$0] })
      location.insert(taken)
      for row in 0..<count { covered[row] = max(covered[row], similarity(taken, row)) }
    }
    #expect(abs(Double(location.similarity(0, count - 1)) - similarity(0, count - 1)) < 1e-6)
  }
}
