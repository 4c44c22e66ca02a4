import AuditStore
import Auditing
import Foundation
import TensorCore

/// The statistics of an image that nobody has seen: as many classes, regions and bins as an audit of CamVid finds.
struct MadeUpAudit {
  static let classCount = 12
  private static let (width, height) = (480, 360)
  /// Of an audit of CamVid, on average.
  private static let regionsPerImage = 9
  /// One image in so many repeats the one before, in all but a few bits of its hash.
  private static let imagesPerDuplicate = 20

  let image: NewImage

  /// The same for the same number, whatever was made before.
  init(number: Int) {
    var random = SeededGenerator(seed: 7, stream: UInt64(number))
    let digest = (0..<4).map { _ in String(format: "%016lx", random.next()) }.joined()
    let errorRate = pow(Double(random.nextUniform()), 3)
    let pixels = Double(Self.width * Self.height)
    let classes = Self.classes(errorRate: errorRate, &random)
    let audit = ImageAudit(
      width: Self.width, height: Self.height,
      statistics: ImageStatistics(
        meanErrorProbability: errorRate, expectedWrongPixels: errorRate * pixels, percentile50: errorRate / 2,
        percentile90: min(1, errorRate * 2), percentile95: min(1, errorRate * 3),
        percentile99: min(1, errorRate * 4), meanConfidence: 1 - errorRate * Double(random.nextUniform()),
        meanEntropy: Double(random.nextUniform()),
        meanMargin: 1 - 2 * errorRate * Double(random.nextUniform()),
        histogram: (0..<ImageStatistics.binCount).map { _ in Int(random.next() % 17_000) + 1 }),
      classes: classes, regions: Self.regions(errorRate: errorRate, &random), maps: nil)
    image = NewImage(
      audit: audit, path: String(format: "camera-%02d/%07d.jpg", number / 20_000, number),
      contentSHA256: digest,
      file: FileIdentity(
        imageSHA256: digest, perceptualHash: Self.hash(number), stamp: "381204:\(1_790_000_000 + number).0"))
  }

  private static func hash(_ number: Int) -> PerceptualHash {
    let isDuplicate = number % imagesPerDuplicate == 1
    var random = SeededGenerator(seed: 11, stream: UInt64(isDuplicate ? number - 1 : number))
    let bits = random.next()
    return PerceptualHash(bits: isDuplicate ? bits ^ 0b1001 << (random.next() % 60) : bits)
  }

  private static func classes(errorRate: Double, _ random: inout SeededGenerator) -> [ClassStatistics] {
    (0..<classCount).filter { _ in random.nextUniform() < 0.85 }.map { index in
      let pixels = Int(random.next() % 30_000) + 1
      return ClassStatistics(
        classIndex: index, predictedPixels: pixels,
        expectedWrongPixels: Double(pixels) * min(1, errorRate * Double(2 * random.nextUniform())))
    }
  }

  private static func regions(errorRate: Double, _ random: inout SeededGenerator) -> [ErrorRegion] {
    let count = Int(random.next() % UInt64(2 * regionsPerImage + 1))
    let regions = (0..<count).map { _ in
      ErrorRegion(
        x: Int(random.next() % 400), y: Int(random.next() % 300), width: 60, height: 40,
        areaPixels: Int(random.next() % 2000) + 16,
        meanErrorProbability: 0.5 + 0.5 * Double(random.nextUniform()),
        classIndex: Int(random.next() % UInt64(classCount)))
    }
    return regions.sorted { $0.expectedWrongPixels > $1.expectedWrongPixels }
  }

  static let run = AuditRunDescription(
    name: "made-up", folder: "/made-up", modelPath: "/made-up.safetensors", modelSHA256: "00",
    configuration: "{}", programVersion: "benchmark",
    classes: (0..<classCount).map { AuditClass(name: "class \($0)", red: UInt8($0), green: 0, blue: 0) },
    maps: .none)
}
