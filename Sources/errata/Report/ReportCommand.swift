import ArgumentParser
import AuditStore
import Auditing
import Foundation
import Imaging
import Reporting

struct ReportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "report",
    abstract: "Write one HTML page about an audit: totals, plots, classes, the worst images.",
    discussion: """
      The page is self-contained and needs no network. The audited images must still be where they were.

      Example:
        errata report --database audit.sqlite --output report.html --top 20

      \(ExitStatus.help)
      """)

  @OptionGroup var selection: RunSelection

  @Option(help: "The page to write.", completion: .file(extensions: ["html"]))
  var output: String

  @Option(help: "How many of the worst images to show.")
  var top = 12

  /// Boxes drawn on an image.
  private static let regionCount = 5

  func validate() throws {
    guard top >= 0 else { throw ValidationError("--top must not be negative.") }
  }

  func run() throws {
    let (store, run) = try selection.open()
    let images = try store.rankedImages(run, RankingQuery())
    let pictures = AuditPictures(run: run)
    let worst = try images.prefix(top).map { image in
      ReportContent.Worst(
        image: image,
        pictures: try pictures.triple(
          image, maps: try store.maps(of: image),
          regions: Array(try store.regions(of: image).prefix(Self.regionCount))))
    }
    let content = ReportContent(
      run: run, totals: try store.totals(run), classes: try store.classTotals(run),
      expectedWrongPixels: images.map(\.statistics.expectedWrongPixels),
      errorRates: images.map(\.statistics.meanErrorProbability), worst: worst,
      failures: try store.failedImages(run))
    let url = URL(fileURLWithPath: output)
    try AtomicFile.write(Array(try ReportPage(content).html().utf8), to: url)
    print(url.path)
  }
}
