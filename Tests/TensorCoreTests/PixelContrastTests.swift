import Glibc
import TensorCore
import Testing

@Suite struct PixelContrastTests {
  private static let cases = Fixture.load("pixel_contrast").cases

  @Test(arguments: cases) func matchesPyTorch(_ fixture: Fixture.Case) throws {
    let student = Leaf(fixture.tensor("student"))
    let form = try #require(ContrastiveForm(rawValue: fixture.text("form")))
    let classes = fixture.tensor("classes").values.map { UInt8($0) }
    let loss = student.variable.pixelContrast(
      teacher: fixture.tensor("teacher"), classes: classes, temperature: fixture.number("temperature"),
      form: form)
    let reference = fixture.tensor("loss")
    if reference.scalar == 0 {
      // log(total) − log(p) of one and the same sum.
      #expect(loss.value.scalar == 0)
    } else {
      expectClose([loss.value.scalar], [reference.scalar], Tolerance.accumulated)
    }
    loss.backward()
    expectClose(
      student.gradient?.values ?? [], fixture.tensor("student_gradient").values, Tolerance.accumulated)
  }

  /// Two orthogonal pixels of different classes, τ = 1: d is e on the diagonal and 1 elsewhere.
  @Test func byHand() {
    let features = Tensor([2, 0, 0, 3], shape: [2, 2])
    for form in ContrastiveForm.allCases {
      let loss = Variable(features).pixelContrast(
        teacher: features, classes: [4, 9], temperature: 1, form: form)
      expectClose([loss.value.scalar], [log1p(exp(-1))], Tolerance.rounding, "\(form)")
    }
  }

  @Test(arguments: ContrastiveForm.allCases) func gradientsAreTheSlopes(_ form: ContrastiveForm) {
    let teacher = Tensor.sample([7, 3], seed: 2)
    checkGradients(at: [.sample([7, 3], seed: 1)]) {
      $0[0].pixelContrast(teacher: teacher, classes: [1, 0, 2, 1, 0, 0, 1], temperature: 0.5, form: form)
    }
  }

  /// Blocks of more students and anchors than are computed at once, of sizes that no panel divides, beside a class of one
  /// pixel.
  @Test func largeBlocksAgreeWithThePlainSums() {
    let sizes = [300, 1, 17, 282]
    let classes = sizes.enumerated().flatMap { index, size in
      [UInt8](repeating: UInt8(7 - index), count: size)
    }
    let order = classes.indices.sorted { ($0 * 7919 % 601, $0) < ($1 * 7919 % 601, $1) }
    let shape: Shape = [classes.count, 21]
    let (student, teacher) = (Leaf(Tensor.sample(shape, seed: 5)), Tensor.sample(shape, seed: 6))
    let shuffled = order.map { classes[$0] }
    let loss = student.variable.pixelContrast(
      teacher: teacher, classes: shuffled, temperature: 0.5, form: .classSums)
    loss.backward()
    let plain = PlainContrast(
      student: student.variable.value, teacher: teacher, classes: shuffled, temperature: 0.5)
    expectClose([loss.value.scalar], [Float(plain.loss)], Tolerance.accumulated)
    expectClose(student.gradient?.values ?? [], plain.gradient.map { Float($0) }, Tolerance.accumulated)
  }

  @Test(arguments: ContrastiveForm.allCases) func scaleOfFeaturesDoesNotMatter(_ form: ContrastiveForm) {
    let (student, teacher) = (Tensor.sample([9, 4], seed: 3), Tensor.sample([9, 4], seed: 4))
    let classes: [UInt8] = [0, 1, 2, 0, 1, 2, 0, 1, 2]
    func loss(_ s: Tensor, _ t: Tensor) -> Float {
      Variable(s).pixelContrast(teacher: t, classes: classes, temperature: 0.5, form: form).value.scalar
    }
    expectClose(
      [loss(student.scaled(by: 100), teacher.scaled(by: 0.01))], [loss(student, teacher)],
      Tolerance.accumulated)
  }

  @Test(arguments: ContrastiveForm.allCases) func nothingToCompare(_ form: ContrastiveForm) {
    let none = Leaf(Tensor(zeros: [0, 4]))
    let loss = none.variable.pixelContrast(
      teacher: Tensor(zeros: [0, 4]), classes: [], temperature: 0.5, form: form)
    #expect(loss.value.scalar == 0)
    loss.backward()
    // A row of zeros has no direction; its gradient must be finite all the same.
    let zero = Leaf(Tensor([0, 0, 1, 2], shape: [2, 2]))
    zero.variable.pixelContrast(
      teacher: Tensor([1, 0, 0, 1], shape: [2, 2]), classes: [0, 1], temperature: 0.5, form: form
    ).backward()
    #expect(zero.gradient?.nonFiniteCount == 0)
  }
}
