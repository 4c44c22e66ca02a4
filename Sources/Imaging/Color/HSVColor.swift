/// Hue, saturation and value. *Range*: 0…1 each; the hue is a circle.
struct HSVColor {
  var hue: Float
  var saturation: Float
  var value: Float

  init(hue: Float, saturation: Float, value: Float) {
    self.hue = hue
    self.saturation = saturation
    self.value = value
  }

  /// *Range*: channels 0…1.
  init(red: Float, green: Float, blue: Float) {
    let high = max(red, green, blue)
    let chroma = high - min(red, green, blue)
    value = high
    saturation = high > 0 ? chroma / high : 0
    guard chroma > 0 else {
      hue = 0
      return
    }
    let sector: Float
    if high == red {
      sector = (green - blue) / chroma
    } else if high == green {
      sector = 2 + (blue - red) / chroma
    } else {
      sector = 4 + (red - green) / chroma
    }
    hue = sector / 6 - (sector / 6).rounded(.down)
  }

  /// Channels 0…1.
  var channels: (red: Float, green: Float, blue: Float) {
    let scaled = hue * 6
    let sector = Int(scaled) % 6
    let f = scaled - Float(Int(scaled))
    let p = value * (1 - saturation)
    let q = value * (1 - saturation * f)
    let t = value * (1 - saturation * (1 - f))
    switch sector {
    case 0: return (value, t, p)
    case 1: return (q, value, p)
    case 2: return (p, value, t)
    case 3: return (p, q, value)
    case 4: return (t, p, value)
    default: return (value, p, q)
    }
  }

  var rgb: RGBColor {
    let (red, green, blue) = channels
    return RGBColor(
      red: UInt8(red * 255 + 0.5), green: UInt8(green * 255 + 0.5), blue: UInt8(blue * 255 + 0.5))
  }
}
