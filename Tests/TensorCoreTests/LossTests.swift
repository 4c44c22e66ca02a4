import TensorCore
import Testing

@Suite struct LossTests {
  @Test(arguments: ["ce_same", "ce_upsampled", "ce_downsampled", "ce_point"])
  func crossEntropyAgreesWithPyTorch(name: String) throws {
    let fixture = try Fixture("losses")
    let leaf = Leaf(try fixture.tensor(name, "input"))
    let loss = leaf.variable.crossEntropy(try fixture.labels(name, "labels"), ignoreLabel: 255)
    let expected = try fixture.tensor(name, "loss").scalar
    #expect(abs(loss.value.scalar - expected) < summationTolerance * expected)
    loss.backward()
    let gradient = try #require(leaf.gradient)
    #expect(relativeDifference(gradient, try fixture.tensor(name, "grad_input")) < summationTolerance)
  }

  @Test func crossEntropyOfNothingIsZero() throws {
    let leaf = Leaf(Tensor(repeating: 1, shape: [1, 2, 2, 3]))
    let loss = leaf.variable.crossEntropy(LabelTensor([7, 7, 7, 7], shape: [1, 2, 2]), ignoreLabel: 7)
    loss.backward()
    #expect(loss.value.scalar == 0)
    #expect(leaf.gradient?.values.allSatisfy { $0 == 0 } == true)
  }

  @Test(arguments: ["bce_balanced", "bce_without_errors"])
  func binaryCrossEntropyAgreesWithPyTorch(name: String) throws {
    let fixture = try Fixture("losses")
    let leaf = Leaf(try fixture.tensor(name, "input"))
    let loss = leaf.variable.binaryCrossEntropy(
      try fixture.labels(name, "targets"), negativeWeight: try fixture.tensor(name, "wrong_weight").scalar)
    let expected = try fixture.tensor(name, "loss").scalar
    #expect(abs(loss.value.scalar - expected) < summationTolerance * expected)
    loss.backward()
    let gradient = try #require(leaf.gradient)
    #expect(relativeDifference(gradient, try fixture.tensor(name, "grad_input")) < summationTolerance)
  }

  @Test(arguments: ["contrast_three", "contrast_one"], ContrastiveForm.allCases)
  func contrastiveLossAgreesWithTheFormulas(name: String, form: ContrastiveForm) throws {
    let fixture = try Fixture("losses")
    let key = form == .classSums ? "class_sums" : "pixel_pairs"
    let leaf = Leaf(try fixture.tensor(name, "student"))
    let loss = leaf.variable.pixelContrast(
      teacher: try fixture.tensor(name, "teacher"),
      classes: try fixture.tensor(name, "classes").values.map { UInt8($0) },
      temperature: 0.5, form: form)
    let expected = try fixture.tensor(name, key).scalar
    #expect(abs(loss.value.scalar - expected) < summationTolerance * max(1, expected))
    loss.backward()
    let gradient = try #require(leaf.gradient)
    #expect(relativeDifference(gradient, try fixture.tensor(name, "grad_" + key)) < 1e-4)
  }

  @Test func contrastOfNoPixelsIsZero() {
    let empty = Variable(Tensor(zeros: [0, 4]))
    let loss = empty.pixelContrast(
      teacher: Tensor(zeros: [0, 4]), classes: [], temperature: 0.5, form: .classSums)
    #expect(loss.value.scalar == 0)
  }
}
