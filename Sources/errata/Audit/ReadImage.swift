import AuditStore
import Auditing
import Datasets
import Foundation

/// The files of one image, as an audit needs them.
struct ReadImage: Sendable {
  enum Result: Sendable {
    case image(AuditInput, contentSHA256: String)
    /// The run holds this content already, under this path or another.
    case known(contentSHA256: String)
    /// Why the files could not be read.
    case failure(String)
  }

  let result: Result
  let file: FileIdentity

  /// - Parameter known: what need not be audited again; `nil` to audit in any case.
  init(_ sample: Sample, _ inputs: AuditInputs, _ known: KnownImages?) {
    // Before the bytes: what changes in between is noticed the next time.
    var file = FileIdentity(stamp: inputs.stamp(sample))
    let result: Result
    do {
      let files = try inputs.load(sample)
      let image = files.imageSHA256
      file.imageSHA256 = image
      let content = inputs.pseudoLabels == nil ? image : files.contentSHA256
      let input = try inputs.decode(files, of: sample)
      file.perceptualHash = PerceptualHash(
        pixels: input.image.pixels, width: input.image.width, height: input.image.height)
      result =
        known?.holds(path: sample.relativePath, content: content) == true
        ? .known(contentSHA256: content) : .image(input, contentSHA256: content)
    } catch let error as any CustomStringConvertible {
      result = .failure(error.description)
    } catch {
      result = .failure("\(sample.image.path): cannot be read: \(error.localizedDescription)")
    }
    self.result = result
    self.file = file
  }
}
