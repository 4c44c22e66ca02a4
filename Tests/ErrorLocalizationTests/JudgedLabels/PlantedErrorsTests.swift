import ErrorLocalization
import TensorCore
import Testing

@Suite struct PlantedErrorsTests {
  private let shape: Shape = [2, 40, 60]
  private let planting = PlantedErrors(classCount: 5, ignoreLabel: 255)

  /// Vertical stripes of classes 0 to 3, twelve pixels wide, with an ignored corner.
  private var truth: LabelTensor {
    LabelTensor(
      (0..<shape.elementCount).map { index in
        let (y, x) = (index / 60 % 40, index % 60)
        return y < 5 && x < 5 ? 255 : UInt8(x / 12 % 4)
      }, shape: shape)
  }

  private func plant(seed: UInt64) -> LabelTensor {
    var generator = SeededGenerator(seed: seed)
    let predicted = LabelTensor([UInt8](repeating: 2, count: shape.elementCount), shape: shape)
    return planting.plant(truth: truth, predicted: predicted, using: &generator)
  }

  @Test func everyLabelIsAClassAndTheSeedDecides() {
    for seed in 0..<40 as Range<UInt64> {
      let map = plant(seed: seed)
      #expect(map.shape == shape && map.labels.allSatisfy { $0 < 5 })
      #expect(map == plant(seed: seed))
    }
  }

  /// Over many maps some pixels are wrong and some right, and boundaries are wrong more often than the stripes' middles.
  @Test func errorsAreSomeAndBoundariesGetMore() {
    var wrong = [Int](repeating: 0, count: 60)
    var known = 0
    for seed in 0..<200 as Range<UInt64> {
      let map = plant(seed: seed)
      // Whoever started from the prediction is wrong in three of four stripes: leave those out.
      for image in 0..<2 {
        let range = image * 2400..<(image + 1) * 2400
        let pairs = zip(map.labels[range], truth.labels[range]).enumerated().filter { $0.element.1 != 255 }
        let errors = pairs.filter { $0.element.0 != $0.element.1 }
        guard errors.count * 2 < pairs.count else { continue }
        known += 1
        for error in errors { wrong[error.offset % 60] += 1 }
      }
    }
    #expect(known > 100)
    let total = wrong.reduce(0, +)
    #expect(total > known * 2400 / 100 && total < known * 2400 / 2)
    let boundaries = [11, 12, 23, 24, 35, 36, 47, 48].map { wrong[$0] }.reduce(0, +) / 8
    let middles = [6, 18, 30, 42, 54].map { wrong[$0] }.reduce(0, +) / 5
    #expect(boundaries > middles)
  }
}

@Suite struct CrossFittingFoldsTests {
  @Test func foldsAreContiguousBlocksOfNearlyOneSize() {
    let names = (0..<11).map { "frame-\(100 + $0)" }
    let folds = CrossFittingFolds(names: names.shuffled(), count: 3)
    #expect(names.map(folds.fold(of:)) == [0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2])
  }
}
