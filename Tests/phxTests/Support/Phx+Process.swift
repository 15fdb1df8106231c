import Dispatch
import Foundation
import PhoenixKit
import Synchronization

/// What a run of phx left behind.
struct Run: Sendable {
    var status: Int32
    var output: String
    var notes: String

    var lines: [String] { output.split(separator: "\n").map(String.init) }
}

/// A phx that runs as a child process.
///
/// It is killed when it takes longer than it may.
final class Child: Sendable {
    private struct Streams {
        var output: [String] = []
        var notes: [String] = []
        var waiters: [(fits: @Sendable (String) -> Bool, resume: CheckedContinuation<String?, Never>)] = []
        var openStreams = 2
        var status: Int32?
        var atEnd: [CheckedContinuation<Int32, Never>] = []
    }

    let identifier: Int32
    private let streams = Mutex(Streams())
    private let input: FileHandle

    /// Starts phx.
    ///
    /// - Parameters:
    ///   - arguments: its arguments.
    ///   - environment: variables beyond those of this process, proxies aside; `NO_COLOR` and `TERM` are as in a script.
    ///   - seconds: how long it may run before it is killed.
    /// - Throws: when it cannot be found or started.
    init(_ arguments: [String], environment: [String: String] = [:], atMost seconds: Int = 40) throws {
        let started = try Spawn.start(
            try Self.executable().path,
            arguments,
            environment: ProcessInfo.processInfo.environment
                .filter { !$0.key.lowercased().hasSuffix("_proxy") }
                .merging(["PHX_AUTH_TOKEN": ""]) { $1 }.merging(environment) { $1 }
        )
        identifier = started.process
        input = FileHandle(fileDescriptor: started.input, closeOnDealloc: true)
        Self.read(started.output) { [self] line in took(line, isNote: false) }
        Self.read(started.notes) { [self] line in took(line, isNote: true) }
        let identifier = identifier
        let ended = DispatchSemaphore(value: 0)
        DispatchQueue(label: "child").async { [self] in
            let status = Spawn.wait(for: identifier)
            ended.signal()
            finished(status)
        }
        DispatchQueue(label: "child.limit").async { [self] in
            if ended.wait(timeout: .now() + .seconds(seconds)) == .timedOut { interrupt(SIGKILL) }
        }
    }

    /// Runs phx to its end.
    static func run(
        _ arguments: String...,
        input: String = "",
        environment: [String: String] = [:]
    ) async throws -> Run {
        try await run(arguments, input: input, environment: environment)
    }

    /// Runs phx to its end.
    static func run(
        _ arguments: [String],
        input: String = "",
        environment: [String: String] = [:]
    ) async throws -> Run {
        let child = try Child(arguments, environment: environment)
        child.type(input)
        child.endInput()
        return await child.end()
    }

    /// Writes to its standard input.
    func type(_ text: String) {
        try? input.write(contentsOf: Data(text.utf8))
    }

    func endInput() {
        try? input.close()
    }

    func interrupt(_ signal: Int32 = SIGINT) {
        // One that has ended has given its number back.
        if streams.withLock({ $0.status == nil }) { kill(identifier, signal) }
    }

    /// The next line of either stream that begins with `prefix`, of those to come or not asked for yet; nil when it has ended
    /// without one.
    func line(_ prefix: String) async -> String? {
        await line { $0.hasPrefix(prefix) }
    }

    /// The next line of either stream that fits, as `line(_:)`.
    func line(where fits: @escaping @Sendable (String) -> Bool) async -> String? {
        await withCheckedContinuation { continuation in
            let found = streams.withLock { streams -> String?? in
                if let line = streams.output.first(where: fits) ?? streams.notes.first(where: fits) { return line }
                if streams.openStreams == 0 { return .some(nil) }
                streams.waiters.append((fits, continuation))
                return nil
            }
            if let found { continuation.resume(returning: found) }
        }
    }

    /// How many lines of either stream began with `prefix` so far.
    func count(_ prefix: String) -> Int {
        streams.withLock { streams in (streams.output + streams.notes).count { $0.hasPrefix(prefix) } }
    }

    /// Forgets what was read so far, so that `line` waits for what comes.
    func forget() {
        streams.withLock { streams in
            streams.output = []
            streams.notes = []
        }
    }

    /// Forgets what was read up to the first line that says `line`, so that the next one like it can be asked for.
    func forget(through line: String) {
        streams.withLock { streams in
            if let index = streams.output.firstIndex(of: line) { streams.output.removeFirst(index + 1) }
            if let index = streams.notes.firstIndex(of: line) { streams.notes.removeFirst(index + 1) }
        }
    }

    /// Waits until it has ended and all it wrote has been read.
    func end() async -> Run {
        let status = await withCheckedContinuation { continuation in
            let status = streams.withLock { streams -> Int32? in
                if streams.openStreams == 0, let status = streams.status { return status }
                streams.atEnd.append(continuation)
                return nil
            }
            if let status { continuation.resume(returning: status) }
        }
        return streams.withLock { streams in
            Run(
                status: status,
                output: streams.output.joined(separator: "\n"),
                notes: streams.notes.joined(separator: "\n")
            )
        }
    }

    // MARK: What it writes

    private func took(_ line: String?, isNote: Bool) {
        let resumed = streams.withLock { streams -> [(CheckedContinuation<String?, Never>, String?)] in
            guard let line else {
                streams.openStreams -= 1
                guard streams.openStreams == 0 else { return [] }
                defer { streams.waiters = [] }
                return streams.waiters.map { ($0.resume, nil) }
            }
            if isNote { streams.notes.append(line) } else { streams.output.append(line) }
            let fitting = streams.waiters.filter { $0.fits(line) }
            streams.waiters.removeAll { $0.fits(line) }
            return fitting.map { ($0.resume, line) }
        }
        for (continuation, line) in resumed { continuation.resume(returning: line) }
        if line == nil { settle() }
    }

    private func finished(_ status: Int32) {
        streams.withLock { $0.status = status }
        settle()
    }

    private func settle() {
        let (status, waiting) = streams.withLock { streams -> (Int32, [CheckedContinuation<Int32, Never>]) in
            guard streams.openStreams == 0, let status = streams.status else { return (0, []) }
            defer { streams.atEnd = [] }
            return (status, streams.atEnd)
        }
        for continuation in waiting { continuation.resume(returning: status) }
    }

    private static func read(_ descriptor: Int32, _ took: @escaping @Sendable (String?) -> Void) {
        DispatchQueue(label: "child.stream").async {
            let handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
            var rest = Data()
            while true {
                let part = handle.availableData
                if part.isEmpty { break }
                rest += part
                while let end = rest.firstIndex(of: 0x0A) {
                    took(String(decoding: rest[..<end], as: UTF8.self))
                    rest = Data(rest[rest.index(after: end)...])
                }
            }
            if !rest.isEmpty { took(String(decoding: rest, as: UTF8.self)) }
            took(nil)
        }
    }

    /// The phx that was built together with these tests: it lies beside them.
    private static func executable() throws -> URL {
        var places = [CommandLine.arguments.first ?? "", Bundle.main.executablePath ?? ""]
        places += CommandLine.arguments.filter { $0.contains(".xctest") }
        for place in places {
            var directory = URL(fileURLWithPath: place).deletingLastPathComponent()
            for _ in 0..<4 {
                let candidate = directory.appendingPathComponent("phx")
                var isDirectory: ObjCBool = false
                if FileManager.default.fileExists(atPath: candidate.path, isDirectory: &isDirectory),
                    !isDirectory.boolValue
                {
                    return candidate
                }
                directory.deleteLastPathComponent()
            }
        }
        throw CocoaError(.fileNoSuchFile)
    }
}

/// Runs `body` with the URL of a `phx serve`, which is stopped afterwards.
func withServer(_ arguments: String..., body: (_ server: Child, _ url: String) async throws -> Void) async throws {
    let server = try Child(["serve", "--port", "0"] + arguments)
    defer { server.interrupt(SIGTERM) }
    let line = await server.line("Listening on ")
    try await body(server, String((line ?? "").dropFirst("Listening on ".count)))
}
