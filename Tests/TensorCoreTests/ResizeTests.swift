import TensorCore
import Testing

@Suite struct ResizeTests {
  @Test(arguments: 0..<6, ["corners", "edges"])
  func agreesWithPyTorch(index: Int, kind: String) throws {
    let fixture = try Fixture("resize")
    let name = "resize\(index)_\(kind)"
    let expected = try fixture.tensor(name, "output")
    let leaf = Leaf(try fixture.tensor(name, "input"))
    let output = leaf.variable.resized(
      height: expected.shape[1], width: expected.shape[2], alignment: kind == "corners" ? .corners : .edges)
    #expect(relativeDifference(output.value, expected) < summationTolerance)
    output.weighted(by: try fixture.tensor(name, "grad_output")).backward()
    let gradient = try #require(leaf.gradient)
    #expect(relativeDifference(gradient, try fixture.tensor(name, "grad_input")) < summationTolerance)
  }

  @Test func interpolatesByHand() {
    let x = Tensor([0, 10], shape: [1, 1, 2, 1])
    #expect(x.resized(height: 1, width: 5, alignment: .corners).values == [0, 2.5, 5, 7.5, 10])
    #expect(x.resized(height: 1, width: 4, alignment: .edges).values == [0, 2.5, 7.5, 10])
  }
}
