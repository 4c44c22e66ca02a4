import AuditStore
import Auditing
import Imaging

/// What a report page shows, ready to be laid out.
package struct ReportContent: Sendable {
  /// An image with its three pictures: itself, its labels, its error probability.
  package struct Worst: Sendable {
    package let image: AuditedImage
    package let pictures: [RGBImage]

    package init(image: AuditedImage, pictures: [RGBImage]) {
      self.image = image
      self.pictures = pictures
    }
  }

  package let run: AuditRun
  package let totals: RunTotals
  package let classes: [ClassTotals]
  /// The expected wrong pixels of every image, the worst rate first.
  package let expectedWrongPixels: [Double]
  /// The expected error rate of every image.
  package let errorRates: [Double]
  package let worst: [Worst]
  package let failures: [FailedImage]

  package init(
    run: AuditRun, totals: RunTotals, classes: [ClassTotals], expectedWrongPixels: [Double],
    errorRates: [Double], worst: [Worst], failures: [FailedImage]
  ) {
    self.run = run
    self.totals = totals
    self.classes = classes
    self.expectedWrongPixels = expectedWrongPixels
    self.errorRates = errorRates
    self.worst = worst
    self.failures = failures
  }
}
