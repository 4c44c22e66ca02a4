extension String {
  /// With spaces behind, up to a width in characters.
  func padded(to width: Int) -> String { self + String(repeating: " ", count: max(0, width - count)) }

  /// With spaces before.
  func aligned(to width: Int) -> String { String(repeating: " ", count: max(0, width - count)) + self }
}
