import ArgumentParser
import AuditStore
import Auditing
import Foundation
import Imaging
import Reporting

struct ReportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "report",
    abstract: "Write an audit as one HTML page for people.",
    discussion: """
      Totals, distributions, a table of the classes, and the worst images with their labels and error probability. \
      The page needs no other file and no network. Pictures are made from the audited folder; an image that is no \
      longer there is named, and its labels and error map are shown without it.

      Example:
        errata report --database audit.sqlite --output audit.html

      \(ExitStatus.help)
      """)

  @OptionGroup var selection: RunSelection

  @Option(help: "The page; replaced if it exists.", completion: .file(extensions: ["html"]))
  var output: String

  @Option(
    help:
      "By what the worst images are chosen: \(RankingOrder.allCases.map(\.rawValue).joined(separator: ", "))."
  )
  var order = RankingOrder.expectedErrorRate

  @Option(help: "How many images are shown.")
  var top = 12

  func validate() throws {
    guard top > 0 else { throw ValidationError("--top must be at least 1.") }
  }

  func run() throws {
    let (store, run) = try selection.open()
    let source = SourceImages(of: run)
    let report = AuditReport(store: store, run: run, order: order, worstCount: top)
    let result = try report.render { try source.read($0) }
    let file = URL(fileURLWithPath: output)
    try AtomicFile.write(result.html.utf8, to: file)
    if run.description.maps != .all {
      Console.error(
        "note: run '\(run.description.name)' was audited with --maps \(run.description.maps.rawValue): a page "
          + "without pictures")
    }
    for problem in result.pictureProblems { Console.error("no picture: \(problem)") }
    print(file.standardizedFileURL.path)
    if !result.pictureProblems.isEmpty { throw ExitStatus.someImagesFailed }
  }
}
