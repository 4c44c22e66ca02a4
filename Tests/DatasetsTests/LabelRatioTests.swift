import Datasets
import Foundation
import Testing

@Suite struct LabelRatioTests {
  private let samples = (0..<1323).map { index in
    Sample(
      name: "\(index)", image: URL(fileURLWithPath: "/images/\(index).jpg"),
      mask: URL(fileURLWithPath: "/masks/\(index).png"))
  }

  @Test(arguments: [("1/20", 66), ("1/8", 165), ("0.25", 331), ("1/2", 662), ("1", 1323), ("1/100000", 1)])
  func drawsTheNearestWholeNumberOfImages(_ text: String, _ count: Int) throws {
    let parts = try #require(LabelRatio(text)).split(samples, seed: 3)
    #expect(parts.labeled.count == count)
    #expect(parts.labeled.allSatisfy { $0.mask != nil } && parts.unlabeled.allSatisfy { $0.mask == nil })
    let names = parts.labeled.map(\.name) + parts.unlabeled.map(\.name)
    #expect(names.count == 1323 && Set(names) == Set(samples.map(\.name)))
    for part in [parts.labeled, parts.unlabeled] {
      let numbers = part.compactMap { Int($0.name) }
      #expect(numbers == numbers.sorted())
    }
  }

  @Test func theSeedDecides() throws {
    let ratio = try #require(LabelRatio("1/8"))
    let first = ratio.split(samples, seed: 1).labeled
    #expect(first == ratio.split(samples, seed: 1).labeled)
    #expect(first != ratio.split(samples, seed: 2).labeled)
    // From everywhere: each third has a third of them, within five standard deviations.
    for third in 0..<3 {
      let count = first.count { (Int($0.name) ?? 0) / 441 == third }
      #expect(abs(count - 55) < 31)
    }
  }

  @Test(arguments: ["", "0", "1/0", "-1/8", "9/8", "1.5", "nan", "1/8/2", "half", "/8", "8/"])
  func otherTextsAreNoRatio(_ text: String) {
    #expect(LabelRatio(text) == nil)
  }
}
