import TensorCore
import Testing

@Suite struct ResizeTests {
  private static let cases = Fixture.load("resize").cases

  @Test func byHand() {
    let x = Tensor([0, 3, 6, 9], shape: [1, 2, 2, 1])
    #expect(
      x.resized(height: 3, width: 4, alignment: .corners).values == [0, 1, 2, 3, 3, 4, 5, 6, 6, 7, 8, 9])
    let row = Tensor([0, 4], shape: [1, 1, 2, 1])
    #expect(row.resized(height: 1, width: 4, alignment: .edges).values == [0, 1, 3, 4])
  }

  @Test func sameSizeIsTheSameTensor() {
    let x = Tensor.sample([1, 3, 4, 2], seed: 1)
    #expect(x.resized(height: 3, width: 4, alignment: .edges).values == x.values)
    let leaf = Leaf(x)
    leaf.variable.resized(height: 3, width: 4).backward(from: x)
    #expect(leaf.gradient?.values == x.values)
  }

  @Test(arguments: cases) func matchesPyTorch(_ fixture: Fixture.Case) {
    let x = Leaf(fixture.tensor("input"))
    let reference = fixture.tensor("output")
    let alignment: ResizeAlignment = fixture.integer("corners") == 1 ? .corners : .edges
    let out = x.variable.resized(height: reference.shape[1], width: reference.shape[2], alignment: alignment)
    // Positions are computed in single precision: a fraction is off by up to the position's own rounding.
    expectClose(out.value, reference, Tolerance.accumulated)
    expectGradients(of: out, from: fixture, Tolerance.accumulated, [("input_gradient", x)])
  }

  @Test(arguments: [ResizeAlignment.corners, .edges]) func gradientsAreTheSlopes(_ alignment: ResizeAlignment)
  {
    for (height, width) in [(7, 5), (2, 2), (1, 1), (3, 9)] {
      checkGradients(at: [.sample([2, 3, 4, 2], seed: 2)]) {
        $0[0].resized(height: height, width: width, alignment: alignment)
      }
    }
  }

  /// A plane stays a plane however it is resized with corners aligned.
  @Test func keepsPlanes() {
    let (h, w) = (17, 23)
    let plane = Tensor((0..<h * w).map { Float($0 / w) * 2 - Float($0 % w) }, shape: [1, h, w, 1])
    let (height, width) = (41, 9)
    let expected = (0..<height * width).map { index -> Float in
      let y = Float(index / width) * Float(h - 1) / Float(height - 1)
      let x = Float(index % width) * Float(w - 1) / Float(width - 1)
      return y * 2 - x
    }
    expectClose(
      plane.resized(height: height, width: width, alignment: .corners).values, expected, Tolerance.accumulated
    )
  }
}
