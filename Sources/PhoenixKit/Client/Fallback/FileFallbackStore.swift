#if canImport(FoundationEssentials)
private import FoundationEssentials
#else
private import Foundation
#endif

#if canImport(Glibc)
private import Glibc
#elseif canImport(Musl)
private import Musl
#elseif canImport(Android)
private import Android
#else
private import Darwin
#endif

/// Remembers in a small file which transport worked where, for programs that run briefly and often, such as command lines.
///
/// One place a line: the time in seconds since 1970, the transport, the place. The file holds addresses without their queries, and no
/// secrets. It is replaced as a whole, so that others never read half of it; of two who write at the same time one wins.
public struct FileFallbackStore: FallbackStore {
    private struct Entry {
        var second: Int64
        var choice: String
        var place: String

        init(second: Int64, choice: String, place: String) {
            self.second = second
            self.choice = choice
            self.place = place
        }

        /// Nil for a line that is no entry.
        init?(_ line: Substring) {
            let parts = line.split(separator: " ", maxSplits: 2)
            guard parts.count == 3, let second = Int64(parts[0]) else { return nil }
            self.init(second: second, choice: String(parts[1]), place: String(parts[2]))
        }

        var line: String { "\(second) \(choice) \(place)\n" }
    }

    /// How many places are remembered; beyond that the oldest is forgotten.
    private static let limit = 64
    /// A file larger than this is none of ours.
    private static let largest = 262_144

    private let path: String
    private let now: @Sendable () -> Int64

    /// Creates a store in the file at `path`, which need not exist; neither need its folder.
    public init(path: String) {
        self.init(path: path) { Int64(Date().timeIntervalSince1970) }
    }

    /// Creates a store that takes the time, in seconds since 1970, from `now`.
    init(path: String, now: @escaping @Sendable () -> Int64) {
        self.path = path
        self.now = now
    }

    public func recall(_ place: String) throws -> FallbackMemory? {
        let entry = try entries().last { $0.place == place }
        return entry.map { FallbackMemory(choice: $0.choice, age: .seconds(now()) - .seconds($0.second)) }
    }

    public func remember(_ choice: String, at place: String) throws {
        guard !choice.contains(where: \.isWhitespace), !place.contains(where: \.isNewline) else {
            throw PhoenixError(
                .encoding,
                "Expected a transport's name and an address, got texts with spaces or line breaks."
            )
        }
        var entries = try entries().filter { $0.place != place }
        entries.append(Entry(second: now(), choice: choice, place: place))
        try write(entries.suffix(Self.limit))
    }

    public func forget(_ place: String) throws {
        let all = try entries()
        let others = all.filter { $0.place != place }
        if others.count < all.count { try write(others[...]) }
    }

    private func entries() throws -> [Entry] {
        // Not by Foundation, which would read all of it before its size is known.
        guard let file = fopen(path, "r") else {
            if errno == ENOENT { return [] }
            throw unreadable
        }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: Self.largest + 1)
        let count = fread(&bytes, 1, bytes.count, file)
        guard ferror(file) == 0, count <= Self.largest else { throw unreadable }
        return String(decoding: bytes[..<count], as: UTF8.self).split(separator: "\n").compactMap { Entry($0) }
    }

    private var unreadable: PhoenixError {
        PhoenixError(
            .decoding,
            "Expected a file of at most \(Self.largest) bytes that can be read, got another. Remove it, or name another."
        )
    }

    private func write(_ entries: ArraySlice<Entry>) throws {
        if let slash = path.lastIndex(of: "/"), slash > path.startIndex {
            let folder = String(path[..<slash])
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        }
        let text = entries.map(\.line).joined()
        try Data(text.utf8).write(to: URL(fileURLWithPath: path), options: .atomic)
    }
}
