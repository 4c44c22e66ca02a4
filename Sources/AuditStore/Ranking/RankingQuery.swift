import Auditing

/// Which images a query wants.
package struct RankingQuery: Sendable {
  package var order: RankingOrder = .expectedErrorRate
  /// Only images in which this class is predicted; ranked by its numbers in the first two orders.
  package var classIndex: Int?
  /// Only images whose expected error rate (of the class, where one is given) is at least this.
  package var minimumErrorRate: Double?
  package var limit: Int?
  /// At most this many images of each folder.
  package var limitPerFolder: Int?
  /// For `RankingOrder.gainPerMinute`.
  package var cost = AnnotationCost()
  /// Leaves out images that repeat another one of the run.
  package var leavesOutDuplicates = false
  /// Only images for which this holds (`Condition.onImages`).
  package var condition: Condition?
  /// How a limited query with filters is answered (see `RankingStatements`): so many images are looked at from the top of
  /// the order, before all are.
  package var walkLimit = 1000

  package init() {}
}
