import Datasets
import TensorCore

/// Every setting of a training. Presets are values of it; a configuration file changes single ones.
package struct TrainingConfiguration: Hashable, Sendable, Codable {
  package var network: NetworkConfiguration
  package var losses: LossConfiguration
  package var stages: StageConfiguration
  package var optimizer: OptimizerConfiguration
  package var teacher: TeacherConfiguration
  package var data: DataConfiguration
  package var validation = ValidationConfiguration()
}

/// Weights and forms of the losses. A weight of 0 leaves a loss out.
package struct LossConfiguration: Hashable, Sendable, Codable {
  package var supervisedWeight: Float = 1
  package var auxiliaryWeight: Float = 1
  package var auxiliaryComparison = AuxiliaryComparison.batch
  package var errorLocalizationWeight: Float = 1
  /// Whether ELN's loss is the sum over the decoders (authors' program) or their mean (paper).
  package var sumsErrorLocalizationOverDecoders = true
  package var judgedLabels = JudgedLabelsConfiguration()
  /// With the corrector `threshold`: pseudo-labels are used where the maximum softmax is at least this.
  package var confidenceThreshold: Float = 0.9
  /// On the colour-augmented image (paper).
  package var pseudoLabelWeight: Float = 1
  /// On the plain image too (authors' program).
  package var pseudoLabelPlainWeight: Float = 1
  package var contrastive = ContrastiveConfiguration()

  package init() {}
}

/// What the loss of an auxiliary decoder is compared over with α times the main decoder's.
package enum AuxiliaryComparison: String, Hashable, Sendable, Codable, CaseIterable {
  /// As the authors' program; the default of the paper's presets, since its α were chosen so.
  case batch
  /// As the paper's formula: a decoder learns from the images on which it is the weaker one.
  case image
}

/// Which label maps ELN learns to judge, and how much each one's loss counts. A weight of 0 leaves one out.
package struct JudgedLabelsConfiguration: Hashable, Sendable, Codable {
  /// The main decoder's.
  package var mainWeight: Float = 1
  /// Each auxiliary decoder's.
  package var auxiliaryWeight: Float = 1
  /// What the cross-fitted networks predict on the images that they have not seen (not in the paper).
  package var crossFittedWeight: Float = 0
  /// Maps with errors planted on purpose (not in the paper); they need a class input that shows the label.
  package var plantedWeight: Float = 0

  package init() {}
}

package struct ContrastiveConfiguration: Hashable, Sendable, Codable {
  /// On the features of the colour-augmented image.
  package var weight: Float = 1
  /// On those of the plain image too (authors' program).
  package var plainWeight: Float = 1
  package var form = ContrastiveForm.classSums
  /// τ.
  package var temperature: Float = 0.5
  package var cropCount = 8
  /// *Units*: pixels at stride 4.
  package var cropSize = 32

  package init() {}
}

/// Lengths of the three stages; earlier losses go on in later stages.
package struct StageConfiguration: Hashable, Sendable, Codable {
  package var supervisedSteps: Int
  /// With auxiliary decoders and ELN.
  package var jointSteps: Int
  /// With the mean teacher, pseudo-labels and the contrastive loss.
  package var semiSupervisedSteps: Int
  /// What counts as one epoch (authors' program: 266).
  package var stepsPerEpoch = 266

  package init(supervisedSteps: Int, jointSteps: Int, semiSupervisedSteps: Int) {
    self.supervisedSteps = supervisedSteps
    self.jointSteps = jointSteps
    self.semiSupervisedSteps = semiSupervisedSteps
  }

  package var totalSteps: Int { supervisedSteps + jointSteps + semiSupervisedSteps }

  /// The stage that a step, counted from 0, belongs to.
  package func stage(ofStep step: Int) -> Stage {
    if step < supervisedSteps { return .supervised }
    return step < supervisedSteps + jointSteps ? .joint : .semiSupervised
  }
}

package enum Stage: String, Sendable, Codable, CaseIterable {
  case supervised
  case joint
  case semiSupervised = "semi-supervised"
}

/// AdamW, as `AdamW` documents it.
package struct OptimizerConfiguration: Hashable, Sendable, Codable {
  package var learningRate: Float = 1e-4
  /// Encoder's and ELN backbone's learning rate over the others'.
  package var encoderLearningRateFactor: Float = 0.1
  package var weightDecay: Float = 1e-5
  /// Off: scale and shift of the normalisations in encoder, main and auxiliary decoders keep their initial values,
  /// as by an oversight in the authors' program.
  package var trainsNormalization = true
  package var schedule = LearningRateSchedule.constant
  /// Of the polynomial schedule.
  package var polynomialPower: Float = 0.9
  /// Steps in which the learning rate grows to its full size; 0 = none (paper).
  package var warmupSteps = 0
  /// The gradients of all parameters together are shortened to this norm if they are longer; 0 = never (paper).
  package var maximumGradientNorm: Float = 0

  package init() {}
}

package struct TeacherConfiguration: Hashable, Sendable, Codable {
  /// The share of the old teacher that a step keeps.
  package var decay: Float = 0.995
  /// Whether the student starts each later epoch of the semi-supervised stage as a copy of the teacher (authors'
  /// program; the paper does not say so).
  package var copiesBackEachEpoch = true

  package init() {}
}

package struct DataConfiguration: Hashable, Sendable, Codable {
  package var labeledBatchSize: Int
  package var unlabeledBatchSize: Int
  package var augmentation: AugmentationConfiguration
}

/// Measures on images that take no part in the training, where such were given.
package struct ValidationConfiguration: Hashable, Sendable, Codable {
  /// Steps between validations; each stage ends with one too. 0 = only there.
  package var everySteps = 250

  package init() {}

  /// - Parameter step: steps done.
  package func isDue(afterStep step: Int, of stages: StageConfiguration) -> Bool {
    stages.isLastOfStage(step) || everySteps > 0 && step > 0 && step % everySteps == 0
  }
}
