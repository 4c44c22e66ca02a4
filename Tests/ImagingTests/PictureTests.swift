import Imaging
import Testing

@Suite struct HeatMapTests {
  private func luminance(_ color: RGBColor) -> Float {
    let channels = [color.red, color.green, color.blue].map { channel -> Float in
      let value = Float(channel) / 255
      return value * value * value.squareRoot().squareRoot()
    }
    return 0.2126 * channels[0] + 0.7152 * channels[1] + 0.0722 * channels[2]
  }

  @Test func higherIsLighter() {
    let lights = (0...64).map { luminance(HeatMap.color(Float($0) / 64)) }
    for index in 1...64 { #expect(lights[index] > lights[index - 1], "step \(index)") }
    #expect(lights[0] < 0.02 && lights[64] > 0.75)
  }

  @Test func valuesOutsideTakeTheNearestEnd() {
    #expect(HeatMap.color(-3) == HeatMap.color(0))
    #expect(HeatMap.color(.infinity) == HeatMap.color(1))
    #expect(HeatMap.color(.nan) == RGBColor(red: 0, green: 0, blue: 0))
  }

  @Test func renderKeepsOrder() {
    let image = HeatMap.render([0, 1, .nan, 2, -1, 0], width: 3, height: 2)
    func color(_ index: Int) -> RGBColor {
      RGBColor(
        red: image.pixels[3 * index], green: image.pixels[3 * index + 1], blue: image.pixels[3 * index + 2])
    }
    #expect(image.width == 3 && image.height == 2)
    #expect(color(0) == HeatMap.color(0) && color(1) == HeatMap.color(1) && color(3) == HeatMap.color(1))
    #expect(color(2) == RGBColor(red: 0, green: 0, blue: 0) && color(4) == color(0))
    let legend = HeatMap.legend(width: 5, height: 2)
    #expect(Array(legend.pixels[..<3]) == Array(image.pixels[..<3]))
    #expect(Array(legend.pixels[27...]) == Array(image.pixels[3..<6]))
  }
}

@Suite struct OverlayTests {
  private let image = RGBImage(width: 2, height: 1, pixels: [100, 100, 100, 200, 200, 200])

  @Test func labelsTintAndIgnoreLeaves() {
    let palette = Palette([RGBColor(red: 255, green: 0, blue: 0)])
    let mask = LabelMask(width: 2, height: 1, labels: [0, 255])
    #expect(
      Overlay.labels(on: image, mask: mask, palette: palette, opacity: 0.5).pixels == [
        178, 50, 50, 200, 200, 200,
      ])
    #expect(Overlay.labels(on: image, mask: mask, palette: palette, opacity: 0) == image)
    #expect(
      Overlay.labels(on: image, mask: mask, palette: palette, opacity: 1).pixels == [
        255, 0, 0, 200, 200, 200,
      ])
  }

  @Test func heatShowsWhereValuesAreHigh() {
    let shown = Overlay.heat(on: image, values: [0, 1], opacity: 1)
    let hot = HeatMap.color(1)
    // The grey 100 (99 by torchvision's weights), pale: 80 + 99 · 145 / 255.
    #expect(Array(shown.pixels[..<3]) == [136, 136, 136])
    #expect(Array(shown.pixels[3...]) == [hot.red, hot.green, hot.blue])
  }
}

@Suite struct DrawingTests {
  private let color = RGBColor(red: 1, green: 1, blue: 1)

  private func marks(_ image: RGBImage) -> [[Int]] {
    (0..<image.height).map { y in (0..<image.width).map { x in Int(image.pixels[3 * (y * image.width + x)]) }
    }
  }

  private func blank(_ width: Int, _ height: Int) -> RGBImage {
    RGBImage(width: width, height: height, pixels: [UInt8](repeating: 0, count: width * height * 3))
  }

  @Test func boxIsAFrameInsideItsEdges() {
    let drawn = blank(5, 4).drawingBox(x: 1, y: 0, width: 4, height: 3, color: color, thickness: 1)
    #expect(marks(drawn) == [[0, 1, 1, 1, 1], [0, 1, 0, 0, 1], [0, 1, 1, 1, 1], [0, 0, 0, 0, 0]])
  }

  @Test func boxIsCutAtTheImage() {
    let drawn = blank(3, 3).drawingBox(x: -1, y: -1, width: 3, height: 3, color: color, thickness: 1)
    #expect(marks(drawn) == [[0, 1, 0], [1, 1, 0], [0, 0, 0]])
    #expect(blank(2, 2).drawingBox(x: 5, y: 5, width: 3, height: 3, color: color) == blank(2, 2))
    let thick = blank(3, 3).drawingBox(x: 0, y: 0, width: 3, height: 2, color: color, thickness: 9)
    #expect(marks(thick) == [[1, 1, 1], [1, 1, 1], [0, 0, 0]])
  }

  @Test func outlinesLieOnBothSidesOfBorders() {
    let mask = LabelMask(width: 4, height: 3, labels: [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 0])
    let drawn = blank(4, 3).drawingOutlines(of: mask, color: color)
    #expect(marks(drawn) == [[0, 0, 0, 0], [1, 1, 1, 0], [1, 1, 1, 1]])
    let only0 = blank(4, 3).drawingOutlines(of: mask, palette: Palette([color]))
    #expect(marks(only0) == [[0, 0, 0, 0], [1, 1, 1, 0], [0, 0, 0, 1]])
  }

  @Test func mosaicPlacesImagesInCells() {
    let ones = RGBImage(width: 1, height: 2, pixels: [UInt8](repeating: 1, count: 6))
    let twos = RGBImage(width: 2, height: 1, pixels: [UInt8](repeating: 2, count: 6))
    let grid = Mosaic.grid(
      [ones, twos, ones], columns: 2, gap: 1, background: RGBColor(red: 9, green: 9, blue: 9))
    #expect(
      marks(grid) == [
        [1, 9, 9, 2, 2], [1, 9, 9, 9, 9], [9, 9, 9, 9, 9], [1, 9, 9, 9, 9], [1, 9, 9, 9, 9],
      ])
    #expect(marks(Mosaic.row([twos, twos], gap: 0)) == [[2, 2, 2, 2]])
  }
}
