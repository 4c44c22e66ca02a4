import Foundation
import Imaging
import Testing

@Suite struct EncodingTests {
  @Test(arguments: [(1, 1), (7, 5), (64, 3), (300, 200)])
  func rgbPNGComesBackExactly(width: Int, height: Int) throws {
    let image = gradient(width: width, height: height)
    #expect(try ImageFile.decode(PNGEncoder.encode(image), name: "png") == image)
  }

  @Test func greyPNGComesBackExactly() throws {
    let values = (0..<256).map { UInt8($0) }
    let bytes = PNGEncoder.encode(grey: values, width: 32, height: 8)
    #expect(try MaskFile.decode(bytes, name: "grey").labels == values)
    let image = try ImageFile.decode(bytes, name: "grey")
    #expect(image.pixels == values.flatMap { [$0, $0, $0] })
  }

  @Test func palettePNGKeepsLabelsAndShowsColors() throws {
    let mask = LabelMask(width: 2, height: 2, labels: [0, 1, 2, 255])
    let palette = Palette.voc(count: 3)
    let bytes = PNGEncoder.encode(mask: mask, palette: palette)
    #expect(try MaskFile.decode(bytes, name: "mask") == mask)
    let shown = try ImageFile.decode(bytes, name: "mask")
    #expect(shown.pixels == [0, 0, 0, 128, 0, 0, 0, 128, 0, 255, 255, 255])
  }

  @Test func emptyPaletteStillKeepsLabels() throws {
    let mask = LabelMask(width: 3, height: 1, labels: [0, 7, 3])
    let bytes = PNGEncoder.encode(mask: mask, palette: Palette([]))
    #expect(try MaskFile.decode(bytes, name: "mask") == mask)
  }

  @Test(arguments: [false, true])
  func jpegComesBackClosely(subsampled: Bool) throws {
    let image = gradient(width: 33, height: 17)
    let bytes = JPEGEncoder.encode(image, quality: 95, subsampled: subsampled)
    let back = try ImageFile.decode(bytes, name: "jpeg")
    #expect(back.width == 33 && back.height == 17)
    // Quantisation at quality 95 moves a smooth picture by a few steps; half the chroma by a few more at its edges.
    #expect(largestDifference(back.pixels, image.pixels) <= (subsampled ? 16 : 6))
  }

  @Test func jpegIsSmallerWithLowerQualityAndLessColor() {
    let image = gradient(width: 64, height: 64)
    let sizes = [
      JPEGEncoder.encode(image, quality: 95), JPEGEncoder.encode(image, quality: 95, subsampled: true),
      JPEGEncoder.encode(image, quality: 40, subsampled: true),
    ].map(\.count)
    #expect(sizes[0] > sizes[1] && sizes[1] > sizes[2])
  }
}

@Suite struct AtomicFileTests {
  @Test func writesReplacesAndMakesFolders() throws {
    try Fixture.inTemporaryFolder { folder in
      let url = folder.appendingPathComponent("a/b/ü.bin")
      try AtomicFile.write([1, 2, 3], to: url)
      try AtomicFile.write(Data([4, 5]), to: url)
      #expect(try Data(contentsOf: url) == Data([4, 5]))
      let left = try FileManager.default.contentsOfDirectory(atPath: url.deletingLastPathComponent().path)
      #expect(left == ["ü.bin"])
    }
  }

  @Test func writesNothing() throws {
    try Fixture.inTemporaryFolder { folder in
      let url = folder.appendingPathComponent("empty")
      try AtomicFile.write([], to: url)
      #expect(try Data(contentsOf: url).isEmpty)
    }
  }

  @Test func failureNamesTheFileAndLeavesNothing() throws {
    try Fixture.inTemporaryFolder { folder in
      // A folder stands where the file should go.
      let url = folder.appendingPathComponent("taken")
      try FileManager.default.createDirectory(
        at: url.appendingPathComponent("inside"), withIntermediateDirectories: true)
      let error = #expect(throws: ImageError.self) { try AtomicFile.write([1], to: url) }
      #expect(error?.description == "\(url.path): cannot be written: Is a directory")
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["taken"])

      let below = folder.appendingPathComponent("file")
      try AtomicFile.write([1], to: below)
      let second = #expect(throws: ImageError.self) {
        try AtomicFile.write([1], to: below.appendingPathComponent("child"))
      }
      #expect(second?.reason.contains("cannot be written") == true)
    }
  }
}
