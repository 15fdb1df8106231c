internal import Foundation
internal import PhoenixKit
internal import Synchronization

/// One connection over a socket that is connected: a thread reads, a queue writes.
final class StreamSession: Inbound, Outbound {
    typealias Encode = @Sendable (Frame) throws -> [UInt8]
    typealias Decode = @Sendable (inout [UInt8]) throws -> Frame?

    private enum Event: Sendable {
        case inbound(InboundEvent)
        case failure(PhoenixError)
    }

    private struct State {
        var events: [Event] = []
        var reader: CheckedContinuation<Event?, Never>?
        var isEnded = false
        var isLocal = false
        var isOver = false
        var isLate = false
        /// Whether this end gave the connection up: what still waits in the socket is of no use.
        var isGivenUp = false
        var closeAlarm: Task<Void, any Error>?
    }

    private let socket: Int32
    private let request: ConnectionRequest
    private let encode: Encode
    private let decode: Decode
    private let state = Mutex(State())
    /// How many batches may wait to be asked for.
    private let room = DispatchSemaphore(value: 0)
    private let writes = DispatchQueue(label: "phoenix.stream.writes")
    private let readerIsDone = DispatchGroup()

    init(socket: Int32, request: ConnectionRequest, encode: @escaping Encode, decode: @escaping Decode) {
        self.socket = socket
        self.request = request
        self.encode = encode
        self.decode = decode
        for _ in 0..<2 { room.signal() }
        readerIsDone.enter()
        Thread.detachNewThread { [self] in
            read()
            readerIsDone.leave()
        }
    }

    /// Runs `body` with the connection and ends it.
    func run<Result: Sendable>(_ body: (Connection) async throws -> Result) async throws -> Result {
        let result: Swift.Result<Result, any Error>
        do {
            result = .success(
                try await withTaskCancellationHandler {
                    try await body(Connection(inbound: self, outbound: self))
                } onCancel: {
                    end()
                }
            )
        } catch {
            result = .failure(error)
        }
        end()
        state.withLock { $0.closeAlarm }?.cancel()
        await withCheckedContinuation { continuation in
            readerIsDone.notify(queue: writes) { [socket] in
                _ = Foundation.close(socket)
                continuation.resume()
            }
        }
        return try result.get()
    }

    // MARK: Receiving

    func next() async throws -> InboundEvent? {
        let event = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let (isReady, event): (Bool, Event?) = state.withLock { state in
                    if !state.events.isEmpty { return (true, state.events.removeFirst()) }
                    if state.isEnded || Task.isCancelled { return (true, nil) }
                    state.reader = continuation
                    return (false, nil)
                }
                if isReady { continuation.resume(returning: event) }
            }
        } onCancel: {
            end()
        }
        switch event {
        case .inbound(let event)?:
            if case .frames = event { room.signal() }
            return event
        case .failure(let error)?: throw error
        case nil:
            try Task.checkCancellation()
            return nil
        }
    }

    private func deliver(_ event: Event, isLast: Bool) {
        let reader = state.withLock { state in
            let reader = state.reader
            state.reader = nil
            if reader == nil { state.events.append(event) }
            if isLast { (state.isEnded, state.isOver) = (true, true) }
            return reader
        }
        reader?.resume(returning: event)
    }

    private func read() {
        var buffer: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = recv(socket, &chunk, chunk.count, 0)
            guard count > 0, !state.withLock({ $0.isGivenUp }) else {
                let isReset = count < 0
                let (isLocal, isGivenUp) = state.withLock { ($0.isLocal, $0.isGivenUp) }
                if !isGivenUp, isReset || !buffer.isEmpty {
                    deliver(
                        .failure(PhoenixError(.transportDown, "The connection broke off. Connect again.")),
                        isLast: true
                    )
                } else {
                    deliver(.inbound(.closed(ConnectionClose(code: nil, isLocal: isLocal))), isLast: true)
                }
                return
            }
            buffer += chunk[..<count]
            do {
                var frames: [Frame] = []
                while let frame = try decode(&buffer) { frames.append(frame) }
                guard !frames.isEmpty else { continue }
                room.wait()
                if state.withLock({ $0.isGivenUp }) { continue }
                deliver(.inbound(.frames(InboundBatch(frames: frames, arrival: request.clock.now))), isLast: false)
            } catch {
                let failure = error as? PhoenixError ?? PhoenixError(.transportProtocol, "\(error)", cause: error)
                deliver(.failure(failure), isLast: true)
                return
            }
        }
    }

    // MARK: Sending

    func write(_ frames: [Frame]) async throws {
        let bytes = try frames.flatMap { try encode($0) }
        let deadline = request.clock.now + request.deadlines.write
        let alarm = Task { [request] in
            try await request.clock.sleep(until: deadline)
            state.withLock { $0.isLate = true }
            end()
        }
        defer { alarm.cancel() }
        let isSent = await withCheckedContinuation { continuation in
            writes.async { [self] in continuation.resume(returning: send(bytes)) }
        }
        if isSent { return }
        if state.withLock({ $0.isLate }) {
            throw PhoenixError(.timeout, "Expected the peer to read, but it did not in time. The connection is closed.")
        }
        throw PhoenixError(.disconnected, "Expected an open connection, but it is over. Nothing was sent.")
    }

    private func send(_ bytes: [UInt8]) -> Bool {
        var rest = bytes[...]
        while !rest.isEmpty {
            if state.withLock({ $0.isOver || $0.isLocal }) { return false }
            #if canImport(Glibc)
            let flags = Int32(MSG_NOSIGNAL)
            #else
            let flags: Int32 = 0
            #endif
            let count = rest.withUnsafeBytes { Foundation.send(socket, $0.baseAddress, $0.count, flags) }
            guard count > 0 else { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }

    func close(code: UInt16, reason: String) async {
        await withCheckedContinuation { continuation in
            writes.async { [self] in
                state.withLock { $0.isLocal = true }
                shutdown(socket, Int32(SHUT_WR))
                continuation.resume()
            }
        }
        // The peer's end is what `next` reports; where it does not come the deadline ends the wait.
        let deadline = request.clock.now + request.deadlines.close
        let alarm = Task { [request] in
            try await request.clock.sleep(until: deadline)
            end()
        }
        state.withLock { $0.closeAlarm = alarm }
    }

    /// Ends the connection in both directions; the socket itself is closed by `run`.
    private func end() {
        state.withLock { ($0.isOver, $0.isGivenUp) = (true, true) }
        shutdown(socket, Int32(SHUT_RDWR))
        // The reader may wait for room.
        room.signal()
    }
}
