import CVectorKernels

/// The anchors of a contrastive loss, one feature row each and sorted by class, as both of its matrix products want them:
/// laid out once for all panels of students.
struct PackedAnchors {
  static let panelWidth = Int(ek_panel_width)

  /// For every block panels of 16 anchors: the second factor of the similarities.
  private let byAnchor: Tensor
  /// Panels of 16 features of all anchors: the second factor of the weighted sums.
  private let byFeature: Tensor
  /// Where each block's panels begin in `byAnchor`.
  private let offsets: [Int]
  private let blocks: [Range<Int>]
  private let depth: Int

  /// *Shape*: rows `[M, D]`; the blocks cover them.
  init(_ rows: Tensor, blocks: [Range<Int>]) {
    let (count, depth) = (rows.shape[0], rows.shape[1])
    func padded(_ size: Int) -> Int { (size + Self.panelWidth - 1) / Self.panelWidth * Self.panelWidth }
    let sizes = blocks.map { padded($0.count) * depth }
    let offsets = sizes.indices.map { sizes[..<$0].reduce(0, +) }
    let size = sizes.reduce(0, +)
    let byAnchor = Tensor(uninitialized: [size])
    Parallel.forEachRange(count: blocks.count, grain: 1, maximumRanges: blocks.count) { range in
      for index in range {
        let block = blocks[index]
        ek_pack_columns(
          rows.pointer + block.lowerBound * depth, 1, depth, depth, block.count,
          byAnchor.mutablePointer + offsets[index], depth * Self.panelWidth)
      }
    }
    let byFeature = Tensor(uninitialized: [padded(depth) * count])
    let panels = padded(depth) / Self.panelWidth
    Parallel.forEachRange(count: panels, grain: 1, maximumRanges: panels) { range in
      for panel in range {
        let first = panel * Self.panelWidth
        ek_pack_columns(
          rows.pointer + first, depth, 1, count, min(Self.panelWidth, depth - first),
          byFeature.mutablePointer + first * count, count * Self.panelWidth)
      }
    }
    withExtendedLifetime(rows) {}
    (self.byAnchor, self.byFeature, self.offsets, self.blocks, self.depth) = (
      byAnchor, byFeature, offsets, blocks, depth
    )
  }

  /// - Precondition: `start` is a multiple of `panelWidth` behind the block's first row.
  func rows(from start: Int, ofBlock block: Int) -> UnsafePointer<Float> {
    byAnchor.pointer + offsets[block] + (start - blocks[block].lowerBound) * depth
  }

  func columns(fromRow start: Int) -> UnsafePointer<Float> { byFeature.pointer + start * Self.panelWidth }
}
