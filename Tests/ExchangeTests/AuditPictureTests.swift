import Auditing
import Exchange
import Imaging
import Testing

@Suite struct AuditPictureTests {
  private let maps = PixelMaps(
    width: 2, height: 1, labels: [0, 1], errorProbability: [0, 255], confidence: [255, 0], entropy: [0, 255])
  private let palette = Palette([
    RGBColor(red: 200, green: 0, blue: 0), RGBColor(red: 0, green: 200, blue: 0),
  ])

  @Test func bytesAreProbabilities() {
    #expect(AuditPicture.errorProbability(maps) == [0, 1])
  }

  @Test func threePicturesStandSideBySide() {
    let image = RGBImage(width: 2, height: 1, pixels: [100, 100, 100, 100, 100, 100])
    let picture = AuditPicture.sideBySide(image, maps: maps, palette: palette)
    // Three times two pixels and two gaps of four.
    #expect(picture.width == 14 && picture.height == 1)
    func pixel(_ x: Int) -> [UInt8] { Array(picture.pixels[3 * x..<3 * x + 3]) }
    #expect(pixel(0) == [100, 100, 100])
    #expect(pixel(6) == [150, 50, 50])
    #expect(pixel(7) == [50, 150, 50])
    // Certainly right stays grey; certainly wrong takes the bright end of the scale.
    #expect(Set(pixel(12)).count == 1)
    let wrong = pixel(13)
    #expect(wrong[0] > 180 && wrong[0] > wrong[2])
  }
}
