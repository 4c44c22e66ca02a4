import ArgumentParser

@main
struct Errata: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "errata",
    abstract: "Audits pseudo-labels before they reach annotators.",
    version: "0.1.0")
}
