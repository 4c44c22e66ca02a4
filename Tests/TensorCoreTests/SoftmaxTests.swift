import Glibc
import TensorCore
import Testing

@Suite struct SoftmaxTests {
  private static let cases = Fixture.load("softmax").cases

  @Test(arguments: cases) func softmaxMatchesPyTorch(_ fixture: Fixture.Case) {
    let x = Leaf(fixture.tensor("input"))
    let out = x.variable.softmax()
    expectClose(out.value, fixture.tensor("softmax"), Tolerance.accumulated)
    expectClose(x.value.softmax(), fixture.tensor("softmax"), Tolerance.accumulated)
    expectGradients(of: out, from: fixture, Tolerance.accumulated, [("softmax_gradient", x)])
  }

  @Test(arguments: cases) func logSoftmaxMatchesPyTorch(_ fixture: Fixture.Case) {
    let x = Leaf(fixture.tensor("input"))
    let out = x.variable.logSoftmax()
    expectClose(out.value, fixture.tensor("log_softmax"), Tolerance.accumulated)
    expectGradients(of: out, from: fixture, Tolerance.accumulated, [("log_softmax_gradient", x)])
  }

  @Test(arguments: cases) func statisticsMatchPyTorch(_ fixture: Fixture.Case) {
    let statistics = fixture.tensor("input").softmaxStatistics()
    #expect(statistics.labels == fixture.labels("labels"))
    expectClose(statistics.confidence, fixture.tensor("confidence"), Tolerance.accumulated)
    expectClose(statistics.entropy, fixture.tensor("entropy"), Tolerance.accumulated)
  }

  @Test func statisticsByHand() {
    let x = Tensor([0, 0, 0, 0, -200, 300, 0, 0, 1, 1, -90, -90], shape: [1, 1, 3, 4])
    let statistics = x.softmaxStatistics()
    // The first of equals.
    #expect(statistics.labels.labels == [0, 1, 0])
    expectClose(statistics.confidence.values, [0.25, 1, 0.5], Tolerance.rounding)
    expectClose(statistics.entropy.values, [1.3862944, 0, 0.6931472], Tolerance.rounding)
  }

  /// Pixels that fill no block of the kernels, few and many classes; the plain sums are Swift's, in double precision.
  @Test(arguments: [1, 2, 11, 16, 19, 256]) func statisticsAgreeWithThePlainSums(_ classes: Int) {
    let x = Tensor.sample([1, 3, 37, classes], seed: UInt64(classes))
    let statistics = x.softmaxStatistics()
    let given = LabelTensor((0..<111).map { UInt8($0 * 5 % classes) }, shape: [1, 3, 37])
    let probabilities = x.probabilities(of: given).values
    let (scores, confidence, entropy) = (x.values, statistics.confidence.values, statistics.entropy.values)
    for pixel in 0..<111 {
      let row = scores[pixel * classes..<(pixel + 1) * classes].map { Double($0) }
      let total = row.reduce(0) { $0 + exp($1) }
      let p = row.map { exp($0) / total }
      let largest = row.max() ?? 0
      #expect(Int(statistics.labels.labels[pixel]) == row.firstIndex(of: largest))
      expectClose([confidence[pixel]], [Float(p.max() ?? 0)], Tolerance.accumulated)
      expectClose([entropy[pixel]], [Float(p.reduce(0) { $0 - $1 * log($1) })], Tolerance.accumulated)
      expectClose([probabilities[pixel]], [Float(p[Int(given.labels[pixel])])], Tolerance.accumulated)
    }
  }

  @Test func aBrokenScoreStaysVisible() {
    let statistics = Tensor([1, .nan, 2, 3], shape: [1, 1, 1, 4]).softmaxStatistics()
    #expect(statistics.confidence.values[0].isNaN && statistics.entropy.values[0].isNaN)
  }

  @Test func shiftChangesNothing() {
    let x = Tensor([1, 2, 3], shape: [1, 1, 1, 3])
    let far = Tensor([10001, 10002, 10003], shape: [1, 1, 1, 3])
    #expect(x.softmax().values == far.softmax().values)
  }

  @Test func gradientsAreTheSlopes() {
    checkGradients(at: [.sample([1, 2, 3, 5], seed: 1)]) { $0[0].softmax() }
    checkGradients(at: [.sample([1, 2, 3, 5], seed: 2)]) { $0[0].logSoftmax() }
  }

  @Test func oneHot() {
    let labels = LabelTensor([2, 0, 255, 1], shape: [1, 2, 2])
    #expect(Tensor(oneHot: labels, classCount: 3).values == [0, 0, 1, 1, 0, 0, 0, 0, 0, 0, 1, 0])
  }
}
