internal import Foundation
internal import PhoenixKit
internal import PhoenixLongPoll
internal import Synchronization

@testable internal import PhoenixTesting

/// A long-poll server without a network: the engine of one end, the peer of the conformance suite at the other.
final class PollingPeer: HTTPEngine, TransportPeer {
    private let connections = FrameQueue<PollingConnection>()
    private let silence = Endpoint(scheme: "http", host: "silent.test", path: "/socket/longpoll", query: "vsn=2.0.0")

    let name = "polling"
    let capabilities = HTTPEngineCapabilities()
    let url = Endpoint(scheme: "http", host: "polling.test", path: "/socket/longpoll", query: "vsn=2.0.0")
    var silentURL: Endpoint? { silence }

    func open(_ request: HTTPSessionRequest) async throws -> any HTTPSession {
        let connection = PollingConnection(isSilent: request.url.host == silence.host)
        if request.url.host == url.host { connections.add(connection) }
        return connection
    }

    func accept() async throws -> any TransportPeerConnection {
        guard let connection = await connections.next() else { throw CancellationError() }
        return connection
    }
}

/// One session, as both ends see it; holds back either that is too far ahead of the other.
final class PollingConnection: HTTPSession, TransportPeerConnection {
    private struct State {
        /// From the client, and not received yet.
        var inbox: [Frame] = []
        /// For the client, and not polled yet.
        var outbox: [Frame] = []
        var isOpened = false
        var isClosed = false
        var isBroken = false
        var isOver = false
        /// Grows with every change, so that nobody misses one.
        var version = 0
        var waiters: [CheckedContinuation<Void, Never>] = []

        static func size(_ frames: [Frame]) -> Int { frames.reduce(0) { $0 + $1.bytes.count } }
    }

    private enum Reply: Sendable {
        case answer(String)
        case failure
    }

    private static let bound = 4_000_000
    private let state = Mutex(State())
    private let isSilent: Bool

    init(isSilent: Bool) {
        self.isSilent = isSilent
    }

    // MARK: The engine's side

    func send(_ request: HTTPRequest) async throws -> HTTPResponse {
        let isSilent = isSilent
        let reply: Reply
        switch request.method {
        case .get:
            reply = try await when { state in
                if isSilent { return nil }
                if state.isBroken { return .failure }
                if !state.isOpened {
                    state.isOpened = true
                    return .answer(opened)
                }
                guard state.outbox.isEmpty else {
                    defer { state.outbox = [] }
                    return .answer(messages(state.outbox.map(\.bytes.text)))
                }
                return state.isClosed ? .answer(gone) : nil
            }
        case .post:
            let frames = try request.body.text.split(separator: "\n").map { line in
                if line.hasPrefix("[") { return Frame.text(String(line)) }
                guard let data = Data(base64Encoded: String(line)) else { throw PhoenixError(.decoding, "No base64.") }
                return Frame.binary(Bytes([UInt8](data)))
            }
            _ = try await when { state -> Bool? in
                if !state.isClosed, !state.isBroken { state.inbox += frames }
                return true
            }
            // The answer waits until most of it has been received.
            reply = try await when { state in
                if state.isBroken { return .failure }
                if state.isClosed { return .answer(gone) }
                return State.size(state.inbox) <= Self.bound ? .answer(accepted) : nil
            }
        }
        switch reply {
        case .answer(let json): return HTTPResponse(status: 200, body: Bytes(json))
        case .failure: throw PhoenixError(.transportDown, "The connection broke off.")
        }
    }

    func close() {
        change { $0.isOver = true }
    }

    // MARK: The peer's side

    func receive() async throws -> Frame? {
        // No frame says that there will be none.
        let received: [Frame] = try await when { state in
            if !state.inbox.isEmpty { return [state.inbox.removeFirst()] }
            return state.isOver || state.isClosed || state.isBroken ? [] : nil
        }
        return received.first
    }

    func send(_ frames: [Frame]) async throws {
        _ = try await when { state -> Bool? in
            if State.size(state.outbox) > Self.bound, !state.isOver { return nil }
            state.outbox += frames
            return true
        }
    }

    func close() async {
        change { $0.isClosed = true }
    }

    func reset() async {
        change { $0.isBroken = true }
    }

    // MARK: Waiting

    private func change(_ body: (inout State) -> Void) {
        let waiters = state.withLock { state in
            body(&state)
            state.version += 1
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.resume() }
    }

    /// What `attempt` returns as soon as it returns something; until then it may change nothing.
    private func when<Result: Sendable>(_ attempt: @Sendable (inout State) -> Result?) async throws -> Result {
        while true {
            try Task.checkCancellation()
            var result: Result?
            let version = state.withLock { state in
                result = attempt(&state)
                return state.version
            }
            if let result {
                change { _ in }
                return result
            }
            await withTaskCancellationHandler {
                await withCheckedContinuation { continuation in
                    let hasChanged = state.withLock { state in
                        guard state.version == version, !Task.isCancelled else { return true }
                        state.waiters.append(continuation)
                        return false
                    }
                    if hasChanged { continuation.resume() }
                }
            } onCancel: {
                change { _ in }
            }
        }
    }
}
