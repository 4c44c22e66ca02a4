import Mustache

/// Text for HTML and SVG.
package enum Markup {
  /// Safe as content and inside quoted attributes.
  ///
  /// Scalar by scalar: a quote with a combining mark behind it is another `Character` than a quote, but still ends an
  /// attribute. Control characters, which no page may hold, show as their pictures (U+2400 …).
  package static func escape(_ text: String) -> String {
    var result = String.UnicodeScalarView()
    result.reserveCapacity(text.utf8.count)
    for scalar in text.unicodeScalars {
      switch scalar {
      case "<": result.append(contentsOf: "&lt;".unicodeScalars)
      case ">": result.append(contentsOf: "&gt;".unicodeScalars)
      case "&": result.append(contentsOf: "&amp;".unicodeScalars)
      case "\"": result.append(contentsOf: "&quot;".unicodeScalars)
      case "'": result.append(contentsOf: "&#39;".unicodeScalars)
      default: result.append(printable(scalar))
      }
    }
    return String(result)
  }

  private static func printable(_ scalar: Unicode.Scalar) -> Unicode.Scalar {
    switch scalar.value {
    case 0x0A, 0x09: scalar
    case 0..<0x20: Unicode.Scalar(0x2400 + scalar.value) ?? scalar
    case 0x7F..<0xA0, 0xFFFE, 0xFFFF: "\u{FFFD}"
    default: scalar
    }
  }
}

/// Has templates escape as `Markup` does; they ask for it with `{{% CONTENT_TYPE:MARKUP}}`.
struct MarkupContentType: MustacheContentType {
  static let name = "MARKUP"

  /// Once for the program.
  static let isRegistered: Bool = {
    MustacheContentTypes.register(MarkupContentType(), named: name)
    return true
  }()

  func escapeText(_ text: String) -> String { Markup.escape(text) }
}
