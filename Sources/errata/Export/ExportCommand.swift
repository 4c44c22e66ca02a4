import ArgumentParser
import AuditStore
import Auditing
import Foundation
import Imaging

struct ExportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export",
    abstract: "Write an audit's results as tables, masks or pictures.",
    discussion: """
      csv: images.csv, classes.csv and regions.csv. json: audit.json. masks: the pseudo-labels as palette PNG, pixel \
      value = class index. error-maps: 8-bit grey PNG, 255 = certainly wrong. overlays: image, labels and error heat \
      map side by side as JPEG. Pictures keep the images' names and subfolders; every file appears whole or not at all.

      Example:
        errata export --database audit.sqlite --format overlays --output pictures --top 50

      \(ExitStatus.help)
      """)

  enum Format: String, CaseIterable, ExpressibleByArgument {
    case csv, json, masks, overlays
    case errorMaps = "error-maps"
  }

  @OptionGroup var selection: RunSelection

  @Option(help: "What to write: \(Format.allCases.map(\.rawValue).joined(separator: ", ")).")
  var format: Format

  @Option(help: "The folder to write to.", completion: .directory)
  var output: String

  @Option(help: "By what images are ranked.")
  var order = RankingOrder.expectedErrorRate

  @Option(help: "At most this many images, the worst ones.")
  var top: Int?

  func validate() throws {
    guard top ?? 1 > 0 else { throw ValidationError("--top must be at least 1.") }
  }

  func run() throws {
    let (store, run) = try selection.open()
    var query = RankingQuery()
    query.order = order
    query.limit = top
    let folder = URL(fileURLWithPath: output)
    let images = try store.rankedImages(run, query)
    switch format {
    case .csv: try TableExport(store: store, run: run, images: images).writeCSV(to: folder)
    case .json: try TableExport(store: store, run: run, images: images).writeJSON(to: folder)
    case .masks, .errorMaps, .overlays: try writePictures(images, store: store, run: run, to: folder)
    }
    print(folder.path)
  }

  private func writePictures(
    _ images: [AuditedImage], store: AuditStore, run: AuditRun, to folder: URL
  ) throws {
    let progress = ProgressReporter(total: images.count, unit: "images")
    let pictures = AuditPictures(run: run)
    for (index, image) in images.enumerated() {
      let maps = try store.maps(of: image)
      let stem = folder.appendingPathComponent((image.path as NSString).deletingPathExtension)
      switch format {
      case .masks:
        let mask = LabelMask(width: image.width, height: image.height, labels: maps.labels)
        try AtomicFile.write(
          PNGEncoder.encode(mask: mask, palette: pictures.palette), to: stem.appendingPathExtension("png"))
      case .errorMaps:
        try AtomicFile.write(
          PNGEncoder.encode(grey: maps.errorProbability, width: image.width, height: image.height),
          to: stem.appendingPathExtension("png"))
      default:
        try AtomicFile.write(
          JPEGEncoder.encode(Mosaic.row(try pictures.triple(image, maps: maps)), quality: 90),
          to: stem.appendingPathExtension("jpg"))
      }
      progress.update(done: index + 1, detail: "")
    }
  }
}
