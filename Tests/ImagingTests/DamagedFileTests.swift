import Foundation
import Imaging
import Testing

@Suite struct DamagedFileTests {
  @Test(arguments: [
    "grey-8.png", "rgb-16-interlaced.png", "palette-4.png", "ycbcr-444.jpg", "ycbcr-420.jpg", "cmyk.jpg",
  ])
  func everyTruncationIsAnError(file: String) throws {
    let bytes = try Fixture.bytes(file)
    for count in 0..<bytes.count {
      #expect(throws: ImageError.self, "the first \(count) bytes") {
        try ImageFile.decode(Array(bytes[..<count]), name: file)
      }
    }
    #expect(throws: Never.self) { try ImageFile.decode(bytes, name: file) }
  }

  @Test(arguments: ["grey-8.png", "palette-4-interlaced.png"])
  func everyDamagedByteOfAPNGIsAnError(file: String) throws {
    let bytes = try Fixture.bytes(file)
    for index in bytes.indices {
      var damaged = bytes
      damaged[index] ^= 0x10
      #expect(throws: ImageError.self, "byte \(index)") { try MaskFile.decode(damaged, name: file) }
    }
  }

  @Test(arguments: ["ycbcr-progressive.jpg", "orientation-6.jpg", "ycck.jpg", "rgb-8.png"])
  func randomDamageNeverCrashes(file: String) throws {
    let bytes = try Fixture.bytes(file)
    var state: UInt64 = 1
    func next(_ limit: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(state >> 33) % limit
    }
    var refused = 0
    for _ in 0..<2000 {
      var damaged = bytes
      for _ in 0..<(1 + next(4)) { damaged[next(damaged.count)] = UInt8(next(256)) }
      do {
        _ = try ImageFile.decode(damaged, name: file, pixelLimit: 1_000_000)
      } catch {
        refused += 1
      }
    }
    #expect(refused > 200)
  }

  @Test(arguments: [
    ("broken-scan.jpg", "damaged JPEG"), ("broken-too-few-rows.jpg", "damaged JPEG"),
    ("broken-stray-bytes.jpg", "damaged JPEG"), ("broken-too-few-rows.png", "damaged PNG"),
    ("broken-depth.png", "damaged PNG"), ("broken-empty-size.png", "damaged PNG"),
    ("broken-huge.png", "100000×100000 = 10000000000 pixels; the limit is 268435456"),
    ("broken-huge.jpg", "65500×65500 = 4290250000 pixels; the limit is 268435456"),
    ("make_png.py", "expected a PNG or JPEG image, found a file that begins with 22 22 22 57"),
    ("absent.png", "cannot be read: No such file or directory"),
    ("", "expected a regular file, found a folder or device"),
  ])
  func refusalNamesFileAndReason(file: String, reason: String) throws {
    let url = Fixture.url(file)
    let error = #expect(throws: ImageError.self) { try ImageFile.decode(at: url) }
    #expect(error?.file == url.path)
    #expect(error?.reason.contains(reason) == true, "\(error?.reason ?? "none")")
    #expect(error?.description.hasPrefix(url.path) == true)
  }

  @Test func emptyFileIsAnError() throws {
    let error = #expect(throws: ImageError.self) { try ImageFile.decode([], name: "nothing.png") }
    #expect(error?.description == "nothing.png: expected a PNG or JPEG image, found an empty file")
  }

  @Test func pixelLimitIsInclusive() throws {
    let bytes = try Fixture.bytes("grey-8.png")
    #expect(throws: Never.self) { try ImageFile.decode(bytes, name: "a", pixelLimit: 63) }
    #expect(throws: ImageError.self) { try ImageFile.decode(bytes, name: "a", pixelLimit: 62) }
    #expect(throws: ImageError.self) { try MaskFile.decode(bytes, name: "a", pixelLimit: 62) }
  }

  @Test func jpegIsNoMask() throws {
    let error = #expect(throws: ImageError.self) { try MaskFile.decode(at: Fixture.url("grey.jpg")) }
    #expect(error?.reason.contains("expected a PNG") == true)
  }
}

@Suite struct ColorMaskTests {
  private let red = RGBColor(red: 255, green: 0, blue: 0)
  private let blue = RGBColor(red: 0, green: 0, blue: 255)
  private let white = RGBColor(red: 255, green: 255, blue: 255)

  private func encoded(_ colors: [RGBColor], width: Int) -> [UInt8] {
    PNGEncoder.encode(
      RGBImage(
        width: width, height: colors.count / width, pixels: colors.flatMap { [$0.red, $0.green, $0.blue] }))
  }

  @Test func colorsBecomeClasses() throws {
    let table = ColorTable([red, blue], ignored: [white], ignoreLabel: 200)
    let mask = try MaskFile.decode(encoded([red, blue, white, red], width: 2), name: "m", colors: table)
    #expect(mask == LabelMask(width: 2, height: 2, labels: [0, 1, 200, 0]))
  }

  @Test func unknownColorIsNamedWithItsPixel() throws {
    let bytes = encoded([red, blue, red, red, white, red], width: 3)
    let error = #expect(throws: ImageError.self) {
      try MaskFile.decode(bytes, name: "m.png", colors: ColorTable([red, blue]))
    }
    #expect(error?.description == "m.png: colour (255, 255, 255) at x 1, y 1 belongs to no class")
  }

  @Test func tableIsRequired() throws {
    #expect(throws: ImageError.self) { try MaskFile.decode(encoded([red], width: 1), name: "m") }
  }

  @Test func sixteenBitColorsAreRefused() throws {
    let error = #expect(throws: ImageError.self) {
      try MaskFile.decode(at: Fixture.url("rgb-16.png"), colors: ColorTable([red]))
    }
    #expect(error?.reason.contains("16 bits a channel; expected 8") == true)
  }

  @Test func tableLeavesPaletteMasksAlone() throws {
    let mask = try MaskFile.decode(at: Fixture.url("palette-8.png"), colors: ColorTable([red]))
    #expect(mask.labels == Fixture.png["palette-8"]?.labels?.bytes)
  }
}
