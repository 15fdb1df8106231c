import Foundation

/// A folder of its own for a proxy's configuration and logs, removed at the end.
final class Folder: Sendable {
    let path: String

    init() throws {
        path = NSTemporaryDirectory() + "phoenix-proxy-\(UUID().uuidString)"
        // The proxy may run as another user.
        try FileManager.default.createDirectory(
            atPath: path,
            withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o777]
        )
        try FileManager.default.setAttributes([.posixPermissions: 0o777], ofItemAtPath: path)
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }

    /// Writes a file and gives its path.
    @discardableResult
    func write(_ text: String, to name: String) throws -> String {
        try Data(text.utf8).write(to: URL(fileURLWithPath: "\(path)/\(name)"))
        return "\(path)/\(name)"
    }

    /// What a file holds; empty where there is none.
    func read(_ name: String) -> String {
        FileManager.default.contents(atPath: "\(path)/\(name)").map { String(decoding: $0, as: UTF8.self) } ?? ""
    }
}
