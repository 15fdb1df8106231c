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
        for number in 1...max(1, count) where number <= count {
            if let trouble = await client.run(number) { say("case \(number) of \(count): \(trouble)") }
            if number % 25 == 0 || number == count { say("\(number) of \(count) cases run") }
        }
        try await client.converse("/updateReports", within: .seconds(120)) { _ in }
    }

    private static func say(_ line: String) {
        FileHandle.standardError.write(Data("\(line)\n".utf8))
    }

    /// How many cases the server has.
    private func caseCount() async throws -> Int {
        let texts = try await converse("/getCaseCount", within: .seconds(10)) { connection in
            var texts: [String] = []
            while case .frames(let batch)? = try await connection.inbound.next() {
                texts += batch.frames.map(\.bytes.text)
            }
            return texts
        }
        guard let count = texts.first.flatMap({ Int($0) }) else {
            throw PhoenixError(.upgradeInvalid, "Expected an Autobahn fuzzing server at \(url), got another answer.")
        }
        return count
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
