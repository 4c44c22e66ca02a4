/// An 8-bit colour.
package struct RGBColor: Hashable, Sendable, Codable {
  package var red: UInt8
  package var green: UInt8
  package var blue: UInt8

  package init(red: UInt8, green: UInt8, blue: UInt8) {
    self.red = red
    self.green = green
    self.blue = blue
  }
}

extension RGBColor {
  /// *Range*: `turns` of the hue's circle, whole ones not counting; saturation and value 0…1.
  fileprivate init(turns: Float, saturation: Float, value: Float) {
    let hue = 6 * (turns - turns.rounded(.down))
    func channel(_ own: Float) -> UInt8 {
      UInt8(value * (1 - saturation * (1 - Hue.share(hue, of: own))) * 255 + 0.5)
    }
    self.init(red: channel(Hue.red), green: channel(Hue.green), blue: channel(Hue.blue))
  }
}

/// A colour for each class index.
package struct Palette: Hashable, Sendable {
  package var colors: [RGBColor]

  package init(_ colors: [RGBColor]) { self.colors = colors }

  /// PASCAL VOC's colours: the bits of the index dealt out to the three channels, most significant first.
  package static func voc(count: Int) -> Palette {
    Palette(
      (0..<count).map { index in
        var channels = [0, 0, 0]
        for bit in 0..<8 {
          for channel in 0..<3 { channels[channel] |= (index >> (3 * bit + channel) & 1) << (7 - bit) }
        }
        return RGBColor(red: UInt8(channels[0]), green: UInt8(channels[1]), blue: UInt8(channels[2]))
      })
  }

  /// Colours that are easy to tell apart: hues by the golden angle, four tones in turn.
  package static func distinct(count: Int) -> Palette {
    Palette(
      (0..<count).map { index in
        let turns = Float(index) * 0.381_966
        let value: Float = [0.95, 0.75, 0.55, 0.85][index % 4]
        let saturation: Float = [0.65, 0.85, 0.75, 0.45][index % 4]
        return RGBColor(turns: turns, saturation: saturation, value: value)
      })
  }
}

/// Which class a colour of an RGB mask stands for.
package struct ColorTable: Sendable {
  private let classes: [RGBColor: UInt8]

  /// - Precondition: at most 256 colours, none twice.
  package init(_ colors: [RGBColor], ignored: [RGBColor] = [], ignoreLabel: UInt8 = 255) {
    var classes: [RGBColor: UInt8] = [:]
    for (index, color) in colors.enumerated() { classes[color] = UInt8(index) }
    for color in ignored { classes[color] = ignoreLabel }
    self.classes = classes
  }

  func mask(of image: RGBImage, name: String) throws(ImageError) -> LabelMask {
    let count = image.width * image.height
    var labels = [UInt8](repeating: 0, count: count)
    var unknown: Int?
    // Neighbours mostly agree, and a look into the dictionary costs more than all else.
    var last: (color: RGBColor, label: UInt8)?
    labels.withUnsafeMutableBufferPointer { labels in
      image.pixels.withUnsafeBufferPointer { pixels in
        for index in 0..<count {
          let color = RGBColor(
            red: pixels[3 * index], green: pixels[3 * index + 1], blue: pixels[3 * index + 2])
          if let last, last.color == color {
            labels[index] = last.label
          } else if let label = classes[color] {
            labels[index] = label
            last = (color, label)
          } else {
            unknown = index
            return
          }
        }
      }
    }
    if let unknown {
      let color = image.pixels[3 * unknown..<3 * unknown + 3].map(String.init).joined(separator: ", ")
      throw ImageError(
        file: name,
        reason:
          "colour (\(color)) at x \(unknown % image.width), y \(unknown / image.width) belongs to no class")
    }
    return LabelMask(width: image.width, height: image.height, labels: labels)
  }
}
