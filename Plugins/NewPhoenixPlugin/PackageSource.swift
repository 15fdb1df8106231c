import Foundation
import PackagePlugin

/// Where PhoenixKit is, seen from the package in which the command runs.
struct PackageSource {
    let directory: URL
    private let origin: PackageOrigin

    init(_ root: Package) throws {
        // The command itself comes from a package of this name, so it is there.
        guard let package = Self.find("PhoenixKit", from: root) else {
            throw Refusal(
                "Expected PhoenixKit among the dependencies of \(root.displayName), found none. Add it there."
            )
        }
        directory = package.directoryURL
        origin = package.origin
    }

    private static func find(_ name: String, from root: Package) -> Package? {
        var queue = [root]
        var seen: Set<String> = []
        while !queue.isEmpty {
            let package = queue.removeFirst()
            guard seen.insert(package.id).inserted else { continue }
            if package.displayName == name { return package }
            queue += package.dependencies.map(\.package)
        }
        return nil
    }

    /// The line of a manifest in `folder` that depends on PhoenixKit.
    func dependency(of folder: URL, _ order: Order) -> String {
        if let url = order.url, let requirement = order.requirement {
            return ".package(url: \"\(url)\", \(requirement))"
        }
        if case .repository(let url, let version, let revision) = origin {
            let isRelease = version.split(separator: ".").count == 3 && version.allSatisfy { $0 == "." || $0.isNumber }
            return ".package(url: \"\(url)\", \(isRelease ? "from: \"\(version)\"" : "revision: \"\(revision)\""))"
        }
        return ".package(name: \"PhoenixKit\", path: \"\(Self.path(from: folder, to: directory))\")"
    }

    /// The way from one folder to another.
    private static func path(from: URL, to: URL) -> String {
        let (start, end) = (from.standardizedFileURL.pathComponents, to.standardizedFileURL.pathComponents)
        let common = zip(start, end).prefix { $0 == $1 }.count
        // Folders that share nothing are named in full, since one of them may move.
        guard common > 1 else { return to.standardizedFileURL.path }
        return (start.dropFirst(common).map { _ in ".." } + end.dropFirst(common)).joined(separator: "/")
    }
}
