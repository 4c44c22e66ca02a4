import Foundation
import Imaging
import Testing

@Suite struct DecodingTests {
  @Test func allFixturesAreThere() {
    // 15 combinations of colour type and depth, each plain and interlaced, and 13 special ones.
    #expect(Fixture.png.count == 43)
    #expect(Fixture.jpeg.count == 20)
  }

  @Test(arguments: Fixture.png.keys.sorted())
  func pngIsDecodedExactly(name: String) throws {
    let expected = try #require(Fixture.png[name])
    let image = try ImageFile.decode(at: Fixture.url(name + ".png"))
    #expect(image.width == expected.width && image.height == expected.height)
    #expect(image.pixels == expected.rgb.bytes)
  }

  @Test(arguments: Fixture.png.keys.filter { Fixture.png[$0]?.labels != nil }.sorted())
  func maskIsReadAsStored(name: String) throws {
    let expected = try #require(Fixture.png[name])
    let mask = try MaskFile.decode(at: Fixture.url(name + ".png"))
    #expect(mask.width == expected.width && mask.height == expected.height)
    #expect(mask.labels == expected.labels?.bytes)
  }

  @Test func sixteenBitMaskNamesTheValueThatNoLabelHas() throws {
    let url = Fixture.url("grey-16.png")
    let error = #expect(throws: ImageError.self) { try MaskFile.decode(at: url) }
    #expect(error?.file == url.path)
    #expect(
      error?.reason.contains("at x 0, y 0; expected labels of 0 to 255") == true, "\(error?.reason ?? "")")
  }

  /// Decoders differ in the rounding of the inverse transform and of the colour conversion.
  static let jpegTolerance = 2

  @Test(arguments: Fixture.jpeg.keys.sorted())
  func jpegAgreesWithPillow(name: String) throws {
    let expected = try #require(Fixture.jpeg[name])
    let image = try ImageFile.decode(at: Fixture.url(name + ".jpg"))
    #expect(image.width == expected.width && image.height == expected.height)
    #expect(largestDifference(image.pixels, expected.rgb.bytes) <= Self.jpegTolerance)
  }

  @Test func fixtureOrientationsDiffer() throws {
    let upright = try #require(Fixture.jpeg["orientation-1"])
    for orientation in 2...8 {
      let turned = try #require(Fixture.jpeg["orientation-\(orientation)"])
      #expect(turned.rgb.bytes != upright.rgb.bytes)
    }
  }

  @Test(arguments: [
    "grey-1.png", "rgb-alpha-16-interlaced.png", "palette-8-gamma.png", "ycck.jpg", "orientation-3.jpg",
    "orientation-6.jpg",
  ])
  func sizeIsThatOfTheDecodedImage(file: String) throws {
    let size = try ImageFile.size(at: Fixture.url(file))
    let image = try ImageFile.decode(at: Fixture.url(file))
    #expect(size.width == image.width && size.height == image.height)
  }

  @Test func sizeIsFoundBehindLargeSegments() throws {
    let plain = try Fixture.bytes("orientation-6.jpg")
    // Three profiles of the largest size a segment can have, before everything else.
    let segment: [UInt8] = [0xFF, 0xE2, 0xFF, 0xFF] + [UInt8](repeating: 0, count: 65_533)
    let bytes = plain[..<2] + segment + segment + segment + plain[2...]
    try Fixture.inTemporaryFolder { folder in
      let url = folder.appendingPathComponent("late.jpg")
      try AtomicFile.write(bytes, to: url)
      let size = try ImageFile.size(at: url)
      #expect(size.width == 10 && size.height == 16)
      #expect(try ImageFile.decode(at: url) == ImageFile.decode(at: Fixture.url("orientation-6.jpg")))
    }
  }

  @Test func formatIsRecognisedByContent() throws {
    try Fixture.inTemporaryFolder { folder in
      let url = folder.appendingPathComponent("picture.jpg")
      try AtomicFile.write(try Fixture.bytes("rgb-8.png"), to: url)
      #expect(try ImageFile.decode(at: url).pixels == Fixture.png["rgb-8"]?.rgb.bytes)
    }
  }
}
