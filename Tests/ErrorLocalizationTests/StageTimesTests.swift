import ErrorLocalization
import Testing

@Suite struct StageTimesTests {
  private let stages = StageConfiguration(supervisedSteps: 10, jointSteps: 20, semiSupervisedSteps: 30)

  /// Before a stage was seen its steps cost the stated multiple of those that were.
  @Test func laterStagesCostMore() throws {
    var times = StageTimes()
    #expect(times.secondsLeft(afterStep: 0, of: stages) == nil)
    times.add(.supervised, seconds: 9)
    times.add(.supervised, seconds: 1)
    times.add(.supervised, seconds: 3)
    // The first step, with its preparations, does not count: 2 s, and 4 and 8 times that.
    #expect(times.secondsLeft(afterStep: 3, of: stages) == 654)  // 7 · 2 + 20 · 8 + 30 · 16
    times.add(.joint, seconds: 5)
    #expect(times.secondsLeft(afterStep: 11, of: stages) == 395)  // 19 · 5 + 30 · 10
    times.add(.joint, seconds: 3)
    #expect(times.secondsLeft(afterStep: 12, of: stages) == 234)  // 18 · 3 + 30 · 6
    times.add(.semiSupervised, seconds: 7)
    #expect(times.secondsLeft(afterStep: 31, of: stages) == 203)
    #expect(times.secondsLeft(afterStep: 60, of: stages) == 0)
  }

  /// A resumed training has seen its later stage only.
  @Test func earlierStagesAreNotNeeded() {
    var times = StageTimes()
    times.add(.semiSupervised, seconds: 4)
    #expect(times.secondsLeft(afterStep: 31, of: stages) == 116)
    #expect(times.secondsPerStep(.joint) == 2)
  }

  @Test func stagesWithoutStepsAreNone() {
    let short = StageConfiguration(supervisedSteps: 5, jointSteps: 0, semiSupervisedSteps: 2)
    #expect((1...7).filter(short.isLastOfStage) == [5, 7])
    #expect(Stage.allCases.map { short.stepsLeft(of: $0, afterStep: 6) } == [0, 0, 1])
    #expect(Stage.allCases.map(stages.start(of:)) == [0, 10, 30])
  }
}
