import Foundation
import Imaging
import Testing

@Suite struct ColorChangeTests {
  private func change(_ kind: String, _ factor: Float) -> ColorChange? {
    switch kind {
    case "brightness": .brightness(factor)
    case "contrast": .contrast(factor)
    case "saturation": .saturation(factor)
    case "hue": .hue(factor)
    case "grayscale": .grayscale
    default: nil
    }
  }

  @Test func agreesWithTorchvision() throws {
    let fixture = try Fixture.load("changes.json", as: Fixture.Changes.self)
    #expect(fixture.changes.count == 22)
    for entry in fixture.changes {
      let changed = fixture.image.changingColors([try #require(change(entry.kind, entry.factor))])
      // The hue goes through HSV and back, where a result just below an integer may come out just above it.
      let tolerance = entry.kind == "hue" ? 1 : 0
      #expect(
        largestDifference(changed.pixels, entry.rgb.bytes) <= tolerance, "\(entry.kind) \(entry.factor)")
    }
  }

  @Test func neutralFactorsChangeNothing() {
    let image = gradient(width: 40, height: 30)
    #expect(image.changingColors([]) == image)
    for change in [ColorChange.brightness(1), .contrast(1), .saturation(1), .hue(0), .hue(1)] {
      #expect(image.changingColors([change]) == image, "\(change)")
    }
  }

  @Test func changesFollowOneAnother() {
    let image = gradient(width: 8, height: 8)
    let both = image.changingColors([.brightness(0.5), .hue(0.25)])
    #expect(both == image.changingColors([.brightness(0.5)]).changingColors([.hue(0.25)]))
    #expect(both != image.changingColors([.hue(0.25)]))
  }

  @Test func hueTurnsRedToGreen() {
    let red = RGBImage(width: 1, height: 1, pixels: [255, 0, 0])
    #expect(red.changingColors([.hue(1 / 3)]).pixels == [0, 255, 0])
    #expect(red.changingColors([.hue(-1 / 3)]).pixels == [0, 0, 255])
  }

  @Test func grayscaleIsLuma() {
    let image = RGBImage(width: 4, height: 1, pixels: [255, 0, 0, 0, 255, 0, 0, 0, 255, 255, 255, 255])
    #expect(image.grayscale().pixels == [76, 149, 29, 254].flatMap { [$0, $0, $0] })
  }
}

@Suite struct PaletteTests {
  @Test func vocColorsAreTheOnesOfTheDataSet() {
    let palette = Palette.voc(count: 256).colors
    #expect(palette[0] == RGBColor(red: 0, green: 0, blue: 0))
    #expect(palette[1] == RGBColor(red: 128, green: 0, blue: 0))
    #expect(palette[15] == RGBColor(red: 192, green: 128, blue: 128))
    #expect(palette[20] == RGBColor(red: 0, green: 64, blue: 128))
    #expect(palette[255] == RGBColor(red: 224, green: 224, blue: 192))
    #expect(Set(palette).count == 256)
  }

  @Test func distinctColorsDiffer() {
    let colors = Palette.distinct(count: 30).colors
    #expect(colors.count == 30)
    for (index, a) in colors.enumerated() {
      for b in colors[..<index] {
        let distance =
          abs(Int(a.red) - Int(b.red)) + abs(Int(a.green) - Int(b.green)) + abs(Int(a.blue) - Int(b.blue))
        #expect(distance >= 30, "\(a) and \(b)")
      }
    }
  }
}
