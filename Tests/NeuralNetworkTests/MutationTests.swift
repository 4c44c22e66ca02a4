import Foundation
import NeuralNetwork
import TensorCore
import Testing

/// Damaged files are refused or read, and never bring the program down. The copies are the same at every run.
@Suite struct MutationTests {
  @Test(arguments: ["zip.pth", "zip64.pth", "legacy.pth", "small_legacy.pth"])
  func damagedPyTorchFilesOnlyThrow(_ name: String) throws {
    let original = [UInt8](try fixture(name))
    var mutator = Mutator(seed: 2022)
    var (opened, refused) = (0, 0)
    for _ in 0..<5000 {
      do {
        let file = try PyTorchFile(Data(mutator.mutated(original)), path: name)
        opened += 1
        for name in file.names { _ = try file.tensor(name) }
      } catch {
        refused += 1
      }
    }
    #expect(opened > 0 && refused > 1000, "\(opened) opened, \(refused) refused")
  }

  @Test func damagedSafetensorsFilesOnlyThrow() throws {
    let original = [UInt8](try fixture("expected.safetensors"))
    let headerEnd = 8 + Int(original[0]) + Int(original[1]) << 8
    var mutator = Mutator(seed: 2022)
    var (opened, refused) = (0, 0)
    for round in 0..<10_000 {
      let bytes = mutator.mutated(original, in: round % 4 == 0 ? nil : 0..<headerEnd)
      do {
        let file = try SafetensorsFile(Data(bytes), path: "mutant")
        opened += 1
        for name in file.names { _ = try file.tensor(name) }
      } catch {
        refused += 1
      }
    }
    #expect(opened > 0 && refused > 5000, "\(opened) opened, \(refused) refused")
  }
}
