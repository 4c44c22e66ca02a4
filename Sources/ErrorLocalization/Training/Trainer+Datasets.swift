import Datasets

extension Trainer {
  /// The trainer of a state over images on disk; it goes on where the state is.
  package init(state: TrainingState, labeled: SegmentationDataset, unlabeled: SegmentationDataset?) {
    let settings = state.configuration
    let data = settings.data
    let folds = settings.network.crossFittingFolds
    self.init(
      state: state, ignoreLabel: labeled.ignoreLabel,
      labeled: LabeledBatchLoader(
        labeled: labeled, batchSize: data.labeledBatchSize, augmentation: data.augmentation,
        seed: state.seed, firstBatch: state.step),
      unlabeled: unlabeled.map {
        UnlabeledBatchLoader(
          unlabeled: $0, batchSize: data.unlabeledBatchSize, augmentation: data.augmentation,
          seed: state.seed &+ 1,
          firstBatch: max(0, state.step - settings.stages.start(of: .semiSupervised)))
      },
      folds: folds > 0 ? CrossFittingFolds(names: labeled.samples.map(\.name), count: folds) : nil)
  }
}
