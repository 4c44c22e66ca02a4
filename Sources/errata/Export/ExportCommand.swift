import ArgumentParser
import AuditStore
import Auditing
import Foundation

struct ExportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export",
    abstract: "Write an audit as files for other programs.",
    discussion: """
      Formats:
        csv         images.csv, classes.csv, image-classes.csv and regions.csv
        json        audit.json: the run, and every image with its classes and error regions
        masks       a PNG an image: its labels, the class index as pixel value, with a palette
        error-maps  a grey PNG an image: the error probability, 0 certainly right, 255 certainly wrong
        overlays    a JPEG an image: the image, its labels and its error probability side by side

      Files of images lie below the output folder as the images did below theirs. Files of the same name are \
      replaced, each in one step. The folder's path goes to standard output.

      Example:
        errata export --database audit.sqlite --format overlays --output overlays --top 50

      \(ExitStatus.help)
      """)

  @OptionGroup var selection: RunSelection

  @Option(help: "What to write: \(ExportFormat.allCases.map(\.rawValue).joined(separator: ", ")).")
  var format: ExportFormat

  @Option(help: "The folder to write to; made if there is none.", completion: .directory)
  var output: String

  @Option(help: "By what to rank: \(RankingOrder.allCases.map(\.rawValue).joined(separator: ", ")).")
  var order = RankingOrder.expectedErrorRate

  @Option(help: "Only this many images from the top of the ranking.")
  var top: Int?

  func validate() throws {
    guard top ?? 1 > 0 else { throw ValidationError("--top must be at least 1.") }
  }

  func run() throws {
    let (store, run) = try selection.open()
    var query = RankingQuery()
    query.order = order
    query.limit = top
    let images = try store.rankedImages(run, query)
    guard !images.isEmpty else {
      throw AuditStoreError(
        file: selection.database, reason: "run '\(run.description.name)' holds no audited image to export")
    }
    let folder = URL(fileURLWithPath: output, isDirectory: true).standardizedFileURL
    Interruption.install()
    switch format {
    case .csv, .json:
      let export = TableExport(
        store: store, run: run, images: images, folder: folder, intervals: try store.intervals(run))
      if format == .csv { try export.writeCSV() } else { try export.writeJSON() }
    case .masks, .errorMaps, .overlays:
      try store.requireMaps(of: run)
      try PictureExport(store: store, run: run, images: images, folder: folder, format: format).write()
    }
    print(folder.path)
  }
}

enum ExportFormat: String, CaseIterable, ExpressibleByArgument {
  case csv
  case json
  case masks
  case errorMaps = "error-maps"
  case overlays
}
