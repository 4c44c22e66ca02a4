import ErrorLocalization
import Foundation
import NeuralNetwork
import Segmentation
import TensorCore
import Testing

@Suite struct BackboneWeightsTests {
  private static let inTheCheckpoint = "enc_state_dict.backbone."

  private func networks(_ depth: ResNetConfiguration.Depth, eln: ResNetConfiguration.Depth) -> MethodNetworks
  {
    var network = SmallTraining.configuration().network
    network.encoder.depth = depth
    network.encoder.width = 2
    network.errorLocalization.depth = eln
    network.errorLocalization.width = 2
    return MethodNetworks(network, classCount: 3, seed: 4)
  }

  /// A file in torchvision's form: the fixture's encoder behind another prefix, with a classifier.
  private func backbone(prefix: String = "", blocksOfLayer4: Int = 3) throws -> URL {
    try ImportFixture.rewritten(
      adding: [("\(prefix)fc.weight", Tensor(zeros: [7, 64])), ("\(prefix)fc.bias", Tensor(zeros: [7]))]
    ) { name, tensor in
      guard name.hasPrefix(Self.inTheCheckpoint) else { return nil }
      let ours = name.dropFirst(Self.inTheCheckpoint.count)
      let isLeftOut = (blocksOfLayer4..<3).contains { ours.hasPrefix("layer4.\($0).") }
      return isLeftOut ? nil : (prefix + ours, tensor)
    }
  }

  @Test(arguments: ["", "module.", "module.pre.", "state_dict.module.encoder_q."])
  func thePrefixIsFound(prefix: String) throws {
    let weights = try BackboneWeights(contentsOf: backbone(prefix: prefix))
    #expect(weights.prefix == prefix)
    #expect(weights.depth == .resnet50 && weights.width == 2)
    #expect(weights.leftOut == ["fc.bias", "fc.weight"])
  }

  @Test func allTensorsAreLoaded() throws {
    let networks = networks(.resnet50, eln: .resnet18)
    let before = networks.errorLocalization.state.all.map(\.parameter.value.values)
    let results = try BackboneWeights(contentsOf: backbone(prefix: "module.pre.")).load(into: networks)
    #expect(results.map(\.network) == ["encoder"])
    #expect(results[0].loading.random.isEmpty)
    let file = try PyTorchFile(contentsOf: ImportFixture.checkpoint)
    for network in [networks.student, networks.teacher] {
      for (path, parameter) in network.encoder.state.all {
        #expect(parameter.value.values == (try file.tensor(Self.inTheCheckpoint + path).values), "\(path)")
      }
    }
    #expect(networks.errorLocalization.state.all.map(\.parameter.value.values) == before)
  }

  /// ELN's stem reads entropy and class scores too: its weights have another shape and stay random.
  @Test func theLocalisationNetworkKeepsItsStem() throws {
    let networks = networks(.resnet50, eln: .resnet50)
    let eln = networks.errorLocalization.backbone.state
    let stem = eln.all[0].parameter.value.values
    #expect(eln.all[0].path == "conv1.weight")
    let results = try BackboneWeights(contentsOf: backbone()).load(into: networks)
    #expect(results.map(\.network) == ["encoder", "ELN's backbone"])
    #expect(results[1].loading.random == ["conv1.weight"])
    #expect(results[1].loading.loadedCount == eln.all.count - 1)
    #expect(eln.all[0].parameter.value.values == stem)
    let file = try PyTorchFile(contentsOf: ImportFixture.checkpoint)
    let last = try #require(eln.all.first { $0.path == "layer4.2.conv3.weight" })
    #expect(
      last.parameter.value.values
        == (try file.tensor(Self.inTheCheckpoint + "layer4.2.conv3.weight").values))
  }

  /// Layer 4 has three blocks at every depth; a file with two leaves the third random.
  @Test func aThirdBlockThatTheFileLacksStaysRandom() throws {
    let networks = networks(.resnet50, eln: .resnet18)
    let results = try BackboneWeights(contentsOf: backbone(blocksOfLayer4: 2)).load(into: networks)
    #expect(!results[0].loading.random.isEmpty)
    #expect(results[0].loading.random.allSatisfy { $0.hasPrefix("layer4.2.") })
  }

  @Test func whatIsWrittenIsReadAgain() throws {
    let url = try SmallTraining.temporaryFile("backbone.safetensors")
    let source = try BackboneWeights(contentsOf: backbone(prefix: "module.", blocksOfLayer4: 2))
    try source.write(to: url, programVersion: "test")
    let again = try BackboneWeights(contentsOf: url)
    #expect(again.prefix.isEmpty && again.leftOut.isEmpty && again.depth == .resnet50)
    let (first, second) = (networks(.resnet50, eln: .resnet18), networks(.resnet50, eln: .resnet18))
    #expect(try source.load(into: first)[0].loading == again.load(into: second)[0].loading)
    #expect(
      first.student.state.all.map(\.parameter.value.values)
        == second.student.state.all.map(\.parameter.value.values))
  }

  private func expectRefusal(_ text: String, _ body: () throws -> Void) {
    let error = #expect(throws: ImportError.self) { try body() }
    #expect(error?.description.contains(text) == true, "\(error.map(String.init(describing:)) ?? "accepted")")
  }

  @Test func severalBackbonesNeedAPrefix() throws {
    expectRefusal("'enc_state_dict.backbone.', 'eln_state_dict.backbone.'; name one with --prefix") {
      _ = try BackboneWeights(contentsOf: ImportFixture.checkpoint)
    }
    let chosen = try BackboneWeights(contentsOf: ImportFixture.checkpoint, prefix: Self.inTheCheckpoint)
    #expect(chosen.depth == .resnet50)
    expectRefusal("no tensor's name begins with 'encoder.'") {
      _ = try BackboneWeights(contentsOf: ImportFixture.checkpoint, prefix: "encoder.")
    }
    expectRefusal("no backbone") { _ = try BackboneWeights(contentsOf: ImportFixture.scores) }
  }

  @Test func aBackboneThatFitsNoNetworkIsRefused() throws {
    let weights = try BackboneWeights(contentsOf: backbone())
    expectRefusal("holds a ResNet-50 of width 2, but the encoder is a ResNet-34 of width 2") {
      _ = try weights.load(into: networks(.resnet34, eln: .resnet18))
    }
  }

  @Test func aMissingTensorIsNamed() throws {
    let url = try ImportFixture.rewritten(backbone()) { name, tensor in
      name == "layer3.4.bn2.bias" ? nil : (name, tensor)
    }
    expectRefusal("missing are 'layer3.4.bn2.bias'") {
      _ = try BackboneWeights(contentsOf: url).load(into: networks(.resnet50, eln: .resnet18))
    }
  }
}
