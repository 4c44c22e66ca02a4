/// Counts what a ranking has given of each folder.
struct FolderQuota {
  private let limit: Int
  private let perFolder: Int?
  private var taken = 0
  private var ofFolder: [String: Int] = [:]

  init(_ query: RankingQuery) {
    limit = query.limit ?? .max
    perFolder = query.limitPerFolder
  }

  var isFull: Bool { taken >= limit }

  /// - Returns: whether there was room.
  mutating func takes(_ path: @autoclosure () throws -> String) rethrows -> Bool {
    guard !isFull else { return false }
    if let perFolder {
      let folder = String(AuditedImage.folder(of: try path()))
      guard ofFolder[folder, default: 0] < perFolder else { return false }
      ofFolder[folder, default: 0] += 1
    }
    taken += 1
    return true
  }
}
