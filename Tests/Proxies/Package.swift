// swift-tools-version: 6.2
import PackageDescription

// Tests through real proxies: `scripts/check-proxies` installs the programs and runs them.
let settings: [SwiftSetting] = [
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
]

let package = Package(
    name: "ProxyScenarios",
    platforms: [.macOS(.v15)],
    dependencies: [
        .package(name: "PhoenixKit", path: "../.."),
        .package(name: "AsyncHTTPClientEngine", path: "../../Plugins/AsyncHTTPClientEngine"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
    ],
    targets: [
        .executableTarget(
            name: "scenario-client",
            dependencies: [
                .product(name: "Phoenix", package: "PhoenixKit"),
                .product(name: "PhoenixLongPoll", package: "PhoenixKit"),
                .product(name: "PhoenixAsyncHTTPClient", package: "AsyncHTTPClientEngine"),
            ],
            swiftSettings: settings
        ),
        .testTarget(
            name: "ProxyScenarioTests",
            dependencies: [
                "scenario-client",
                .product(name: "Phoenix", package: "PhoenixKit"),
                .product(name: "PhoenixWebSocket", package: "PhoenixKit"),
                .product(name: "PhoenixTestServer", package: "PhoenixKit"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ],
            swiftSettings: settings
        ),
    ],
    swiftLanguageModes: [.v6]
)
