// swift-tools-version: 6.2
import PackageDescription

let settings: [SwiftSetting] = [
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
]

let package = Package(
    name: "Benchmarks",
    platforms: [.macOS(.v15)],
    dependencies: [.package(name: "PhoenixKit", path: "..")],
    targets: [
        .target(name: "Harness", swiftSettings: settings),
        .executableTarget(
            name: "deflate",
            dependencies: [
                "Harness",
                .product(name: "PhoenixKit", package: "PhoenixKit"),
                .product(name: "PhoenixDeflate", package: "PhoenixKit"),
            ],
            swiftSettings: settings
        ),
    ],
    swiftLanguageModes: [.v6]
)
