internal import PhoenixKit
internal import Synchronization

/// A server in memory: answers joins, and what the plan is about from batches that were made beforehand.
struct MemoryTransport: Transport {
    let plan: Plan

    var capabilities: TransportCapabilities {
        TransportCapabilities(
            name: "memory",
            schemes: TransportCapabilities.Schemes(plain: "memory", secure: "memorys"),
            needsHeartbeat: false
        )
    }

    func withConnection<Result: Sendable>(
        _ request: ConnectionRequest,
        _ body: (Connection) async throws -> Result
    ) async throws -> Result {
        let server = try MemoryServer(plan)
        return try await body(Connection(inbound: server, outbound: server))
    }
}

/// Both halves of the connection.
final class MemoryServer: Inbound, Outbound {
    private struct State {
        /// Frames written and not answered.
        var pending = 0
        var isClosed = false
        var waiter: CheckedContinuation<Void, Never>?
        /// Batches of the present burst that are still to come.
        var turns = 0
        var pass = 0
        var joins = 0
        var replies = 0
    }

    private static let batchSize = 512

    private let plan: Plan
    private let state = Mutex(State())
    private let ticks: InboundBatch
    private let last: InboundBatch
    private let joins: InboundBatch
    /// Replies to pushes, in the order of their references.
    private let replies: [InboundBatch]

    init(_ plan: Plan) throws {
        self.plan = plan
        let pad = String(repeating: "x", count: plan.size - 20)
        let start = Timestamp(nanoseconds: 0)
        func message(_ join: String, _ ref: String, _ topic: Int, _ event: String, _ payload: String) -> String {
            plan.isV1
                ? "{\"topic\":\"blast:\(topic)\",\"event\":\"\(event)\",\"payload\":\(payload),\"ref\":\(ref)}"
                : "[\(join),\(ref),\"blast:\(topic)\",\"\(event)\",\(payload)]"
        }
        func batch(_ texts: [String]) throws -> InboundBatch {
            // As a transport hands it over: slices of one storage.
            let written = try texts.map { try plan.frame($0) }
            let whole = Bytes(written.flatMap { $0.bytes.withUnsafeBytes { Array($0) } })
            var frames: [Frame] = []
            var offset = 0
            for frame in written {
                frames.append(Frame(kind: frame.kind, bytes: whole[offset..<(offset + frame.bytes.count)]))
                offset += frame.bytes.count
            }
            return InboundBatch(frames: frames, arrival: start)
        }
        ticks = try batch(
            (0..<max(Self.batchSize, plan.topics)).map {
                message("null", "null", $0 % plan.topics, "tick", "{\"i\":\(1_000_000 + $0),\"pad\":\"\(pad)\"}")
            }
        )
        last = try batch([message("null", "null", 0, "done", "{}")])
        joins = try batch(
            (0..<plan.topics).map {
                message("\"\($0 + 1)\"", "\"\($0 + 1)\"", $0, "phx_reply", "{\"status\":\"ok\",\"response\":{}}")
            }
        )
        let pushes = plan.name == "pipelined" ? plan.count + plan.count / 10 : 0
        replies = try stride(from: 0, to: pushes, by: 64).map { first in
            try batch(
                (first..<min(first + 64, pushes)).map {
                    let response = "{\"i\":\(1_000_000 + $0),\"pad\":\"\(pad)\"}"
                    return message(
                        "\"1\"",
                        "\"\($0 + 2)\"",
                        0,
                        "phx_reply",
                        "{\"status\":\"ok\",\"response\":\(response)}"
                    )
                }
            )
        }
    }

    func next() async throws -> InboundEvent? {
        while true {
            let event = state.withLock { state -> InboundEvent? in
                if state.isClosed { return .closed(ConnectionClose(code: 1000, isLocal: true)) }
                if state.turns > 0 {
                    state.turns -= 1
                    return .frames(state.turns == 0 ? last : ticks)
                }
                if state.joins == 0 {
                    guard state.pending >= plan.topics else { return nil }
                    (state.joins, state.pending) = (plan.topics, 0)
                    return .frames(joins)
                }
                guard state.pending > 0 else { return nil }
                if plan.name == "pipelined" {
                    guard state.replies < replies.count else { return nil }
                    state.replies += 1
                    // The last of each pass is followed by nothing that was pushed.
                    state.pending = max(0, state.pending - replies[state.replies - 1].frames.count)
                    return .frames(replies[state.replies - 1])
                }
                state.pending = 0
                let count = state.pass == 0 ? max(1, plan.count / 10) : plan.count
                state.pass += 1
                state.turns = count / ticks.frames.count + 1
                state.turns -= 1
                return .frames(state.turns == 0 ? last : ticks)
            }
            if let event { return event }
            await withCheckedContinuation { continuation in
                let passes = state.withLock { state in
                    let isReady = state.pending > 0 || state.isClosed
                    if !isReady || (state.joins == 0 && state.pending < plan.topics && !state.isClosed) {
                        state.waiter = continuation
                        return false
                    }
                    return true
                }
                if passes { continuation.resume() }
            }
        }
    }

    func write(_ frames: [Frame]) async throws {
        wake { $0.pending += frames.count }
    }

    func close(code: UInt16, reason: String) async {
        wake { $0.isClosed = true }
    }

    private func wake(_ change: (inout State) -> Void) {
        let waiter = state.withLock { state in
            change(&state)
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume()
    }
}
