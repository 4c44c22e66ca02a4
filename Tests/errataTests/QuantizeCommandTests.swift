import AuditStore
import ErrorLocalization
import Foundation
import Imaging
import NeuralNetwork
import Testing

/// Model → `quantize` → `audit`, `calibrate`, `predict`.
@Suite(.timeLimit(.minutes(3))) struct QuantizeCommandTests {
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
    try SmallModel.write(to: folder.url("model.safetensors"), width: 32)
    try SmallModel.writeImages(5, width: 192, height: 128, to: folder.url("images"))
  }

  private func quantize(_ more: [String] = []) throws -> CommandRun {
    try CommandRun(
      ["quantize", "--model", folder.path("model.safetensors"), "--images", folder.path("images")]
        + ["--processor", "vnni"] + more)
  }

  private func audit(_ model: String, _ database: String, _ more: [String] = []) throws -> CommandRun {
    try CommandRun(
      ["audit", folder.path("images"), "--model", folder.path(model), "--database", folder.path(database)]
        + more)
  }

  @Test func aSmallerModelThatAuditTakes() throws {
    let run = try quantize(["--count", "3"])
    #expect(run.status == 0, "\(run.errors)")
    #expect(run.output.contains("3 images") && run.output.contains("int8: "))
    #expect(run.output.contains("fp32, inputs can be negative: 2 of"))
    let sizes = try ["model.safetensors", "model.int8.safetensors"].map {
      try Data(contentsOf: folder.url($0)).count
    }
    #expect(sizes[1] < sizes[0] / 2)
    // Without and with asking for it.
    #expect(try audit("model.int8.safetensors", "a.sqlite").status == 0)
    #expect(try audit("model.int8.safetensors", "b.sqlite", ["--precision", "int8"]).status == 0)
    #expect(try AuditContents(folder.path("a.sqlite")).rows == AuditContents(folder.path("b.sqlite")).rows)
    let store = try AuditStore(path: folder.path("a.sqlite"), access: .readOnly)
    #expect(try store.run(named: nil).description.configuration.contains(#""precision":"int8""#))
    let predicted = try CommandRun(
      "predict", folder.path("images/even/0.png"), "--model", folder.path("model.int8.safetensors"),
      "--precision", "int8", "--output", folder.path("scores.safetensors"))
    #expect(predicted.status == 0)
    #expect(try SafetensorsFile(contentsOf: folder.url("scores.safetensors")).metadata["precision"] == "int8")
  }

  @Test func theFileRepeatsItself() throws {
    #expect(try quantize(["--output", folder.path("a.safetensors")]).status == 0)
    #expect(try quantize(["--output", folder.path("b.safetensors")]).status == 0)
    #expect(
      try Data(contentsOf: folder.url("a.safetensors")) == Data(contentsOf: folder.url("b.safetensors")))
  }

  @Test func jsonNamesEveryLayer() throws {
    let run = try quantize(["--json", "--limit", "1e-9"])
    #expect(run.status == 0)
    #expect(try JSONSchema(named: "quantize").problems(run.json()) == [])
    let summary = try #require(try run.json() as? [String: Any])
    let layers = try #require(summary["layers"] as? [[String: Any]])
    let verdicts = Set(layers.compactMap { $0["verdict"] as? String })
    #expect(verdicts.isSuperset(of: ["signedInput", "sensitive"]) && !verdicts.contains("quantized"))
    #expect(summary["images"] as? Int == 5)
    #expect(summary["equalLabels"] as? Double == 1)
  }

  @Test func theWrongPrecisionIsNamed() throws {
    #expect(try quantize().status == 0)
    let plain = try audit("model.safetensors", "a.sqlite", ["--precision", "int8"])
    #expect(plain.status == 64 && plain.output.isEmpty)
    #expect(plain.errors.contains("model.safetensors is not quantised"))
    #expect(plain.errors.contains("errata quantize"))
    let quantized = try audit("model.int8.safetensors", "a.sqlite", ["--precision", "fp32"])
    #expect(quantized.status == 64 && quantized.errors.contains("holds no 32-bit weights"))
    #expect(!FileManager.default.fileExists(atPath: folder.path("a.sqlite")))
    #expect(try audit("model.safetensors", "a.sqlite", ["--precision", "fp32"]).status == 0)
    // The same run goes on with the model that it began with only.
    let other = try audit("model.int8.safetensors", "a.sqlite")
    #expect(other.status == 1, "\(other.errors)")
    let predicted = try CommandRun(
      "predict", folder.path("images/even/0.png"), "--model", folder.path("model.safetensors"), "--precision",
      "int8", "--output", folder.path("scores.safetensors"))
    #expect(predicted.status == 64 && predicted.errors.contains("is not quantised"))
  }

  @Test func whatCannotBeQuantised() throws {
    #expect(try quantize().status == 0)
    func expectFailure(_ model: String, _ images: String, _ text: String) throws {
      let run = try CommandRun(
        "quantize", "--model", folder.path(model), "--images", folder.path(images), "--output",
        folder.path("out.safetensors"))
      #expect(run.status == 1 && run.output.isEmpty)
      #expect(run.errors.contains(text), "\(run.errors)")
      #expect(!FileManager.default.fileExists(atPath: folder.path("out.safetensors")))
    }
    try expectFailure("model.int8.safetensors", "images", "quantised already")
    try expectFailure("none.safetensors", "images", "none.safetensors: cannot be read")
    try expectFailure("model.safetensors", "nowhere", "nowhere")
    try folder.write("no picture", to: "broken/a.png")
    try expectFailure("model.safetensors", "broken", "a.png")
    try folder.write("no picture", to: "empty/a.txt")
    try expectFailure("model.safetensors", "empty", "empty")
    try SmallModel.write(to: folder.url("diverged.safetensors"), width: 32, fault: .everywhere)
    try expectFailure("diverged.safetensors", "images", "not finite")
  }

  @Test func calibrationsBelongToOnePrecision() throws {
    #expect(try quantize().status == 0)
    for index in 0..<5 {
      let mask = (0..<192 * 128).map { UInt8(($0 / 192 / 16 + index) % 3) }
      try AtomicFile.write(
        PNGEncoder.encode(grey: mask, width: 192, height: 128),
        to: folder.url("masks/\(index % 2 == 0 ? "even" : "odd")/\(index).png"))
    }
    let calibrated = try CommandRun(
      "calibrate", "--model", folder.path("model.int8.safetensors"), "--images", folder.path("images"),
      "--masks", folder.path("masks"), "--precision", "int8")
    #expect(calibrated.status == 0, "\(calibrated.errors)")
    let url = folder.url("model.int8.calibration.json")
    #expect(try String(contentsOf: url, encoding: .utf8).contains(#""precision" : "int8""#))
    #expect(try audit("model.int8.safetensors", "a.sqlite").status == 0)
    let other = try audit("model.safetensors", "b.sqlite", ["--calibration", url.path])
    #expect(other.status == 1 && other.errors.contains("model"), "\(other.errors)")
  }
}
