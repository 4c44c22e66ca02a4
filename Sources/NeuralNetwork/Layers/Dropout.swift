import TensorCore

/// Dropout of single values. *Source*: Srivastava et al., JMLR 2014.
package struct Dropout: Sendable {
  package let probability: Float

  package init(probability: Float) { self.probability = probability }

  package func callAsFunction(_ input: Variable, _ context: ForwardContext) -> Variable {
    context.appliesDropout ? input.dropout(probability: probability, using: &context.generator) : input
  }
}
