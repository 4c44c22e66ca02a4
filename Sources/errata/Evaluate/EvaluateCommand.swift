import ArgumentParser
import AuditStore
import Auditing
import Datasets
import Foundation
import Imaging

struct EvaluateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "evaluate",
    abstract: "Compare an audit with the truth.",
    discussion: """
      Masks are matched by name with the audited images. Detection asks how well a score finds the wrong pixels; \
      ranking, how well it puts the worst images first; calibration, whether the error probability is one.

      Example:
        errata evaluate --database audit.sqlite --masks truth --ignore 255

      \(ExitStatus.help)
      """)

  @OptionGroup var selection: RunSelection

  @Option(help: "Folder of true masks.", completion: .directory)
  var masks: String

  @Option(help: "The mask value of pixels without label.")
  var ignore: UInt8 = 255

  @Option(help: "Also list this many images from the top of the ranking, with their true error rates.")
  var top = 0

  @Flag(help: "One JSON object.")
  var json = false

  func run() throws {
    let (store, run) = try selection.open()
    try store.requireMaps(of: run)
    let classes = run.description.classes
    let trueMasks = TrueMasks(
      classNames: classes.map(\.name),
      colors: classes.map { RGBColor(red: $0.red, green: $0.green, blue: $0.blue) }, ignoreLabel: ignore)
    try trueMasks.checkIgnoreLabel()
    var maskOf: [String: URL] = [:]
    for mask in try ImageFolder.list(URL(fileURLWithPath: masks)) { maskOf[mask.name] = mask.image }
    let images = try store.rankedImages(run, RankingQuery())
    try checkComplete(images, maskOf)
    let regionSettings = run.regionSettings
    var evaluation = AuditEvaluation(classCount: classes.count, ignoreLabel: ignore)
    let progress = ProgressReporter(total: images.count, unit: "images")
    for (index, image) in images.enumerated() {
      let stem = (image.path as NSString).deletingPathExtension
      guard let url = maskOf[stem] else { continue }
      let truth = try trueMasks.read(url, width: image.width, height: image.height)
      evaluation.add(
        name: stem, maps: try store.maps(of: image), truth: truth,
        orders: RankingOrder.allCases.reduce(into: [:]) {
          $0[$1] = image.value(for: $1, cost: AnnotationCost())
        }, regions: regionSettings)
      progress.update(done: index + 1, detail: "")
    }
    let intervals = try store.intervals(run)
    let summary = evaluation.summary(imageRatio: intervals.ofImage, regionRatios: intervals.ofRegion)
    if json {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
      encoder.nonConformingFloatEncodingStrategy = .convertToString(
        positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
      print(String(decoding: try encoder.encode(summary), as: UTF8.self))
    } else {
      print(EvaluationTable(summary: summary, classes: classes.map(\.name), top: top).text)
    }
  }

  private func checkComplete(_ images: [AuditedImage], _ maskOf: [String: URL]) throws {
    let missing = images.filter { maskOf[($0.path as NSString).deletingPathExtension] == nil }
    guard missing.isEmpty else {
      let names = missing.prefix(3).map(\.path).joined(separator: ", ")
      throw DatasetError(
        masks,
        "\(missing.count) of \(images.count) audited images have no mask: \(names)\(missing.count > 3 ? ", …" : "")"
      )
    }
    guard !images.isEmpty else { throw DatasetError(selection.database, "the run holds no audited image") }
  }
}
