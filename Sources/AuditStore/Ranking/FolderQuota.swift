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

  func hasRoom(for path: @autoclosure () throws -> String) rethrows -> Bool {
    guard let perFolder else { return !isFull }
    return try !isFull && ofFolder[String(AuditedImage.folder(of: path())), default: 0] < perFolder
  }

  /// - Returns: whether there was room.
  mutating func takes(_ path: String) -> Bool {
    guard hasRoom(for: path) else { return false }
    if perFolder != nil { ofFolder[String(AuditedImage.folder(of: path)), default: 0] += 1 }
    taken += 1
    return true
  }
}
