import ArgumentParser
import Auditing
import Datasets
import ErrorLocalization
import Foundation
import Imaging
import Reporting

struct CalibrateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "calibrate",
    abstract: "Make error probabilities hold, on labelled images that the training has not seen.",
    discussion: """
      Runs the model on the images, compares with their masks, and fits how the detectors' scores together tell the \
      probability that a label is wrong. The result lies beside the model, where `errata audit` finds it. What is \
      printed about it comes from cross-validation over the images, in blocks of neighbours. The model runs twice: the \
      second time it finds error regions, from which those of an audit by the same rule get their intervals.

      Example:
        errata calibrate --model run/model.safetensors --images held-out/images --masks held-out/masks --ignore 255

      \(ExitStatus.help)
      """)

  @OptionGroup var judging: JudgingOptions

  @OptionGroup var regions: RegionOptions

  @Option(help: "Folder of labelled images that the training has not seen.", completion: .directory)
  var images: String

  @Option(help: "Folder of their masks, matched by name.", completion: .directory)
  var masks: String

  @Option(help: "File that names the images to use, one a line.", completion: .file())
  var split: String?

  @Option(help: "The mask value of pixels without label.")
  var ignore: UInt8 = 255

  @Option(
    help: "The calibration file (default: model.calibration.json beside the model).", completion: .file())
  var output: String?

  @Option(help: "Also draw the reliability plot into this SVG file.", completion: .file(extensions: ["svg"]))
  var plot: String?

  @Option(help: "Pixels of an image that take part.")
  var pixelsPerImage = 10_000

  @Flag(help: "One JSON object.")
  var json = false

  func validate() throws {
    guard pixelsPerImage > 0 else { throw ValidationError("--pixels-per-image must be at least 1.") }
  }

  func run() throws {
    let modelURL = URL(fileURLWithPath: judging.model)
    let models = try JudgingModels(contentsOf: modelURL)
    let model = models.first
    let options = try judging.options(model, calibration: nil, fallback: .combined)
    let splitFile = try split.map { try SplitFile(contentsOf: URL(fileURLWithPath: $0)) }
    let samples = try FolderPair.samples(
      images: URL(fileURLWithPath: images), masks: URL(fileURLWithPath: masks), split: splitFile)
    guard samples.count >= 2 else {
      throw DatasetError(images, "\(samples.count) images; a calibration needs at least 2, better 50")
    }
    let truth = TrueMasks(
      classNames: model.description.classNames,
      colors: model.description.classColors.map { RGBColor(red: $0[0], green: $0[1], blue: $0[2]) },
      ignoreLabel: ignore)
    try truth.checkIgnoreLabel()
    let fit = try fit(
      samples,
      CalibrationImages(
        models: models, options: options, inputs: judging.inputs(model, folder: URL(fileURLWithPath: images)),
        truth: truth))
    let file = CalibrationFile(
      modelSHA256: models.sha256, prediction: options,
      judgesPseudoLabels: judging.pseudoLabels != nil, hasConfidence: judging.confidence != nil,
      calibration: fit.calibration, report: fit.report)
    let url = output.map { URL(fileURLWithPath: $0) } ?? CalibrationFile.defaultURL(ofModel: modelURL)
    try file.write(to: url)
    if let plot {
      try AtomicFile.write(
        Array(ReliabilityPlot.svg(fit.report.bins).utf8), to: URL(fileURLWithPath: plot))
    }
    if json {
      print(try CalibrationTable.json(fit.report))
    } else {
      print(CalibrationTable(report: fit.report, classNames: model.description.classNames, file: file).text)
    }
    Console.error("written: \(url.path)")
  }

  private func fit(
    _ samples: [Sample], _ images: CalibrationImages
  ) throws -> CalibrationFit {
    Interruption.install()
    let progress = ProgressReporter(total: 2 * samples.count, unit: "images, each twice")
    var done = 0
    func hasDone() throws {
      guard !Interruption.isRequested else { throw ExitStatus.interrupted }
      done += 1
      progress.update(done: done, detail: "")
    }
    let fitted = try images.collect(samples, limit: pixelsPerImage, hasDone: hasDone)
    guard fitted.count >= 2 else {
      throw DatasetError(masks, "fewer than 2 masks have a pixel that is not ignored (--ignore \(ignore))")
    }
    // Those without a known pixel are through with.
    done = 2 * samples.count - fitted.count
    return try CalibrationFit(fitted.map(\.pixels), regionSettings: regions.settings) {
      let counts = try images.regions(of: fitted[$0], $1, settings: regions.settings)
      try hasDone()
      return counts
    }
  }
}
