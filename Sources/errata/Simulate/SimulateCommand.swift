import ArgumentParser
import Auditing
import Datasets
import Foundation

struct SimulateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "simulate",
    abstract: "Play rounds of annotation with known masks: what is a ranking worth?",
    discussion: """
      Starts with a few labelled images and hides the masks of the others. A network is trained and audits the hidden \
      images; each order chooses its images, their masks are revealed, and a new network is trained from scratch with \
      the same settings and seed. After every round the mIoU on the validation images is measured, and how many wrong \
      pixels the chosen images' pseudo-labels held, which is what a ranking claims.

      Orders are those of query, random (what each has to beat) and budget (the set of query --budget). Hidden images \
      are the unlabelled ones of a semi-supervised stage. The start is named by --split and the hidden images by \
      --pool, or --initial draws the start.

      The folder OUTPUT receives simulation.json, simulation.csv, one line a training, simulation.svg (mIoU against \
      annotated images) and simulation-wrong-pixels.svg. Ctrl-C stops; the same command goes on, and never trains \
      again what is finished. Orders, seeds and rounds may be added later.

      Example:
        errata simulate --dataset camvid --root camvid --split start.txt --pool pool.txt --validation-part val \\
          --preset tiny --rounds 3 --per-round 10 --orders random,error-rate,budget --seeds 0,1,2 --output simulation

      \(ExitStatus.help)
      """)

  @OptionGroup var data: TrainingDataOptions

  @Option(
    help: "File that names the images whose masks are hidden at first; --split names those to start with.",
    completion: .file())
  var pool: String?

  @Option(help: "Instead: start with so many images, drawn with each seed; the others are hidden.")
  var initial: Int?

  @Option(help: "Rounds of annotation.")
  var rounds = 3

  @Option(help: "Images that a round reveals.")
  var perRound: Int

  @Option(
    help:
      "By what images are chosen, with commas: \(AnnotationOrder.all.map(\.name).joined(separator: ", ")).")
  var orders = "random,error-rate,entropy,gain-per-minute,budget"

  @Option(help: "Seeds, with commas; each is a simulation of its own.")
  var seeds = "0,1,2"

  @OptionGroup var settingsOptions: TrainingSettingsOptions

  @OptionGroup var backbone: BackboneOptions

  @OptionGroup var calibration: SimulatedCalibration

  @OptionGroup var costs: AnnotationCostOptions

  @Option(help: "Folder of the results and of all trainings.", completion: .directory)
  var output: String

  @Flag(help: "Show the trainings and how far each is, and do nothing.")
  var list = false

  @Flag(help: "At the end, one JSON object.")
  var json = false

  func validate() throws {
    for (name, value) in [("--rounds", rounds), ("--per-round", perRound), ("--initial", initial ?? 1)]
    where value < 1 {
      throw ValidationError("\(name) must be at least 1.")
    }
    guard pool == nil || initial == nil else {
      throw ValidationError("--pool and --initial exclude each other.")
    }
    _ = try parsedOrders()
    _ = try parsedSeeds()
  }

  func run() throws {
    let images = try SimulatedImages(data, pool: pool, initial: initial)
    let settings = try settingsOptions.settings()
    let plan = SimulationPlan(
      orders: try parsedOrders(), seeds: try parsedSeeds(), rounds: rounds, perRound: perRound,
      folder: URL(fileURLWithPath: output))
    try check(images, usesUnlabeled: settings.stages.semiSupervisedSteps > 0)
    if list { return show(plan) }
    try backbone.check(against: settings.network, classCount: images.dataset.classes.count)
    let simulation = Simulation(
      plan: plan, images: images, settings: settings, cost: costs.cost, calibration: calibration.given,
      initialize: backbone.load(into:))
    try FileManager.default.createDirectory(at: plan.folder, withIntermediateDirectories: true)
    guard let lock = FolderLock(plan.folder) else {
      throw SettingsError(plan.folder.path, "another simulation is at work in this folder")
    }
    try SimulationDefinition(simulation, backboneWeights: backbone.backboneWeights).prepare(plan.folder)
    Interruption.install()
    try withExtendedLifetime(lock) { try run(simulation) }
  }

  private func run(_ simulation: Simulation) throws {
    func write() throws -> SimulationReport {
      let report = try SimulationReport(simulation.plan, images: simulation.images)
      try report.write()
      return report
    }
    do {
      // After each training, so that there is something to look at before the end.
      try simulation.run { _ = try write() }
    } catch let exit as ExitCode where exit == ExitStatus.interrupted {
      _ = try write()
      Console.error("stopped; the same command goes on")
      throw exit
    }
    let report = try write()
    print(json ? try report.json() : report.text + "\n", terminator: "")
  }

  private func show(_ plan: SimulationPlan) {
    let cells = plan.cells
    let width = cells.map(\.name.count).max() ?? 0
    for cell in cells { print("\(cell.name.padded(to: width))  \(cell.state.rawValue)") }
    let finished = cells.count { $0.state == .finished }
    print("\(cells.count) trainings, \(finished) finished")
  }

  /// Whether there are images enough for all rounds.
  private func check(_ images: SimulatedImages, usesUnlabeled: Bool) throws {
    let wanted = rounds * perRound
    guard wanted <= images.poolCount else {
      throw ValidationError(
        "--rounds \(rounds) of --per-round \(perRound) reveal \(wanted) images, but only \(images.poolCount) "
          + "are hidden.")
    }
    guard !usesUnlabeled || wanted < images.poolCount || !images.unlabeled.isEmpty else {
      throw ValidationError(
        "After the last round no image is hidden, and the semi-supervised stage would have none: fewer --rounds, "
          + "--unlabeled DIR, or --set stages.semiSupervisedSteps=0.")
    }
  }

  private func parsedOrders() throws -> [AnnotationOrder] {
    let known = AnnotationOrder.all.map(\.name).joined(separator: ", ")
    return try different(orders, "--orders") { name in
      guard let order = AnnotationOrder(name: name) else {
        throw ValidationError("Unknown order '\(name)' in --orders; known are: \(known).")
      }
      return order
    }
  }

  private func parsedSeeds() throws -> [UInt64] {
    try different(seeds, "--seeds") { text in
      guard let seed = UInt64(text) else {
        throw ValidationError("--seeds: expected whole numbers from 0, found '\(text)'.")
      }
      return seed
    }
  }

  private func different<Value: Hashable>(
    _ list: String, _ option: String, _ parse: (String) throws -> Value
  ) throws -> [Value] {
    let values = try list.split(separator: ",", omittingEmptySubsequences: false).map {
      try parse($0.trimmingCharacters(in: .whitespaces))
    }
    guard Set(values).count == values.count else {
      throw ValidationError("\(option) \(list): one comes twice.")
    }
    return values
  }
}
