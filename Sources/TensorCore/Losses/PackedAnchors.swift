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
    var offsets: [Int] = []
    var size = 0
    for block in blocks {
      offsets.append(size)
      size += padded(block.count) * depth
    }
    let byAnchor = Tensor(uninitialized: [size])
    for (block, offset) in zip(blocks, offsets) {
      ek_pack_columns(
        rows.pointer + block.lowerBound * depth, 1, depth, depth, block.count,
        byAnchor.mutablePointer + offset)
    }
    let byFeature = Tensor(uninitialized: [padded(depth) * count])
    ek_pack_columns(rows.pointer, depth, 1, count, depth, byFeature.mutablePointer)
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
