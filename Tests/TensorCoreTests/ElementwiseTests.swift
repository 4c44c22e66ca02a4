import Foundation
import TensorCore
import Testing

@Suite struct ElementwiseTests {
  private static let operations: [String: @Sendable (Variable) -> Variable] = [
    "relu": { $0.relu() },
    "max_pool": { $0.maxPooled(kernel: 3, stride: 2, padding: 1) },
    "global_average": { $0.globalAveragePooled() },
    "softmax": { $0.softmax() },
    "log_softmax": { $0.logSoftmax() },
  ]

  @Test(arguments: ["relu", "max_pool", "global_average", "softmax", "log_softmax"])
  func agreesWithPyTorch(name: String) throws {
    let fixture = try Fixture("element_wise")
    let operation = try #require(Self.operations[name])
    let leaf = Leaf(try fixture.tensor(name, "input"))
    let output = operation(leaf.variable)
    #expect(relativeDifference(output.value, try fixture.tensor(name, "output")) < summationTolerance)
    let weights = try fixture.tensor(name, "grad_output")
    output.weighted(by: weights).backward()
    let gradient = try #require(leaf.gradient)
    #expect(relativeDifference(gradient, try fixture.tensor(name, "grad_input")) < summationTolerance)
    let indices = Array(stride(from: 0, to: leaf.value.count, by: 7))
    let numeric = finiteDifferences(leaf.value, indices: indices, step: 1e-3) {
      Double(operation(Variable($0)).weighted(by: weights).value.scalar)
    }
    let analytic = Tensor(indices.map { gradient.values[$0] }, shape: [indices.count])
    #expect(relativeDifference(analytic, Tensor(numeric, shape: [indices.count])) < 2e-2)
  }

  @Test func softmaxStatisticsAgreeWithPyTorch() throws {
    let fixture = try Fixture("element_wise")
    let statistics = try fixture.tensor("statistics", "input").softmaxStatistics()
    #expect(statistics.labels == (try fixture.labels("statistics", "label")))
    #expect(
      relativeDifference(statistics.confidence, try fixture.tensor("statistics", "confidence"))
        < summationTolerance)
    #expect(
      relativeDifference(statistics.entropy, try fixture.tensor("statistics", "entropy")) < summationTolerance
    )
  }

  @Test func extremeScoresStayFinite() {
    let scores = Tensor([1000, -1000, 0, -1e30, 5, 5], shape: [1, 1, 2, 3])
    let statistics = scores.softmaxStatistics()
    #expect(statistics.labels.labels == [0, 1])
    #expect(statistics.confidence.values == [1, 0.5])
    #expect(abs(statistics.entropy.values[1] - Float(log(2.0))) < 1e-6)
    #expect(scores.softmax().nonFiniteCount == 0)
    #expect(
      Variable(scores).crossEntropy(LabelTensor([1, 0], shape: [1, 1, 2]), ignoreLabel: 255).value.scalar
        .isFinite)
  }

  @Test func matrixProductAgreesWithPyTorch() throws {
    let fixture = try Fixture("element_wise")
    let (a, b) = (Leaf(try fixture.tensor("matrix", "a")), Leaf(try fixture.tensor("matrix", "b")))
    let product = a.variable.matrixProduct(b.variable)
    #expect(relativeDifference(product.value, try fixture.tensor("matrix", "output")) < summationTolerance)
    product.weighted(by: try fixture.tensor("matrix", "grad_output")).backward()
    let (da, db) = (try #require(a.gradient), try #require(b.gradient))
    #expect(relativeDifference(da, try fixture.tensor("matrix", "grad_a")) < summationTolerance)
    #expect(relativeDifference(db, try fixture.tensor("matrix", "grad_b")) < summationTolerance)
  }

  @Test func concatenationSplitsItsGradient() throws {
    let a = Leaf(Tensor([1, 2, 3, 4], shape: [1, 1, 2, 2]))
    let b = Leaf(Tensor([5, 6], shape: [1, 1, 2, 1]))
    let joined = Variable.concatenated([a.variable, b.variable])
    #expect(joined.value.values == [1, 2, 5, 3, 4, 6])
    joined.weighted(by: Tensor([1, 2, 3, 4, 5, 6], shape: [6])).backward()
    #expect(a.gradient?.values == [1, 2, 4, 5])
    #expect(b.gradient?.values == [3, 6])
  }

  @Test func dropoutKeepsItsMaskForTheWayBack() throws {
    var generator = SeededGenerator(seed: 9)
    var again = generator
    let count = 100_000
    let leaf = Leaf(Tensor(repeating: 1, shape: [count]))
    let output = leaf.variable.dropout(probability: 0.3, using: &generator)
    let kept = output.value.values.count { $0 != 0 }
    // Four standard deviations of a binomial count.
    #expect(abs(Double(kept) - 70_000) < 4 * (Double(count) * 0.3 * 0.7).squareRoot())
    #expect(output.value.values.allSatisfy { $0 == 0 || abs($0 - 1 / 0.7) < 1e-6 })
    let repeated = Variable(leaf.value).dropout(probability: 0.3, using: &again)
    #expect(repeated.value.values == output.value.values)
    let other = Variable(leaf.value).dropout(probability: 0.3, using: &again)
    #expect(other.value.values != output.value.values)
    output.weighted(by: Tensor(repeating: 1, shape: [count])).backward()
    #expect(leaf.gradient?.values == output.value.values)
  }

  @Test func movingAverageByHand() {
    var average = Tensor([1, 2], shape: [2])
    average.moveAverage(toward: Tensor([3, -2], shape: [2]), decay: 0.75)
    #expect(average.values == [1.5, 1])
  }
}
