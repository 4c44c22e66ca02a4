import Segmentation

extension BackboneWeights {
  /// Copies the weights into every encoder of their depth and width: the student's, the teacher's, those of the
  /// cross-fitted networks, and ELN's backbone.
  ///
  /// - Returns: what became of each of these encoders.
  /// - Throws: if there is none, so that no training starts from random values unnoticed.
  package func load(into networks: MethodNetworks) throws -> [(network: String, loading: Loading)] {
    var encoders = [
      ("encoder", networks.student.encoder), ("ELN's backbone", networks.errorLocalization.backbone),
    ]
    for (index, network) in networks.foldNetworks.enumerated() {
      encoders.append(("encoder without fold \(index)", network.encoder))
    }
    let fitting = encoders.filter { $0.1.configuration.depth == depth && $0.1.configuration.width == width }
    guard !fitting.isEmpty else {
      let ours = encoders.prefix(2).map { name, encoder in
        "the \(name == "encoder" ? name : "one of ELN") is a "
          + Self.name(encoder.configuration.depth, width: encoder.configuration.width)
      }
      throw ImportError(file, "holds a \(architecture), but \(ours.joined(separator: ", "))")
    }
    let results = try fitting.map { name, encoder in (name, try load(into: encoder)) }
    networks.teacher.encoder.state.copyValues(from: networks.student.encoder.state)
    return results
  }
}
