import AuditStore
import Auditing
import Foundation
import Imaging
import Testing

/// `train --folds` and `audit --labels`: masks by people, each judged by a network that has not seen it.
@Suite(.timeLimit(.minutes(5))) struct FoldsTests {
  private let training: SmallTraining
  private var folder: TemporaryFolder { training.folder }

  init() throws { training = try SmallTraining(images: 5) }

  private struct Folds: Decodable {
    struct Fold: Decodable {
      struct Image: Decodable { let name: String }
      let model: String
      let heldOut: [Image]
    }
    let folds: [Fold]
  }

  private func folds() throws -> Folds {
    try JSONDecoder().decode(Folds.self, from: training.data("run/folds.json"))
  }

  private func train(_ more: [String] = []) throws -> CommandRun {
    try CommandRun(
      ["train"] + training.dataArguments + ["--output", folder.path("run"), "--folds", "2"] + more)
  }

  private func audit(_ model: String, run: String, _ more: [String] = []) throws -> CommandRun {
    try CommandRun(
      [
        "audit", folder.path("images"), "--model", folder.path(model), "--database",
        folder.path("labels.sqlite"),
        "--run", run, "--labels", folder.path("masks"),
      ] + more)
  }

  private func maps(_ run: String) throws -> [String: PixelMaps] {
    let store = try AuditStore(path: folder.path("labels.sqlite"), access: .readOnly)
    let images = try store.rankedImages(store.run(named: run), RankingQuery())
    return Dictionary(uniqueKeysWithValues: try images.map { ($0.path, try store.maps(of: $0)) })
  }

  @Test func eachImageIsJudgedByTheNetworkThatHasNotSeenIt() throws {
    let trained = try train()
    #expect(trained.status == 0, "\(trained.errors)")
    #expect(trained.output.hasSuffix(folder.path("run/folds.json") + "\n"))
    let folds = try folds().folds
    #expect(folds.map { $0.heldOut.map(\.name) } == [["0", "1", "2"], ["3", "4"]])
    #expect(try audit("run/folds.json", run: "all").status == 0)
    let judged = try maps("all")
    #expect(judged.count == 5)
    for (index, fold) in folds.enumerated() {
      #expect(try audit("run/" + fold.model, run: "fold \(index)").status == 0)
      let alone = try maps("fold \(index)")
      for image in 0..<5 {
        let path = "\(image).png"
        let isHeldOut = fold.heldOut.contains { $0.name == "\(image)" }
        #expect((judged[path] == alone[path]) == isHeldOut, "\(path), fold \(index)")
      }
    }
    // Renamed, an image is still the one that a fold has not seen.
    try FileManager.default.moveItem(at: folder.url("images/4.png"), to: folder.url("images/renamed.png"))
    try FileManager.default.moveItem(at: folder.url("masks/4.png"), to: folder.url("masks/renamed.png"))
    #expect(try audit("run/folds.json", run: "renamed").status == 0)
    #expect(try maps("renamed")["renamed.png"] == judged["4.png"])
  }

  @Test func resumedFoldsAreTheSame() throws {
    #expect(try train().status == 0)
    let refused = try train()
    #expect(refused.status == 1 && refused.errors.contains("holds a training already; add --resume"))
    let before = try ["run/folds.json", "run/fold-2/model.safetensors"].map(training.data)
    try FileManager.default.removeItem(at: folder.url("run/folds.json"))
    try FileManager.default.removeItem(at: folder.url("run/fold-2"))
    let other = try train(["--resume", "--set", "stages.jointSteps=4"])
    #expect(other.status == 1 && other.errors.contains("fold-1: was trained under another configuration"))
    #expect(try train(["--resume"]).status == 0)
    #expect(try ["run/folds.json", "run/fold-2/model.safetensors"].map(training.data) == before)
  }

  @Test func pixelsWithoutLabelAreNotJudged() throws {
    let model = folder.url("model.safetensors")
    try SmallModel.write(to: model, seed: 1)
    var labels = [UInt8](repeating: 1, count: 48 * 40)
    for pixel in 0..<48 * 10 { labels[pixel] = 255 }
    try AtomicFile.write(
      PNGEncoder.encode(grey: labels, width: 48, height: 40), to: folder.url("masks/0.png"))
    let run = try audit("model.safetensors", run: "masks")
    #expect(run.status == 0, "\(run.errors)")
    let map = try #require(try maps("masks")["0.png"])
    #expect(map.errorProbability.prefix(480).allSatisfy { $0 == 0 })
    #expect(map.errorProbability.dropFirst(480).contains { $0 > 0 })
    #expect(map.labels.dropFirst(480).allSatisfy { $0 == 1 } && map.labels.prefix(480).allSatisfy { $0 < 3 })
    // As pseudo-labels, which must label every pixel, such a map is refused.
    let refused = try CommandRun([
      "audit", folder.path("images"), "--model", model.path, "--database", folder.path("labels.sqlite"),
      "--run",
      "pseudo", "--pseudo-labels", folder.path("masks"),
    ])
    #expect(refused.status == 2 && refused.errors.contains("masks/0.png: label 255 at x 0, y 0; expected"))
  }
}
