/// Seconds that the steps of each stage take, and what is left of a training.
package struct StageTimes: Sendable {
  private struct Measured {
    var first: Double?
    var total = 0.0
    var count = 0

    /// Without the stage's first step, which also makes kernels and buffers, as soon as there is another one.
    var mean: Double? { count > 0 ? total / Double(count) : first }
  }

  /// What a step of each stage costs, over a supervised step, until that stage has been seen: the joint stage has the
  /// decoders and as many passes of ELN besides, the semi-supervised stage the teacher and two more views besides.
  package static func assumedCost(_ stage: Stage) -> Double {
    switch stage {
    case .supervised: 1
    case .joint: 4
    case .semiSupervised: 8
    }
  }

  private var measured: [Stage: Measured] = [:]

  package init() {}

  package mutating func add(_ stage: Stage, seconds: Double) {
    if measured[stage]?.first == nil {
      measured[stage] = Measured(first: seconds)
    } else {
      measured[stage]?.total += seconds
      measured[stage]?.count += 1
    }
  }

  /// Measured, or from the nearest stage that was; `nil` before the first step.
  package func secondsPerStep(_ stage: Stage) -> Double? {
    if let mean = measured[stage]?.mean { return mean }
    let order = Stage.allCases
    guard let position = order.firstIndex(of: stage) else { return nil }
    let nearest = order.indices.sorted { abs($0 - position) < abs($1 - position) }
    for other in nearest.map({ order[$0] }) {
      guard let mean = measured[other]?.mean else { continue }
      return mean * Self.assumedCost(stage) / Self.assumedCost(other)
    }
    return nil
  }

  /// - Parameter step: steps done.
  package func secondsLeft(afterStep step: Int, of stages: StageConfiguration) -> Double? {
    var sum = 0.0
    for stage in Stage.allCases {
      let left = stages.stepsLeft(of: stage, afterStep: step)
      guard left > 0 else { continue }
      guard let seconds = secondsPerStep(stage) else { return nil }
      sum += Double(left) * seconds
    }
    return sum
  }
}

extension StageConfiguration {
  package func length(of stage: Stage) -> Int {
    switch stage {
    case .supervised: supervisedSteps
    case .joint: jointSteps
    case .semiSupervised: semiSupervisedSteps
    }
  }

  /// Steps before the stage.
  package func start(of stage: Stage) -> Int {
    switch stage {
    case .supervised: 0
    case .joint: supervisedSteps
    case .semiSupervised: supervisedSteps + jointSteps
    }
  }

  /// - Parameter step: steps done.
  package func stepsLeft(of stage: Stage, afterStep step: Int) -> Int {
    max(0, start(of: stage) + length(of: stage) - max(step, start(of: stage)))
  }

  /// Whether a stage ends with this step, counted from 1.
  package func isLastOfStage(_ step: Int) -> Bool {
    Stage.allCases.contains { length(of: $0) > 0 && step == start(of: $0) + length(of: $0) }
  }
}
