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
    name: "UnixLines",
    platforms: [.macOS(.v15), .iOS(.v18), .tvOS(.v18), .watchOS(.v11), .visionOS(.v2)],
    products: [.library(name: "PhoenixUnixLines", targets: ["PhoenixUnixLines"])],
    dependencies: [.package(name: "PhoenixKit", path: "../..")],
    targets: [
        .target(
            name: "PhoenixUnixLines",
            dependencies: [.product(name: "PhoenixKit", package: "PhoenixKit")],
            swiftSettings: settings
        ),
        .testTarget(
            name: "PhoenixUnixLinesTests",
            dependencies: [
                "PhoenixUnixLines",
                .product(name: "PhoenixKit", package: "PhoenixKit"),
                .product(name: "PhoenixTesting", package: "PhoenixKit"),
            ],
            swiftSettings: settings
        ),
    ],
    swiftLanguageModes: [.v6]
)
