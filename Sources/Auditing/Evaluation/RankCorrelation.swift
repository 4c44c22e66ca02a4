/// How well two orders agree.
package enum RankCorrelation {
  /// Spearman's ρ: Pearson's correlation of the ranks, ties sharing their mean rank. NaN if one side is constant or
  /// there are fewer than two pairs.
  ///
  /// - Precondition: arrays of one length.
  package static func spearman(_ a: [Double], _ b: [Double]) -> Double {
    precondition(a.count == b.count)
    guard a.count > 1 else { return .nan }
    let (x, y) = (ranks(a), ranks(b))
    let mean = Double(a.count + 1) / 2
    var (xy, xx, yy) = (0.0, 0.0, 0.0)
    for (p, q) in zip(x, y) {
      xy += (p - mean) * (q - mean)
      xx += (p - mean) * (p - mean)
      yy += (q - mean) * (q - mean)
    }
    return xx == 0 || yy == 0 ? .nan : xy / (xx * yy).squareRoot()
  }

  /// 1 for the smallest; equal values share the mean of their ranks.
  static func ranks(_ values: [Double]) -> [Double] {
    let order = values.indices.sorted { values[$0] < values[$1] }
    var ranks = [Double](repeating: 0, count: values.count)
    var start = 0
    while start < order.count {
      var end = start + 1
      while end < order.count && values[order[end]] == values[order[start]] { end += 1 }
      for position in start..<end { ranks[order[position]] = Double(start + end + 1) / 2 }
      start = end
    }
    return ranks
  }
}

/// How soon a ranking finds the wrong pixels when images are reviewed from its top.
package struct RankingCurve: Sendable, Equatable {
  /// After each image the share of all wrong pixels found, from 0 images on.
  package let found: [Double]

  /// - Parameter scores: more = reviewed earlier; equal ones in the order given.
  package init(scores: [Double], wrongPixels: [Double]) {
    precondition(scores.count == wrongPixels.count)
    let order = scores.indices.sorted { (scores[$1], $0) < (scores[$0], $1) }
    let total = wrongPixels.reduce(0, +)
    var sum = 0.0
    found =
      [0]
      + order.map {
        sum += wrongPixels[$0]
        return total == 0 ? 0 : sum / total
      }
  }

  /// The share found in the first `share` of the images, interpolated between images.
  package func found(inFirst share: Double) -> Double {
    let position = share * Double(found.count - 1)
    let low = Int(position)
    guard low + 1 < found.count else { return found.last ?? 0 }
    return found[low] + (position - Double(low)) * (found[low + 1] - found[low])
  }

  /// The area under the curve. *Range*: 0…1; 0.5 for a random order on average.
  package var area: Double {
    guard found.count > 1 else { return .nan }
    return zip(found, found.dropFirst()).reduce(0) { $0 + ($1.0 + $1.1) / 2 } / Double(found.count - 1)
  }
}
