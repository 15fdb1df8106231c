internal import PhoenixKit

extension TransportConformance {
    private static let serializer = SerializerCapabilities(
        emits: [.text, .binary],
        accepts: [.text, .binary],
        isLineBatchable: true
    )

    /// A request to the peer, with deadlines that are told apart.
    func request(to url: Endpoint? = nil, clock: any PhoenixClock = SystemClock()) -> ConnectionRequest {
        ConnectionRequest(
            url: url ?? peer.url,
            serializer: Self.serializer,
            proxy: .none,
            deadlines: ConnectionDeadlines(
                connect: .seconds(11),
                tls: .seconds(12),
                upgrade: .seconds(13),
                write: .seconds(33),
                close: .seconds(5)
            ),
            clock: clock
        )
    }

    /// Runs `body` with both ends of one connection.
    func withEnds(
        clock: any PhoenixClock = SystemClock(),
        _ body: @escaping @Sendable (Connection, any TransportPeerConnection) async throws -> Void
    ) async throws {
        try await promptly("both ends of a connection to do their part") {
            let accepting = Task { [peer] in try await peer.accept() }
            defer { accepting.cancel() }
            // What the body found out counts, whatever the transport makes of its error.
            let findings = WaitingLine<any Error>(limit: 2)
            do {
                try await transport.withConnection(request(clock: clock)) { connection in
                    do {
                        try await body(connection, accepting.value)
                    } catch {
                        findings.add(error)
                        throw error
                    }
                }
            } catch {
                findings.add(error)
            }
            findings.finish()
            if let error = try? await findings.next(within: patience, on: SystemClock()) { throw error }
        }
    }

    /// What `body` returns, unless it takes longer than the suite has patience.
    ///
    /// A task that does not end although it is cancelled is left behind.
    func promptly<Result: Sendable>(
        _ expectation: String,
        _ body: @escaping @Sendable () async throws -> Result
    ) async throws -> Result {
        let outcome = WaitingLine<Swift.Result<Result, any Error>>(limit: 1)
        let task = Task {
            do { outcome.add(.success(try await body())) } catch { outcome.add(.failure(error)) }
        }
        defer { task.cancel() }
        do {
            return try await outcome.next(within: patience, on: SystemClock()).get()
        } catch let error as PhoenixError where error.code == .timeout && !Self.isOutcome(error) {
            throw ConformanceBreach("Expected \(expectation) within \(patience), but it did not end.")
        }
    }

    /// Whether a timeout is one of the transport's own, which has words of its own.
    private static func isOutcome(_ error: PhoenixError) -> Bool {
        !error.message.hasPrefix("Expected something within ")
    }

    /// The next `count` frames, in one batch or many.
    func frames(_ count: Int, from connection: Connection) async throws -> [Frame] {
        var frames: [Frame] = []
        while frames.count < count {
            guard case .frames(let batch)? = try await connection.inbound.next() else {
                throw ConformanceBreach("Expected \(count) frames, got the end after \(frames.count).")
            }
            frames += batch.frames
        }
        return frames
    }

    /// All that the connection reports until it reports nothing more, at most some events.
    func ending(of connection: Connection) async throws -> (frames: [Frame], ends: [Ending]) {
        var frames: [Frame] = []
        var ends: [Ending] = []
        for _ in 0..<100 {
            do {
                switch try await connection.inbound.next() {
                case .frames(let batch):
                    if !ends.isEmpty { throw ConformanceBreach("Expected nothing after the end, got frames.") }
                    frames += batch.frames
                case .closed(let close): ends.append(.closed(close))
                case nil: return (frames, ends)
                }
            } catch let error as PhoenixError {
                ends.append(.failed(error))
            }
        }
        throw ConformanceBreach("Expected nil after the end, got more events each time.")
    }

    /// How a connection said that it ended.
    enum Ending: Sendable {
        case closed(ConnectionClose)
        case failed(PhoenixError)
    }
}
