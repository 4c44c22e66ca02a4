import Foundation
import Imaging
import Testing

@Suite struct ResizeTests {
  /// Ours is rounded to an integer, torch's is not; the rest is the order of 32-bit additions.
  static let tolerance: Float = 0.502

  let fixture: Fixture.Changes

  init() throws { fixture = try Fixture.load("changes.json", as: Fixture.Changes.self) }

  private func expect(_ image: RGBImage, _ expected: [Float], _ what: String) {
    #expect(image.pixels.count == expected.count)
    let worst = zip(image.pixels, expected).map { abs(Float($0) - $1) }.max() ?? .infinity
    #expect(worst <= Self.tolerance, "\(what) to \(image.width)×\(image.height)")
  }

  @Test func agreesWithTorch() {
    #expect(fixture.resized.count == 7)
    for entry in fixture.resized {
      let (width, height) = (entry.width, entry.height)
      expect(
        fixture.image.resized(width: width, height: height, filter: .bilinear), entry.bilinear, "bilinear")
      expect(fixture.image.resized(width: width, height: height), entry.antialiased, "antialiased")
      if let area = entry.area {
        expect(fixture.image.resized(width: width, height: height, filter: .area), area, "area")
      }
      #expect(fixture.mask.resizedNearest(width: width, height: height).labels == entry.nearest.bytes)
    }
  }

  @Test(arguments: ResizeFilter.allCases)
  func onePixelFillsAnySize(filter: ResizeFilter) {
    let dot = RGBImage(width: 1, height: 1, pixels: [10, 20, 30])
    #expect(
      dot.resized(width: 3, height: 2, filter: filter).pixels
        == Array(repeating: [10, 20, 30], count: 6).flatMap { $0 })
  }

  @Test(arguments: ResizeFilter.allCases, [(1, 1), (3, 40), (31, 2), (100, 100), (13, 7)])
  func constantStaysConstant(filter: ResizeFilter, size: (Int, Int)) {
    let white = RGBImage(width: 31, height: 40, pixels: [UInt8](repeating: 255, count: 31 * 40 * 3))
    let resized = white.resized(width: size.0, height: size.1, filter: filter)
    #expect(resized.pixels.allSatisfy { $0 == 255 })
  }

  @Test func sameSizeIsUnchanged() {
    #expect(fixture.image.resized(width: 12, height: 10) == fixture.image)
    #expect(fixture.mask.resizedNearest(width: 12, height: 10) == fixture.mask)
  }
}

@Suite struct FlipAndCropTests {
  private let image = RGBImage(width: 3, height: 2, pixels: (0..<18).map { UInt8($0) })
  private let mask = LabelMask(width: 3, height: 2, labels: [0, 1, 2, 3, 4, 5])

  @Test func flipSwapsLeftAndRight() {
    #expect(mask.flippedHorizontally().labels == [2, 1, 0, 5, 4, 3])
    #expect(
      image.flippedHorizontally().pixels == [6, 7, 8, 3, 4, 5, 0, 1, 2, 15, 16, 17, 12, 13, 14, 9, 10, 11])
    #expect(image.flippedHorizontally().flippedHorizontally() == image)
  }

  @Test func cropInsideCopies() {
    #expect(mask.cropped(x: 1, y: 0, width: 2, height: 2, padding: 9).labels == [1, 2, 4, 5])
    let crop = image.cropped(x: 2, y: 1, width: 1, height: 1, padding: RGBColor(red: 9, green: 9, blue: 9))
    #expect(crop.pixels == [15, 16, 17])
  }

  @Test func cropOutsidePads() {
    #expect(
      mask.cropped(x: -1, y: -1, width: 3, height: 4, padding: 9).labels == [
        9, 9, 9, 9, 0, 1, 9, 3, 4, 9, 9, 9,
      ])
    let crop = image.cropped(x: 2, y: 1, width: 2, height: 1, padding: RGBColor(red: 50, green: 60, blue: 70))
    #expect(crop.pixels == [15, 16, 17, 50, 60, 70])
  }

  @Test(arguments: [(10, 0), (-10, 0), (0, 10), (0, -10)])
  func cropFarOutsideIsAllPadding(x: Int, y: Int) {
    #expect(mask.cropped(x: x, y: y, width: 2, height: 2, padding: 9).labels == [9, 9, 9, 9])
    let crop = image.cropped(x: x, y: y, width: 1, height: 1, padding: RGBColor(red: 1, green: 2, blue: 3))
    #expect(crop.pixels == [1, 2, 3])
  }
}
