import COneDNN
import COpenBLAS
import Glibc

/// Which kernels the numeric libraries have chosen for this processor, and how to mend a bad choice.
///
/// Debian's OpenBLAS takes a processor that it does not know for a Prescott and runs several times too slow; GNU
/// OpenMP's idle threads spin, which on a busy machine costs several times what waiting does. Both listen only to
/// variables that are set before the libraries load, hence the restart.
package enum MathRuntime {
  /// The core that OpenBLAS generates its products for, such as `Haswell`.
  package static var openBLASCore: String { String(cString: openblas_get_corename()) }

  package static var oneDNNVersion: String { String(cString: errata_onednn_version()) }

  /// Cores whose kernels use AVX2 or more.
  private static let modernCores: Set<String> = [
    "Haswell", "Zen", "SkylakeX", "Cooperlake", "SapphireRapids", "Excavator",
  ]

  /// The cores that the libraries use, as the user limits them with `OMP_NUM_THREADS`.
  package static var threadCount: Int {
    guard let get = OpenMP.maximumThreads else { return Parallel.coreCount }
    return max(1, Int(get()))
  }

  /// Runs `body` on this many cores at most. With one, everything stays on the calling thread: a program that computes
  /// several things at once loses no time on waiting inside each.
  ///
  /// Loops of ours take what the system gives where `count` is more than one.
  package static func onThreads<Result>(_ count: Int, _ body: () -> Result) -> Result {
    let before = threadCount
    OpenMP.setThreads?(Int32(count))
    defer { OpenMP.setThreads?(Int32(before)) }
    return count == 1 ? Parallel.onThisThread(body) : body()
  }

  /// oneDNN's threads, where it was built with OpenMP. Their number belongs to the thread that sets it.
  private enum OpenMP {
    static let setThreads = find("omp_set_num_threads", as: (@convention(c) (Int32) -> Void).self)
    static let maximumThreads = find("omp_get_max_threads", as: (@convention(c) () -> Int32).self)

    private static func find<Function>(_ name: String, as type: Function.Type) -> Function? {
      dlsym(nil, name).map { unsafeBitCast($0, to: type) }
    }
  }

  /// The variables that should have been set before the start: never one that the user set.
  ///
  /// - Parameter flags: the processor's feature flags, as in `/proc/cpuinfo`.
  package static func missingVariables(
    environment: [String: String], openBLASCore: String, flags: Set<String>
  ) -> [String: String] {
    var missing: [String: String] = [:]
    if environment["OPENBLAS_CORETYPE"] == nil, !modernCores.contains(openBLASCore), flags.contains("avx2") {
      let hasWideVectors = flags.isSuperset(of: ["avx512f", "avx512bw", "avx512dq", "avx512vl"])
      missing["OPENBLAS_CORETYPE"] = hasWideVectors ? "SkylakeX" : "Haswell"
    }
    if environment["OMP_WAIT_POLICY"] == nil { missing["OMP_WAIT_POLICY"] = "passive" }
    // Its threads are never used (`BLAS.multiply`), but would spin for a while after they are made.
    if environment["OPENBLAS_NUM_THREADS"] == nil { missing["OPENBLAS_NUM_THREADS"] = "1" }
    return missing
  }

  package static func processorFlags() -> Set<String> {
    guard let file = fopen("/proc/cpuinfo", "r") else { return [] }
    defer { fclose(file) }
    var line = [CChar](repeating: 0, count: 16384)
    while fgets(&line, Int32(line.count), file) != nil {
      let text = String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
      guard text.hasPrefix("flags") || text.hasPrefix("Features") else { continue }
      return Set(text.split(whereSeparator: { $0 == " " || $0 == "\t" || $0 == "\n" }).map(String.init))
    }
    return []
  }

  /// Replaces this process by itself with the missing variables set. Returns where nothing is missing, or where the
  /// restart did not work or was done already.
  package static func restartIfNeeded(environment: [String: String]) {
    let marker = "ERRATA_RESTARTED"
    guard environment[marker] == nil else { return }
    let missing = missingVariables(
      environment: environment, openBLASCore: openBLASCore, flags: processorFlags())
    guard !missing.isEmpty else { return }
    for (name, value) in missing { setenv(name, value, 1) }
    setenv(marker, "1", 1)
    // argv[0] stays what the user typed; the executable is this one.
    var arguments: [UnsafeMutablePointer<CChar>?] = CommandLine.arguments.map { strdup($0) }
    arguments.append(nil)
    // By its own path where that is known, for the system takes the process's name from it (`pkill errata`).
    if let path = realpath("/proc/self/exe", nil) {
      execv(path, arguments)
      free(path)
    }
    execv("/proc/self/exe", arguments)
    for argument in arguments { free(argument) }
  }
}
