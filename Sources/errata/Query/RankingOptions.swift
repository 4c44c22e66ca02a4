import ArgumentParser
import AuditStore
import Auditing

/// By what images are ranked, and what a person's time costs.
struct RankingOptions: ParsableArguments {
  @Option(help: "By what to rank: \(RankingOrder.allCases.map(\.rawValue).joined(separator: ", ")).")
  var order = RankingOrder.expectedErrorRate

  @OptionGroup var costs: AnnotationCostOptions

  /// Every order with how an image's pixels become its one number.
  static let help = RankingOrder.allCases.map { "\($0.rawValue): \($0.aggregation)" }.joined(separator: ";\n")
}

extension RankingOrder: ExpressibleByArgument {}
