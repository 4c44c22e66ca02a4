/// By what a round of annotation chooses its images.
package enum AnnotationOrder: Sendable, Hashable {
  case random
  case ranked(RankingOrder)
  /// A set instead of a list (`SetSelection`).
  case budget

  package static let all = [random] + RankingOrder.allCases.map(ranked) + [budget]

  package var name: String {
    switch self {
    case .random: "random"
    case .ranked(let order): order.rawValue
    case .budget: "budget"
    }
  }

  package init?(name: String) {
    guard let order = Self.all.first(where: { $0.name == name }) else { return nil }
    self = order
  }
}
