import Foundation
import Synchronization

/// A client in a process of its own, with an environment of its own, and its account.
final class ScenarioClient: Sendable {
    /// The client did not do what was expected in time.
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    private struct Waiter {
        let condition: @Sendable (Account) -> Bool
        let continuation: CheckedContinuation<Void, Never>
    }

    private struct State {
        var account = Account()
        var hasEnded = false
        var waiters: [Int: Waiter] = [:]
        var count = 0
    }

    private let state = Mutex(State())
    private let identifier: Int32
    private let input = Pipe()

    var account: Account { state.withLock { $0.account } }

    private init(_ arguments: [String], environment: [String: String]) throws {
        let process = Process()
        process.executableURL = try Self.executable()
        process.arguments = arguments
        process.environment = ProcessInfo.processInfo.environment
            .filter { !$0.key.lowercased().hasSuffix("_proxy") }
            .merging(environment) { $1 }
        let output = Pipe()
        process.standardInput = input
        process.standardOutput = output
        process.standardError = output
        try process.run()
        identifier = process.processIdentifier
        let handle = output.fileHandleForReading
        Thread.detachNewThread { [self] in
            var rest = Data()
            while true {
                let part = handle.availableData
                if part.isEmpty { break }
                rest += part
                while let end = rest.firstIndex(of: 0x0A) {
                    take(String(decoding: rest[..<end], as: UTF8.self))
                    rest = Data(rest[rest.index(after: end)...])
                }
            }
            take(nil)
        }
    }

    /// Runs a client that connects to `url`, and `body` beside it; ends the client whatever comes.
    ///
    /// Of the variables that name proxies it has those of `environment` alone.
    static func run<Result>(
        _ url: String,
        _ arguments: String...,
        environment: [String: String] = [:],
        _ body: (ScenarioClient) async throws -> Result
    ) async throws -> Result {
        let client = try ScenarioClient([url] + arguments, environment: environment)
        do {
            let result = try await body(client)
            await client.end()
            return result
        } catch {
            await client.end()
            throw error
        }
    }

    /// Waits until the account fulfils `condition`.
    ///
    /// - Throws: `Failure` with the last lines of the account when that takes longer than 90 s or the client ends before.
    func wait(for what: String, _ condition: @escaping @Sendable (Account) -> Bool) async throws {
        let limit = Task {
            try await Task.sleep(for: .seconds(90))
            release { _ in true }
        }
        await withCheckedContinuation { continuation in
            let isOver = state.withLock { state in
                guard !state.hasEnded, !condition(state.account) else { return true }
                state.count += 1
                state.waiters[state.count] = Waiter(condition: condition, continuation: continuation)
                return false
            }
            if isOver { continuation.resume() }
        }
        limit.cancel()
        let account = account
        guard condition(account) else {
            let lines = account.lines.filter { !["pushed", "answered", "tick"].contains($0.prefix { $0 != " " }) }
            throw Failure(
                description: "Expected \(what). The client said:\n\(lines.suffix(60).joined(separator: "\n"))"
            )
        }
    }

    /// Waits until messages go both ways on the joined room over `transport`.
    func waitForExchange(_ count: Int = 5, over transport: String) async throws {
        try await wait(for: "messages over \(transport)") { $0.isExchanging(count, over: transport) }
    }

    /// Closes its standard input, which ends it, and waits until it has said its last.
    private func end() async {
        try? input.fileHandleForWriting.close()
        let last = Task {
            try await Task.sleep(for: .seconds(20))
            kill(identifier, SIGKILL)
        }
        await withCheckedContinuation { continuation in
            let isOver = state.withLock { state in
                guard !state.hasEnded else { return true }
                state.count += 1
                state.waiters[state.count] = Waiter(condition: { _ in false }, continuation: continuation)
                return false
            }
            if isOver { continuation.resume() }
        }
        last.cancel()
    }

    private func take(_ line: String?) {
        state.withLock { if let line { $0.account.take(line) } else { $0.hasEnded = true } }
        release { $0 }
    }

    /// Lets go of those whose condition holds, or of all when the client has ended.
    private func release(_ choose: @Sendable (Bool) -> Bool) {
        let due = state.withLock { state in
            let due = state.waiters.filter { state.hasEnded || choose($0.value.condition(state.account)) }
            for number in due.keys { state.waiters[number] = nil }
            return due.values.map(\.continuation)
        }
        for continuation in due { continuation.resume() }
    }

    /// The client that was built together with these tests: it lies beside them.
    private static func executable() throws -> URL {
        let places =
            [CommandLine.arguments.first ?? "", Bundle.main.executablePath ?? ""]
            + CommandLine.arguments.filter { $0.contains(".xctest") }
        for place in places {
            var folder = URL(fileURLWithPath: place).deletingLastPathComponent()
            for _ in 0..<4 {
                let candidate = folder.appendingPathComponent("scenario-client").path
                var isFolder: ObjCBool = false
                if FileManager.default.fileExists(atPath: candidate, isDirectory: &isFolder), !isFolder.boolValue {
                    return URL(fileURLWithPath: candidate)
                }
                folder.deleteLastPathComponent()
            }
        }
        throw Failure(description: "Expected scenario-client beside these tests, found none. Build it: swift build")
    }
}
