import ArgumentParser
import Foundation
import NeuralNetwork
import TensorCore

/// One side of a comparison: prepares a case, writes weights and inputs for the other side, and then runs on command.
///
/// Line by line on standard input: `run` answers with the seconds and the peak memory of one repetition, `outputs PATH`
/// writes what the case computes for comparison. Every answer is one line of JSON. Between commands the program waits,
/// so that the other side has the machine to itself.
@main
struct BenchmarkProgram: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "errata-benchmark",
    abstract: "Our side of the comparison with PyTorch; see Benchmarks/README.md.")

  enum Case: String, ExpressibleByArgument, CaseIterable {
    case forward, step, contrast, images, kernels, layers, peaks
  }

  @Argument(help: "What to run: \(Case.allValueStrings.joined(separator: ", ")).")
  var name: Case

  @OptionGroup var settings: CaseSettings

  @Option(help: "Where weights and inputs go, for the other side (safetensors).")
  var exchange: String?

  static func main() {
    MathRuntime.restartIfNeeded(environment: ProcessInfo.processInfo.environment)
    main(nil)
  }

  func run() throws {
    switch name {
    case .peaks: try Answer.print(MachineReport(threads: settings.threads))
    case .layers: for result in LayerTimes.measureAll(settings) { try Answer.print(result) }
    case .kernels: for result in KernelCase.measureAll() { try Answer.print(result) }
    case .forward: try serve(ForwardCase(settings))
    case .step: try serve(TrainingStepCase(settings))
    case .contrast: try serve(ContrastCase(settings))
    case .images: try serve(ImagesCase(settings))
    }
  }

  private func serve(_ benchmark: some BenchmarkCase) throws {
    if let exchange {
      try SafetensorsWriter.write(
        benchmark.exchange, metadata: ["description": try benchmark.description()],
        to: URL(fileURLWithPath: exchange))
    }
    try Answer.print(["ready": true])
    while let line = readLine() {
      let words = line.split(separator: " ", maxSplits: 1).map(String.init)
      switch words.first {
      case "run":
        ResidentMemory.resetPeak()
        let start = ContinuousClock.now
        try benchmark.run()
        let duration = start.duration(to: .now)
        try Answer.print(
          Repetition(seconds: duration / .seconds(1), peakBytes: try ResidentMemory.peakBytes()))
      case "outputs" where words.count == 2:
        try SafetensorsWriter.write(
          try benchmark.outputs(), metadata: [:], to: URL(fileURLWithPath: words[1]))
        try Answer.print(["written": true])
      default: throw ValidationError("unknown command '\(line)'")
      }
    }
  }
}

/// One timed repetition.
struct Repetition: Encodable {
  let seconds: Double
  let peakBytes: Int
}

enum Answer {
  static func print(_ value: some Encodable) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    try FileHandle.standardOutput.write(contentsOf: encoder.encode(value) + Data("\n".utf8))
  }
}
