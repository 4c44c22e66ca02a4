import AuditStore
import Auditing
import Exchange
import Foundation
import Imaging

/// `accept --pixels`: counts, and if asked draws, the pixels that may pass unseen.
struct PixelPass: Encodable {
  struct Image: Encodable {
    let path: String
    let pixels: Int
    let passing: Int
  }

  let acceptance: PixelAcceptance
  /// In 0…1; `nil` where nothing may pass.
  let maximumErrorProbability: Double?
  let pixels: Int
  let passing: Int
  /// Images without a pixel that people must see.
  let wholeImages: Int
  let calibrationImagesNeeded: Int?
  let images: [Image]

  /// - Parameter masks: a folder that receives a grey PNG for each image, 255 where people must look, else 0.
  init(
    _ acceptance: PixelAcceptance, needed: Int?, store: AuditStore, run: AuditRun, masks: URL?
  ) throws {
    self.acceptance = acceptance
    calibrationImagesNeeded = needed
    maximumErrorProbability = acceptance.threshold.map { Double($0) / 255 }
    images = try store.rankedImages(run, RankingQuery()).map { image in
      let map = try store.errorMap(of: image)
      let mustBeSeen = map.map { value in acceptance.threshold.map { value > $0 } ?? true }
      if let masks {
        let name = (image.path as NSString).deletingPathExtension + ".png"
        try AtomicFile.write(
          PNGEncoder.encode(grey: mustBeSeen.map { $0 ? 255 : 0 }, width: image.width, height: image.height),
          to: masks.appendingPathComponent(name))
      }
      return Image(path: image.path, pixels: map.count, passing: mustBeSeen.count { !$0 })
    }
    pixels = images.reduce(0) { $0 + $1.pixels }
    passing = images.reduce(0) { $0 + $1.passing }
    wholeImages = images.count { $0.passing == $0.pixels }
  }

  var csvRows: [CSVRow] {
    [CSVRow(["image", "passing", "pixels"])]
      + images.map { CSVRow([$0.path, "\($0.passing)", "\($0.pixels)"]) }
  }

  var summary: String {
    let percent = { (share: Double) in String(format: "%.2f %%", share * 100) }
    let promise = "\(percent(acceptance.maximumError))"
    guard let limit = maximumErrorProbability else {
      let advice =
        calibrationImagesNeeded.map {
          "about \($0) calibration images like these would do (now \(acceptance.calibrationCount))"
        } ?? "even the safest quarter of the pixels is not that good: a better model is needed"
      return "no pixel may pass: an error rate of at most \(promise) cannot be promised with "
        + "\(percent(acceptance.confidence)) confidence; \(advice)"
    }
    return "\(percent(Double(passing) / Double(max(1, pixels)))) of the pixels may pass, those with an error "
      + "probability of at most \(String(format: "%.3f", limit)); \(pixels - passing) pixels in "
      + "\(images.count - wholeImages) of \(images.count) images remain for people. With "
      + "\(percent(acceptance.confidence)) confidence at most \(promise) of the pixels that pass in images like these "
      + "are wrong (calibration: \(percent(acceptance.passedErrorRate ?? 0)) of \(percent(acceptance.passedShare)))"
  }
}
