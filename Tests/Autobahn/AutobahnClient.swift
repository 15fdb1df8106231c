private import Foundation
private import Phoenix

/// Runs the cases of an Autobahn fuzzing server through the WebSocket transport: `autobahn-client URL AGENT`.
///
/// Each message is sent back as it came until the connection ends. What the cases found is for the server to report;
/// the status says only whether all of them could be run. `scripts/conformance` starts both and reads the report.
@main
struct AutobahnClient {
    let url: String
    let agent: String

    static func main() async throws {
        let arguments = Array(CommandLine.arguments.dropFirst())
        guard arguments.count == 2 else {
            say("usage: autobahn-client ws://HOST:PORT AGENT")
            exit(64)
        }
        let client = AutobahnClient(url: arguments[0], agent: arguments[1])
        let count = try await client.caseCount()
        let alone = try await client.casesBeforeCompression(of: count)
        // Those that are timed are run one at a time.
        await client.run(1..<alone + 1, atOnce: 1, of: count)
        await client.run(alone + 1..<count + 1, atOnce: 4, of: count)
        try await client.converse("/updateReports", within: .seconds(120)) { _ in }
    }

    private static func say(_ line: String) {
        FileHandle.standardError.write(Data("\(line)\n".utf8))
    }

    /// How many cases the server has.
    private func caseCount() async throws -> Int {
        guard let count = Int(try await ask("/getCaseCount")) else {
            throw PhoenixError(.upgradeInvalid, "Expected an Autobahn fuzzing server at \(url), got another answer.")
        }
        return count
    }

    /// How many of the `count` cases, which are in order, come before sections 12 and 13.
    private func casesBeforeCompression(of count: Int) async throws -> Int {
        var (known, rest) = (0, count)
        while known < rest {
            let middle = (known + rest) / 2
            let info = try await ask("/getCaseInfo", ["case": "\(middle + 1)"])
            if info.contains(#""id": "12."#) || info.contains(#""id": "13."#) {
                rest = middle
            } else {
                known = middle + 1
            }
        }
        return known
    }

    /// What the server answers to a question.
    private func ask(_ path: String, _ parameters: Parameters = [:]) async throws -> String {
        try await converse(path, parameters, within: .seconds(60)) { connection in
            var text = ""
            while case .frames(let batch)? = try await connection.inbound.next() {
                text += batch.frames.map(\.bytes.text).joined()
            }
            return text
        }
    }

    /// Runs cases, so many at a time.
    private func run(_ numbers: Range<Int>, atOnce most: Int, of count: Int) async {
        await withTaskGroup(of: Int.self) { group in
            var waiting = numbers
            for _ in 0..<most {
                guard let number = waiting.popFirst() else { break }
                group.addTask { await report(number, of: count) }
            }
            for await number in group {
                if number % 25 == 0 || number == count { Self.say("\(number) of \(count) cases run") }
                if let number = waiting.popFirst() { group.addTask { await report(number, of: count) } }
            }
        }
    }

    private func report(_ number: Int, of count: Int) async -> Int {
        if let trouble = await run(number) { Self.say("case \(number) of \(count): \(trouble)") }
        return number
    }

    /// Runs one case.
    ///
    /// - Returns: what kept it from being run to its end; nil when nothing did. Broken rules are no trouble, they are the
    ///   point.
    private func run(_ number: Int) async -> String? {
        do {
            try await converse("/runCase", ["case": "\(number)"], within: .seconds(240), Self.echo)
            return nil
        } catch let error as PhoenixError where error.code == .transportProtocol || error.code == .limitExceeded {
            return nil
        } catch {
            return "\(error)"
        }
    }

    /// Sends every message back until the connection ends.
    private static func echo(_ connection: Connection) async throws {
        while let event = try await connection.inbound.next() {
            guard case .frames(let batch) = event else { return }
            do {
                try await connection.outbound.write(batch.frames)
            } catch let error as PhoenixError where error.code == .disconnected {
                // The server ended the connection; how, is for next() to tell.
            }
        }
    }

    /// Holds one conversation, at most for `limit`.
    @discardableResult
    private func converse<Result: Sendable>(
        _ path: String,
        _ parameters: Parameters = [:],
        within limit: Duration,
        _ body: @escaping @Sendable (Connection) async throws -> Result
    ) async throws -> Result {
        var parameters = parameters
        parameters.append(.string(agent), as: "agent")
        let endpoint = try Endpoint(url + path).appending(parameters.items)
        let compression = PluginRegistry.standard.wireExtensions.first { $0.name == "permessage-deflate" }
        let request = ConnectionRequest(
            url: endpoint,
            serializer: SerializerCapabilities(
                emits: [.text, .binary],
                accepts: [.text, .binary],
                isLineBatchable: false
            ),
            wireExtensions: try compression.map { [try $0.make(PluginRequest(endpoint: endpoint, options: [:]))] }
                ?? [],
            // Messages of section 9 have up to 16 MB.
            limits: ConnectionLimits(frame: 20_000_000, message: 20_000_000)
        )
        return try await withThrowingTaskGroup(of: Result.self) { group in
            group.addTask { try await WebSocketTransport().withConnection(request, body) }
            group.addTask {
                try await request.clock.sleep(until: request.clock.now + limit)
                throw PhoenixError(.timeout, "Expected \(path) to take at most \(limit).")
            }
            defer { group.cancelAll() }
            guard let result = try await group.next() else { throw CancellationError() }
            return result
        }
    }
}
