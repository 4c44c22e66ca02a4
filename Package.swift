// swift-tools-version: 6.2
import PackageDescription

let strict: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .treatAllWarnings(as: .error),
  .enableUpcomingFeature("ExistentialAny"),
]

let package = Package(
  name: "errata",
  products: [.executable(name: "errata", targets: ["errata"])],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.0"),
    .package(url: "https://github.com/apple/swift-crypto", from: "4.5.0"),
    .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
    .package(url: "https://github.com/hummingbird-project/swift-mustache", from: "2.1.0"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.0"),
  ],
  targets: [
    // C libraries and the thin shims over them.
    .systemLibrary(name: "COpenBLAS", pkgConfig: "openblas", providers: [.apt(["libopenblas-dev"])]),
    .systemLibrary(name: "CZlib", providers: [.apt(["zlib1g-dev"])]),
    .target(name: "COneDNN", linkerSettings: [.linkedLibrary("dnnl")]),
    .target(name: "CVectorKernels", linkerSettings: [.linkedLibrary("m")]),
    .target(
      name: "CImageCodecs",
      linkerSettings: [.linkedLibrary("png"), .linkedLibrary("jpeg"), .linkedLibrary("z")]),

    // The house, from the ground up: imports go downwards only.
    .target(
      name: "TensorCore", dependencies: ["COpenBLAS", "COneDNN", "CVectorKernels"],
      swiftSettings: strict),
    .target(name: "NeuralNetwork", dependencies: ["TensorCore"], swiftSettings: strict),
    .target(name: "Imaging", dependencies: ["CImageCodecs"], swiftSettings: strict),
    .target(name: "Datasets", dependencies: ["Imaging", "TensorCore"], swiftSettings: strict),
    .target(name: "Segmentation", dependencies: ["NeuralNetwork", "TensorCore"], swiftSettings: strict),
    .target(
      name: "ErrorLocalization",
      dependencies: ["Segmentation", "NeuralNetwork", "Datasets", "Imaging", "TensorCore"],
      swiftSettings: strict),
    .target(name: "Auditing", dependencies: ["TensorCore"], swiftSettings: strict),
    .target(
      name: "AuditSchema", path: "schema", exclude: ["json"],
      resources: [
        .embedInCode("0001_audits.sql"), .embedInCode("0002_identity.sql"), .embedInCode("0003_ranking.sql"),
        .embedInCode("0004_image_intervals.sql"), .embedInCode("0005_run_totals.sql"),
        .embedInCode("0006_region_intervals.sql"), .embedInCode("0007_conditions.sql"),
        .embedInCode("0008_columns.sql"),
      ],
      swiftSettings: strict),
    .target(
      name: "AuditStore",
      dependencies: [
        "Auditing", "AuditSchema", "CZlib", .product(name: "GRDB", package: "GRDB.swift"),
        .product(name: "GRDBSQLite", package: "GRDB.swift"),
      ],
      swiftSettings: strict),
    .target(name: "Exchange", dependencies: ["Auditing", "Imaging"], swiftSettings: strict),
    .target(
      name: "Reporting",
      dependencies: [
        "AuditStore", "Auditing", "Imaging", .product(name: "Mustache", package: "swift-mustache"),
      ],
      swiftSettings: strict),
    .executableTarget(
      name: "errata",
      dependencies: [
        "ErrorLocalization", "AuditStore", "Auditing", "Exchange", "Reporting", "Datasets", "Imaging",
        "TensorCore",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "Crypto", package: "swift-crypto"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "Yams", package: "Yams"),
      ],
      swiftSettings: strict),

    // The comparison with PyTorch: see Benchmarks/README.md. Not a product: users never build it.
    .target(name: "MachinePeaks", path: "Benchmarks/MachinePeaks"),
    .executableTarget(
      name: "errata-benchmark",
      dependencies: [
        "ErrorLocalization", "Segmentation", "NeuralNetwork", "Datasets", "TensorCore", "CVectorKernels",
        "MachinePeaks", .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      path: "Benchmarks/Program", swiftSettings: strict),
    .executableTarget(
      name: "errata-store-benchmark",
      dependencies: [
        "AuditStore", "Auditing", "TensorCore",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      path: "Benchmarks/Store", swiftSettings: strict),

    // Tests mirror Sources.
    .testTarget(
      name: "TensorCoreTests", dependencies: ["TensorCore", "NeuralNetwork"], swiftSettings: strict),
    .testTarget(
      name: "NeuralNetworkTests", dependencies: ["NeuralNetwork", "TensorCore"], swiftSettings: strict),
    .testTarget(name: "ImagingTests", dependencies: ["Imaging"], swiftSettings: strict),
    .testTarget(name: "DatasetsTests", dependencies: ["Datasets"], swiftSettings: strict),
    .testTarget(
      name: "SegmentationTests", dependencies: ["Segmentation", "NeuralNetwork", "TensorCore"],
      swiftSettings: strict),
    .testTarget(
      name: "ErrorLocalizationTests",
      dependencies: [
        "ErrorLocalization", "Segmentation", "NeuralNetwork", "Datasets", "Imaging", "TensorCore",
      ], swiftSettings: strict),
    .testTarget(name: "AuditingTests", dependencies: ["Auditing"], swiftSettings: strict),
    .testTarget(name: "AuditStoreTests", dependencies: ["AuditStore"], swiftSettings: strict),
    .testTarget(
      name: "ExchangeTests", dependencies: ["Exchange", "Auditing", "Imaging"], swiftSettings: strict),
    .testTarget(
      name: "ReportingTests", dependencies: ["Reporting", "AuditStore", "Auditing", "Imaging"],
      swiftSettings: strict),
    .testTarget(
      name: "errataTests",
      dependencies: [
        "errata", "ErrorLocalization", "AuditStore", "Auditing", "Imaging", "NeuralNetwork", "TensorCore",
        .product(name: "GRDB", package: "GRDB.swift"),
      ],
      swiftSettings: strict),
  ],
  cxxLanguageStandard: .cxx17
)
