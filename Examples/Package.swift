// swift-tools-version: 6.2
import PackageDescription

let package = Package(
    name: "Examples",
    platforms: [.macOS(.v15)],
    dependencies: [
        .package(name: "PhoenixKit", path: ".."),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    ],
    targets: [
        .executableTarget(
            name: "PingClient",
            dependencies: [
                .product(name: "Phoenix", package: "PhoenixKit"),
                .product(name: "PhoenixTestServer", package: "PhoenixKit"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "Logging", package: "swift-log"),
            ],
            path: "PingClient",
            swiftSettings: [.treatAllWarnings(as: .error)]
        ),
        .executableTarget(
            name: "FirstChannel",
            dependencies: [
                .product(name: "Phoenix", package: "PhoenixKit"),
                .product(name: "PhoenixTestServer", package: "PhoenixKit"),
            ],
            path: "FirstChannel",
            swiftSettings: [.treatAllWarnings(as: .error)]
        ),
        .executableTarget(
            name: "FallbackClient",
            dependencies: [
                .product(name: "Phoenix", package: "PhoenixKit"),
                .product(name: "PhoenixTestServer", package: "PhoenixKit"),
            ],
            path: "FallbackClient",
            swiftSettings: [.treatAllWarnings(as: .error)]
        ),
    ],
    swiftLanguageModes: [.v6]
)
