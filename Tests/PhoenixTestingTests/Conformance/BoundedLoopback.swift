import PhoenixKit
import PhoenixTesting
import Synchronization

/// A loopback that holds up whoever writes more than the other end reads, and keeps deadlines, as a network would.
final class BoundedLoopback: Transport, TransportPeer {
    let loopback = LoopbackTransport()
    private let links = Mutex<[Link]>([])

    var capabilities: TransportCapabilities { loopback.capabilities }
    var url: Endpoint { Endpoint(scheme: "ws", host: "loopback.test", path: "/socket/websocket") }
    var silentURL: Endpoint? { Endpoint(scheme: "ws", host: "silent.test", path: "/socket/websocket") }

    func accept() async throws -> any TransportPeerConnection {
        let server = await loopback.accept()
        let link = links.withLock { $0.isEmpty ? Link() : $0.removeFirst() }
        return Far(base: LoopbackPeerConnection(server: server), link: link)
    }

    func withConnection<Result: Sendable>(
        _ request: ConnectionRequest,
        _ body: (Connection) async throws -> Result
    ) async throws -> Result {
        if request.url.host == silentURL?.host {
            try await request.clock.sleep(until: request.clock.now + request.deadlines.connect)
            throw PhoenixError(.timeout, "Expected an answer, got none.")
        }
        let link = Link()
        links.withLock { $0.append(link) }
        return try await loopback.withConnection(request) { connection in
            let near = Near(connection: connection, link: link, request: request)
            return try await body(Connection(inbound: near, outbound: near))
        }
    }

    /// What may still be on its way in each direction.
    private struct Link: Sendable {
        let up = Credit()
        let down = Credit()
    }

    private struct Near: Inbound, Outbound {
        let connection: Connection
        let link: Link
        let request: ConnectionRequest

        func next() async throws -> InboundEvent? {
            let event = try await connection.inbound.next()
            if case .frames(let batch)? = event { link.down.give(batch.frames) }
            return event
        }

        func write(_ frames: [Frame]) async throws {
            let deadline = request.clock.now + request.deadlines.write
            let alarm = Task { [clock = request.clock] in
                try await clock.sleep(until: deadline)
                link.up.close()
            }
            defer { alarm.cancel() }
            guard await link.up.take(frames) else { throw PhoenixError(.timeout, "The peer does not read.") }
            try await connection.outbound.write(frames)
        }

        func close(code: UInt16, reason: String) async { await connection.outbound.close(code: code, reason: reason) }
    }

    private struct Far: TransportPeerConnection {
        let base: LoopbackPeerConnection
        let link: Link

        func receive() async throws -> Frame? {
            let frame = try await base.receive()
            if let frame { link.up.give([frame]) }
            return frame
        }

        func send(_ frames: [Frame]) async throws {
            _ = await link.down.take(frames)
            try await base.send(frames)
        }

        func close() async { await base.close() }
        func reset() async { await base.reset() }
    }
}

/// How many bytes may be on their way: one writer waits while there are too many.
final class Credit: Sendable {
    private struct State {
        var taken = 0
        var isClosed = false
        var waiter: CheckedContinuation<Void, Never>?
    }

    private let state = Mutex(State())

    /// Waits until there is room; false when the wait was ended.
    func take(_ frames: [Frame]) async -> Bool {
        await withCheckedContinuation { continuation in
            let goes = state.withLock { state in
                state.taken += frames.reduce(0) { $0 + $1.bytes.count }
                if state.taken <= 4_000_000 || state.isClosed { return true }
                state.waiter = continuation
                return false
            }
            if goes { continuation.resume() }
        }
        return state.withLock { !$0.isClosed }
    }

    func give(_ frames: [Frame]) {
        let waiter: CheckedContinuation<Void, Never>? = state.withLock { state in
            state.taken -= frames.reduce(0) { $0 + $1.bytes.count }
            guard state.taken <= 4_000_000 else { return nil }
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume()
    }

    func close() {
        let waiter: CheckedContinuation<Void, Never>? = state.withLock { state in
            state.isClosed = true
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume()
    }
}
