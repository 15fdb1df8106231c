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
    name: "GzipJSON",
    platforms: [.macOS(.v15), .iOS(.v18), .tvOS(.v18), .watchOS(.v11), .visionOS(.v2)],
    products: [.library(name: "PhoenixGzipJSON", targets: ["PhoenixGzipJSON"])],
    dependencies: [.package(name: "PhoenixKit", path: "../..")],
    targets: [
        .systemLibrary(
            name: "CGzip",
            pkgConfig: "zlib",
            providers: [.apt(["libz-dev"]), .brew(["zlib"])]
        ),
        .target(
            name: "PhoenixGzipJSON",
            dependencies: [
                "CGzip",
                .product(name: "PhoenixKit", package: "PhoenixKit"),
                .product(name: "PhoenixJSON", package: "PhoenixKit"),
            ],
            swiftSettings: settings
        ),
        .testTarget(
            name: "PhoenixGzipJSONTests",
            dependencies: [
                "PhoenixGzipJSON",
                .product(name: "PhoenixKit", package: "PhoenixKit"),
                .product(name: "PhoenixJSON", package: "PhoenixKit"),
                .product(name: "PhoenixTesting", package: "PhoenixKit"),
            ],
            swiftSettings: settings
        ),
    ],
    swiftLanguageModes: [.v6]
)
