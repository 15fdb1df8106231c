import PhoenixKit
import PhoenixTesting
import Synchronization

/// A transport that breaks one rule: a bounded loopback with one thing done wrong.
struct TransportDouble: Transport {
    typealias Next = @Sendable (any Inbound) async throws -> InboundEvent?
    typealias Write = @Sendable (any Outbound, [Frame]) async throws -> Void

    /// What it does wrong.
    var fault: String
    /// Makes what it does with each connection.
    var next: @Sendable () -> Next = { { try await $0.next() } }
    var write: Write = { try await $0.write($1) }
    /// What becomes of an error of the whole call.
    var failure: @Sendable (any Error) -> any Error = { $0 }
    /// How many connections, of the first, outlive the call.
    var lingering = 0
    /// Whether frames are taken from the network before they are asked for.
    var readsAhead = false
    let base = BoundedLoopback()
    private let count = Count()

    var capabilities: TransportCapabilities { base.capabilities }

    func withConnection<Result: Sendable>(
        _ request: ConnectionRequest,
        _ body: (Connection) async throws -> Result
    ) async throws -> Result {
        do {
            if count.next() <= lingering { return try await withLingeringConnection(request, body) }
            return try await base.withConnection(request) { connection in
                guard readsAhead else { return try await body(changed(connection)) }
                let pump = Pump()
                let pumping = Task { await pump.fill(from: connection.inbound) }
                defer { pumping.cancel() }
                return try await body(Connection(inbound: pump, outbound: connection.outbound))
            }
        } catch {
            throw failure(error)
        }
    }

    private func changed(_ connection: Connection) -> Connection {
        let ends = Ends(connection: connection, nextEvent: next(), writeFrames: write)
        return Connection(inbound: ends, outbound: ends)
    }

    private func withLingeringConnection<Result: Sendable>(
        _ request: ConnectionRequest,
        _ body: (Connection) async throws -> Result
    ) async throws -> Result {
        let (connections, opened) = AsyncStream<Connection>.makeStream()
        let holder = Task {
            try await base.withConnection(request) { connection in
                opened.yield(connection)
                await withTaskCancellationHandler {
                    for await _ in AsyncStream<Never>.makeStream().stream {}
                } onCancel: {
                }
            }
        }
        var iterator = connections.makeAsyncIterator()
        guard let connection = await iterator.next() else { throw CancellationError() }
        defer { if Task.isCancelled { holder.cancel() } }
        return try await body(connection)
    }

    private struct Ends: Inbound, Outbound {
        let connection: Connection
        let nextEvent: Next
        let writeFrames: Write

        func next() async throws -> InboundEvent? { try await nextEvent(connection.inbound) }
        func write(_ frames: [Frame]) async throws { try await writeFrames(connection.outbound, frames) }
        func close(code: UInt16, reason: String) async { await connection.outbound.close(code: code, reason: reason) }
    }

    /// By the name of the rule that each breaks; each has connections of its own.
    static func breaking(_ rule: String) -> TransportDouble? {
        switch rule {
        case "transport.frames":
            TransportDouble(
                fault: "cuts frames to 64 kB",
                write: { outbound, frames in
                    let isShort = frames.allSatisfy { $0.bytes.count <= 65_536 || $0.bytes.count == 1_000_000 }
                    let cut = frames.map { Frame(kind: $0.kind, bytes: $0.bytes[0..<65_536]) }
                    try await outbound.write(isShort ? frames : cut)
                }
            )
        case "transport.order":
            TransportDouble(
                fault: "writes the last frame of a batch first",
                write: { try await $0.write($1.reversed()) }
            )
        case "transport.batches":
            TransportDouble(
                fault: "stamps frames with the time zero",
                next: {
                    { inbound in
                        let event = try await inbound.next()
                        guard case .frames(var batch)? = event else { return event }
                        batch.arrival = Timestamp(nanoseconds: 0)
                        return .frames(batch)
                    }
                }
            )
        case "transport.body":
            TransportDouble(
                fault: "throws an error of its own for that of the body",
                failure: { error in
                    error is PhoenixError || error is CancellationError
                        ? error : PhoenixError(.transportDown, "It failed.")
                }
            )
        case "transport.done": TransportDouble(fault: "keeps its first connections when the call returns", lingering: 8)
        case "transport.cancel":
            TransportDouble(
                fault: "waits for frames whether cancelled or not",
                next: {
                    { inbound in try await Task { try await inbound.next() }.value }
                }
            )
        case "transport.close": ending("says of our close that the peer began it", isLocal: false)
        case "transport.peer-close": ending("says of the peer's close that we began it", isLocal: true)
        case "transport.reset": repetitive
        case "transport.write-after-end":
            TransportDouble(
                fault: "swallows what is written after the end",
                write: { outbound, frames in
                    do {
                        try await outbound.write(frames)
                    } catch let error as PhoenixError where error.code == .disconnected {}
                }
            )
        case "transport.write-deadline":
            TransportDouble(
                fault: "waits for a peer that does not read without an end",
                write: { outbound, frames in
                    do {
                        try await outbound.write(frames)
                    } catch let error as PhoenixError where error.code == .timeout {}
                }
            )
        case "transport.open-deadline":
            TransportDouble(
                fault: "says that nobody is there when a deadline passed",
                failure: { error in
                    let isSilence = (error as? PhoenixError)?.message == "Expected an answer, got none."
                    return isSilence ? PhoenixError(.unreachable, "Nobody is there.") : error
                }
            )
        case "transport.back-pressure": greedy
        case "transport.memory": hoarding
        default: nil
        }
    }

    /// A double that changes how a connection says that it closed.
    private static func ending(_ fault: String, isLocal: Bool) -> TransportDouble {
        TransportDouble(
            fault: fault,
            next: {
                { inbound in
                    let event = try await inbound.next()
                    guard case .closed(var close)? = event else { return event }
                    close.isLocal = isLocal
                    return .closed(close)
                }
            }
        )
    }

    /// Throws the error of a broken connection again and again.
    private static var repetitive: TransportDouble {
        TransportDouble(
            fault: "throws the error of a broken connection at each call",
            next: {
                let last = Mutex<PhoenixError?>(nil)
                return { inbound in
                    if let error = last.withLock({ $0 }) { throw error }
                    do {
                        return try await inbound.next()
                    } catch let error as PhoenixError {
                        last.withLock { $0 = error }
                        throw error
                    }
                }
            }
        )
    }

    /// Reads whatever there is, long before it is asked for.
    private static var greedy: TransportDouble {
        TransportDouble(fault: "reads ahead without a bound", readsAhead: true)
    }

    /// Keeps a copy of all that it receives.
    private static var hoarding: TransportDouble {
        let hoard = Hoard()
        return TransportDouble(
            fault: "keeps all frames that it received",
            next: {
                { inbound in
                    let event = try await inbound.next()
                    if case .frames(let batch)? = event { hoard.keep(batch.frames) }
                    return event
                }
            }
        )
    }
}

private final class Count: Sendable {
    private let number = Atomic(0)

    func next() -> Int { number.add(1, ordering: .relaxed).newValue }
}

private final class Hoard: Sendable {
    private let kept = Mutex<[[UInt8]]>([])

    func keep(_ frames: [Frame]) {
        kept.withLock { kept in
            // Those of the rule about memory: to copy the long ones of other rules would only take time. Each stands for so much that no
            // other test of this process can hide it by what it frees meanwhile.
            for frame in frames where frame.bytes.count == 20_000 { kept.append([UInt8](repeating: 1, count: 400_000)) }
        }
    }
}

/// Takes all events at once and keeps them until they are asked for.
private final class Pump: Inbound {
    private let events = AsyncThrowingStream<InboundEvent, any Error>.makeStream()
    private let isOver = Atomic(false)

    func fill(from inbound: any Inbound) async {
        do {
            while let event = try await inbound.next() { events.continuation.yield(event) }
            events.continuation.finish()
        } catch {
            events.continuation.finish(throwing: error)
        }
    }

    func next() async throws -> InboundEvent? {
        if isOver.load(ordering: .relaxed) { return nil }
        var iterator = events.stream.makeAsyncIterator()
        do {
            return try await iterator.next()
        } catch {
            isOver.store(true, ordering: .relaxed)
            throw error
        }
    }
}
