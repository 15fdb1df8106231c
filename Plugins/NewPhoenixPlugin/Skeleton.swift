import Foundation

/// The files of a new package.
///
/// A transport begins as the plug-in `UnixLines`, with its names changed and its framing left open; what both kinds share, manifest and
/// all, is taken from there as well.
struct Skeleton {
    let order: Order
    /// The folder `Plugins` of PhoenixKit.
    let templates: URL

    func files(dependency: String) throws -> [(path: String, text: String)] {
        let module = "Phoenix\(order.name)"
        let (sources, tests) = ("Sources/\(module)", "Tests/\(module)Tests")
        var files = [("Package.swift", try manifest(dependency: dependency))]
        func add(_ path: String, _ template: String) throws {
            files.append((path, try text(of: template)))
        }
        let own = "NewPhoenixPlugin/Templates/\(order.kind == .serializer ? "Serializer" : "Transport")"
        try add("README.md", "\(own)/README.md.template")
        try add(
            "\(sources)/\(order.openFile)",
            "\(own)/\(order.kind == .serializer ? "Serializer" : "Framing").swift.template"
        )
        switch order.kind {
        case .serializer:
            try add("\(tests)/\(order.name)Tests.swift", "\(own)/Tests.swift.template")
        case .transport:
            let from = "UnixLines/Sources/PhoenixUnixLines"
            try add("\(sources)/\(order.name)Transport.swift", "\(from)/UnixLineTransport.swift")
            try add("\(sources)/StreamSession.swift", "\(from)/StreamSession.swift")
            try add("\(sources)/UnixAddress.swift", "\(from)/UnixAddress.swift")
            let peer = "UnixLines/Tests/PhoenixUnixLinesTests"
            try add("\(tests)/\(order.name)Tests.swift", "\(peer)/UnixLineTests.swift")
            try add("\(tests)/\(order.name)Peer.swift", "\(peer)/LinePeer.swift")
        }
        return files
    }

    private func manifest(dependency: String) throws -> String {
        var text = try text(of: "UnixLines/Package.swift")
        text = text.replacing(".package(name: \"PhoenixKit\", path: \"../..\")", with: dependency)
        // Where a package comes from a URL, its identity is the URL's last part.
        if let url = dependency.firstMatch(of: /url: "([^"]*)"/)?.output.1 {
            let last = url.split(separator: "/").last.map(String.init) ?? "PhoenixKit"
            let identity = last.hasSuffix(".git") ? String(last.dropLast(4)) : last
            text = text.replacing("package: \"PhoenixKit\"", with: "package: \"\(identity)\"")
        } else if let path = dependency.firstMatch(of: /path: "([^"]*)"/)?.output.1, !path.hasSuffix("..") {
            let identity = path.split(separator: "/").last.map(String.init) ?? "PhoenixKit"
            text = text.replacing("package: \"PhoenixKit\"", with: "package: \"\(identity)\"")
        }
        guard order.kind == .serializer else { return text }
        // The payloads of a new serializer are JSON until its author changes that.
        return text.replacing(
            /( *)\.product\(name: "PhoenixKit", package: ("[^"]*")\),\n( *)\.product\(name: "PhoenixTesting"/
        ) { match in
            "\(match.output.1).product(name: \"PhoenixJSON\", package: \(match.output.2)),\n"
                + "\(match.output.1).product(name: \"PhoenixKit\", package: \(match.output.2)),\n"
                + "\(match.output.3).product(name: \"PhoenixTesting\""
        }
        .replacing(/dependencies: \[\.product\(name: "PhoenixKit", package: ("[^"]*")\)\]/) { match in
            """
            dependencies: [
                            .product(name: "PhoenixJSON", package: \(match.output.1)),
                            .product(name: "PhoenixKit", package: \(match.output.1)),
                        ]
            """
        }
    }

    /// A template's text with the new names.
    private func text(of template: String) throws -> String {
        let file = templates.appending(path: template)
        guard let data = FileManager.default.contents(atPath: file.path) else {
            throw Refusal("Expected the template \(file.path), found none. Fetch PhoenixKit anew.")
        }
        let name = order.name
        let small = name.prefix(1).lowercased() + name.dropFirst()
        var text = String(decoding: data, as: UTF8.self)
        // Longer names first, since they contain shorter ones.
        for (old, new) in [
            ("PhoenixUnixLines", "Phoenix\(name)"), ("UnixLineTransport", "\(name)Transport"),
            ("UnixLineTests", "\(name)Tests"), ("UnixLines", name), ("unixLines", small),
            ("unixlines", name.lowercased()),
            ("LineFraming", "\(name)Framing"), ("LinePeer", "\(name)Peer"),
            ("Lines over a Unix domain socket", "\(name) over a Unix domain socket"),
            ("frames as lines over a Unix", "frames over a Unix"),
            ("transport of lines over the Unix", "transport over the Unix"), ("A server of lines at", "A server at"),
            ("{{NAME}}", name), ("{{name}}", small), ("{{option}}", name.lowercased()),
        ] {
            text = text.replacing(old, with: new)
        }
        return Self.sortingImports(text)
    }

    /// The new names may come before or after others.
    private static func sortingImports(_ text: String) -> String {
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        let imports = lines.prefix { $0.hasPrefix("import ") }.sorted()
        lines.replaceSubrange(..<imports.count, with: imports)
        return lines.joined(separator: "\n")
    }
}
