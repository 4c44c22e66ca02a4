/// A hue on the circle red, yellow, green, cyan, blue, magenta. *Units*: sixths of the circle.
enum Hue {
  static let red: Float = 0
  static let green: Float = 2
  static let blue: Float = 4

  /// How much of its chroma a colour of this hue leaves in a channel.
  ///
  /// All where the hue is at most one sixth away from the channel's own, nothing where it is more than two away,
  /// falling linearly between.
  ///
  /// *Range*: `hue` −1…11; the result 0…1.
  @inline(__always)
  static func share(_ hue: Float, of channel: Float) -> Float {
    var away = abs(hue - channel)
    if away > 6 { away -= 6 }
    away = min(away, 6 - away)
    return max(0, min(1, 2 - away))
  }
}
