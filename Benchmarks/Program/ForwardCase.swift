import ErrorLocalization
import NeuralNetwork
import TensorCore

/// Case (a): segmentation and error localisation of a batch, as an audit does it, from image to both networks' logits.
struct ForwardCase: BenchmarkCase {
  private let networks: MethodNetworks
  private let images: Tensor
  private let settings: CaseSettings
  private let classInput: ClassInput
  /// The other side starts from 32-bit weights, whatever this one computes with.
  private var written: [(name: String, tensor: Tensor)] = []

  init(_ settings: CaseSettings) {
    self.settings = settings
    var configuration = settings.configuration.network
    configuration.auxiliaryAlphas = []
    networks = MethodNetworks(configuration, classCount: settings.classes, seed: 1)
    classInput = configuration.errorLocalization.classInput
    var inputs = SyntheticInputs(settings, seed: 2)
    images = inputs.images()
    settleStatistics()
    written = states.flatMap { prefix, state in state.tensors(prefix: prefix) } + [("images", images)]
    if settings.precision == .int8 { quantize() }
  }

  private var states: [(prefix: String, state: NetworkState)] {
    [("student.", networks.student.state), ("eln.", networks.errorLocalization.state)]
  }

  private func quantize() {
    let quantizer = NetworkQuantizer(
      states.flatMap { $0.state.convolutions }, arithmetic: .current, largestRelativeError: 1)
    quantizer.observeInputs { _ = predict(images, $0) }
    quantizer.apply()
  }

  /// Untrained networks whose running statistics are not those of their activations would overflow.
  private func settleStatistics() {
    var small = settings
    (small.batch, small.height, small.width) = (2, 96, 96)
    var inputs = SyntheticInputs(small, seed: 3)
    let context = ForwardContext(
      normalization: .batch, appliesDropout: false, recordsGradients: false,
      generator: SeededGenerator(seed: 0))
    for _ in 0..<24 { _ = predict(inputs.images(), context) }
  }

  private func predict(_ images: Tensor, _ context: ForwardContext) -> (logits: Tensor, right: Tensor) {
    let student = networks.student
    let logits = student.decoder(student.encoder(Variable(images), context), context).logits.value
    let input = ErrorLocalizationInput(images: images, logits: logits, classInput: classInput)
    return (logits, networks.errorLocalization(input, context).value)
  }

  var exchange: [(name: String, tensor: Tensor)] { written }

  func description() throws -> String {
    try NetworkDescription(configuration: settings.configuration, classCount: settings.classes).json()
  }

  func run() { _ = predict(images, .inference) }

  /// Every normalised convolution that runs, with its input.
  func observeConvolutions(_ see: @escaping (NormalizedConvolution, Tensor) -> Void) {
    let context = ForwardContext.inference
    context.observer = see
    _ = predict(images, context)
  }

  func outputs() -> [(name: String, tensor: Tensor)] {
    let (logits, right) = predict(images, .inference)
    return [("logits", logits), ("right", right)]
  }
}
