import AuditStore
import Auditing
import Foundation
import FoundationXML
import Imaging
import Reporting
import Testing

/// A name that breaks a page which does not escape.
private let hostile = #"<script>alert("1")</script>'&amp;"# + "\"\u{301} onload=x\u{1}.jpg"

private struct PictureMissing: Error, CustomStringConvertible {
  let description: String
}

@Suite struct AuditReportTests {
  private static let width = 6
  private static let height = 4

  /// A run of three images, in which the error probability of a whole image is 0.1, 0.3 or 0.8.
  private func withRun(
    names: [String] = ["a.jpg", "b.jpg", "c.jpg"], failures: [(path: String, reason: String)] = [],
    runName: String = "street",
    _ body: (AuditStore, AuditRun) throws -> Void
  ) throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("errata-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let store = try AuditStore(path: folder.appendingPathComponent("a.sqlite").path, access: .readWrite)
    let run = try store.beginRun(
      AuditRunDescription(
        name: runName, folder: folder.path, modelPath: "/model", modelSHA256: "abc", configuration: "{}",
        programVersion: "0.1.0",
        classes: [
          AuditClass(name: "road", red: 128, green: 64, blue: 128),
          AuditClass(name: hostile, red: 255, green: 0, blue: 0),
          AuditClass(name: "bus", red: 0, green: 0, blue: 255),
        ]))
    let count = Self.width * Self.height
    for (name, probability) in zip(names, [Float(0.1), 0.3, 0.8]) {
      let prediction = PixelPrediction(
        width: Self.width, height: Self.height, classCount: 3,
        labels: (0..<count).map { $0 < count / 4 ? 1 : 0 },
        errorProbability: [Float](repeating: probability, count: count),
        confidence: [Float](repeating: 0.9, count: count), entropy: [Float](repeating: 0.1, count: count))
      try store.record(
        ImageAudit(prediction, regions: RegionSettings()), path: name, contentSHA256: "", run: run)
    }
    for failure in failures { try store.recordFailure(path: failure.path, reason: failure.reason, run: run) }
    try store.finishRun(run)
    try body(store, store.run(named: runName))
  }

  private func picture(_ image: AuditedImage) -> RGBImage {
    RGBImage(
      width: image.width, height: image.height,
      pixels: [UInt8](repeating: 90, count: image.width * image.height * 3))
  }

  @Test func pageIsWellFormedAndHasTheNumbers() throws {
    try withRun { store, run in
      let result = try AuditReport(store: store, run: run).render(picture: picture)
      let page = try ParsedPage(result.html)
      #expect(result.pictureProblems.isEmpty)
      // (0.1 + 0.3 + 0.8) / 3 of 72 pixels.
      #expect(page.text.contains("40.0\u{202F}%"))
      #expect(page.text.contains("29 px"))
      #expect(page.text.contains("72 px"))
      #expect(page.imageSources.count == 9)
      #expect(page.imageSources.allSatisfy { $0.hasPrefix("data:image/jpeg;base64,/9j/") })
      #expect(page.elements.filter { $0 == "svg" }.count == 4)
      #expect(!page.elements.contains("script"))
      #expect(page.text.contains("never given as a label"))
    }
  }

  @Test func worstImageComesFirst() throws {
    try withRun { store, run in
      let html = try AuditReport(store: store, run: run, worstCount: 2).render(picture: picture).html
      let c = try #require(html.range(of: "<bdi>c.jpg</bdi>"))
      let b = try #require(html.range(of: "<bdi>b.jpg</bdi>"))
      #expect(c.lowerBound < b.lowerBound)
      #expect(!html.contains("<bdi>a.jpg</bdi>"))
    }
  }

  @Test func hostileNamesAreTextAndNothingElse() throws {
    let failure = (path: hostile, reason: "]]>" + hostile)
    try withRun(names: [hostile, "b.jpg", "c.jpg"], failures: [failure], runName: hostile) { store, run in
      let html = try AuditReport(store: store, run: run).render {
        if $0.path == hostile { throw PictureMissing(description: hostile) }
        return picture($0)
      }.html
      let page = try ParsedPage(html)
      #expect(!page.elements.contains("script"))
      #expect(!page.attributeNames.contains("onload"))
      let shown = hostile.replacingOccurrences(of: "\u{1}", with: "\u{2401}")
      #expect(page.title.trimmingCharacters(in: .newlines) == "Audit of \(shown)")
      // The heading, the image, the reason why it has no picture, the failure, the class, the facts.
      #expect(page.text.components(separatedBy: shown).count > 6)
    }
  }

  @Test func aMissingPictureIsSaidAndTheRestIsShown() throws {
    try withRun { store, run in
      let result = try AuditReport(store: store, run: run).render {
        if $0.path == "b.jpg" { throw PictureMissing(description: "/images/b.jpg: no such file") }
        return picture($0)
      }
      #expect(result.pictureProblems == ["/images/b.jpg: no such file"])
      let page = try ParsedPage(result.html)
      #expect(page.imageSources.count == 8)
      #expect(page.text.contains("/images/b.jpg: no such file"))
    }
  }

  @Test func failuresAreListed() throws {
    let failures = [
      (path: "x.jpg", reason: "damaged JPEG"), (path: "y.png", reason: "empty"),
    ]
    try withRun(failures: failures) { store, run in
      let page = try ParsedPage(AuditReport(store: store, run: run).render(picture: picture).html)
      #expect(page.text.contains("damaged JPEG") && page.text.contains("y.png"))
      #expect(page.text.contains("2 images could not be audited"))
    }
  }

  @Test func aRunOfFailuresOnlyHasAPageWithoutPlots() throws {
    try withRun(names: [], failures: [(path: "x.jpg", reason: "damaged")]) { store, run in
      let page = try ParsedPage(AuditReport(store: store, run: run).render(picture: picture).html)
      #expect(!page.elements.contains("svg"))
      #expect(page.text.contains("damaged"))
    }
  }

  @Test func anEmptyRunIsRefused() throws {
    try withRun(names: []) { store, run in
      let error = try #require(throws: AuditStoreError.self) {
        _ = try AuditReport(store: store, run: run).render(picture: picture)
      }
      #expect(error.reason.contains("'street' holds no image"))
    }
  }
}

/// What an XML parser sees in a page.
private final class ParsedPage: NSObject, XMLParserDelegate {
  private(set) var elements: [String] = []
  private(set) var attributeNames: Set<String> = []
  private(set) var imageSources: [String] = []
  private(set) var text = ""
  private(set) var title = ""

  /// - Throws: the parser's complaint if the page is not well-formed.
  init(_ html: String) throws {
    super.init()
    let parser = XMLParser(data: Data(html.utf8))
    parser.delegate = self
    guard parser.parse() else {
      throw PictureMissing(
        description: "line \(parser.lineNumber), column \(parser.columnNumber): "
          + "\(parser.parserError.map { "\($0)" } ?? "")")
    }
  }

  func parser(
    _ parser: XMLParser, didStartElement elementName: String, namespaceURI: String?, qualifiedName: String?,
    attributes: [String: String]
  ) {
    elements.append(elementName)
    attributeNames.formUnion(attributes.keys)
    if elementName == "img", let source = attributes["src"] { imageSources.append(source) }
  }

  func parser(_ parser: XMLParser, foundCharacters string: String) {
    text += string
    // Titles inside drawings are tooltips.
    if elements.last == "title", !elements.contains("body") { title += string }
  }
}
