import Foundation

/// The process's memory as the kernel counts it.
enum ResidentMemory {
  /// Makes `peakBytes()` start from what is resident now.
  static func resetPeak() {
    guard let file = FileHandle(forWritingAtPath: "/proc/self/clear_refs") else { return }
    try? file.write(contentsOf: Data("5".utf8))
    try? file.close()
  }

  /// The most that was resident since the last `resetPeak()`.
  static func peakBytes() throws -> Int {
    let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
    guard let line = status.split(separator: "\n").first(where: { $0.hasPrefix("VmHWM:") }),
      let kibibytes = line.split(whereSeparator: { $0 == " " || $0 == "\t" }).dropFirst().first.flatMap({
        Int($0)
      })
    else { throw BenchmarkError("/proc/self/status has no VmHWM") }
    return kibibytes * 1024
  }
}
