import Reporting
import Testing

@Suite struct NumberTextTests {
  @Test(arguments: [
    (0, "0"), (999, "999"), (1000, "1,000"), (-1_234_567, "−1,234,567"), (17_452_800, "17,452,800"),
  ])
  func countsAreGrouped(value: Int, text: String) {
    #expect(NumberText.count(value) == text)
  }

  @Test(arguments: [(0.0, "0"), (0.3, "< 1"), (0.5, "1"), (1499.6, "1,500")])
  func pixelsAreRoundedButNeverToNothing(value: Double, text: String) {
    #expect(NumberText.pixels(value) == text + "\u{202F}px")
  }

  @Test(arguments: [
    (0.0, "0"), (0.000_05, "< 0.01"), (0.0042, "0.42"), (0.042, "4.2"), (0.421, "42.1"), (0.9942, "99.42"),
    (0.999_95, "> 99.99"), (1.0, "100"),
  ])
  func percentagesKeepWhatCounts(share: Double, text: String) {
    #expect(NumberText.percent(share) == text + "\u{202F}%")
  }

  @Test func oneImageIsNoPlural() {
    #expect(NumberText.images(1) == "1 image")
    #expect(NumberText.images(1200) == "1,200 images")
  }
}

@Suite struct MarkupTests {
  @Test(arguments: [
    ("<a href=\"x\">'&'</a>", "&lt;a href=&quot;x&quot;&gt;&#39;&amp;&#39;&lt;/a&gt;"),
    // A quote with a combining accent is one Character, and still a quote to a browser.
    ("\"\u{301}", "&quot;\u{301}"),
    ("a\u{0}b\u{1B}c\u{7F}", "a\u{2400}b\u{241B}c\u{FFFD}"),
    ("ünïcode 道路\n", "ünïcode 道路\n"),
  ])
  func escapesScalarByScalar(text: String, escaped: String) {
    #expect(Array(Markup.escape(text).unicodeScalars) == Array(escaped.unicodeScalars))
  }
}
