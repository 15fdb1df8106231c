import PhoenixJSON
import PhoenixTesting
import Synchronization

@testable import PhoenixKit

/// Runs a keeper without tasks and without waiting: the rules of `Driver`, one thing at a time, under a clock that is set by hand.
///
/// The keeper, its socket, the channel table and the serializer are the real ones. What the driver waits for (connections, work beside the
/// keeper, commands) happens when the test says so.
final class KeeperBench {
    enum Phase: Equatable {
        case idle
        case connecting
        case connected
    }

    private final class Wake: Sendable {
        let isDue = Mutex(false)
    }

    let clock = TestClock()
    let hub: SocketHub
    var keeper: SocketKeeper
    var socket: SocketContext<SocketKeeper>
    private(set) var phase = Phase.idle
    private(set) var target: ConnectionTarget?
    /// The close that the writer of the present connection was asked for.
    private(set) var closeAsked: UInt16?
    private(set) var hasStopped = false
    /// What the present connection's writer was given and nobody has taken.
    private var wire: [Message] = []
    /// Whether the keeper was told of commands that it has not taken.
    private let wake = Wake()
    private let mailbox: Mailbox<SocketKeeper>
    private var disconnections: [DisconnectReason] = []
    private var pendingMove: Move?

    init(_ targets: [ConnectionTarget], _ settings: PhoenixSocket.Settings) {
        var settings = settings
        settings.client.clock = clock
        settings.fallbackStore = InMemoryFallbackStore(clock: clock)
        let fallback = Fallback(
            targets[0],
            Array(targets.dropFirst()),
            settings: settings.fallback,
            store: settings.fallbackStore,
            seed: settings.seed
        )
        hub = SocketHub(settings: settings, format: JSONFormat(), transport: fallback.transport)
        keeper = SocketKeeper(hub, fallback)
        mailbox = Mailbox(limit: settings.client.mailboxLimit)
        socket = SocketContext(core: SocketCore(configuration: settings.client), mailbox: mailbox) { _ in
            .proven(roundTrip: .zero)
        }
        hub.wake { [wake] in wake.isDue.withLock { $0 = true } }
        if case .noConnect(let first) = keeper.start(&socket) { target = first }
        settle()
    }

    /// The work beside the keeper never runs here; forgotten, it keeps nothing alive.
    deinit { mailbox.finish() }

    var hasCommands: Bool { wake.isDue.withLock { $0 } }
    var isMoving: Bool { pendingMove != nil }

    var nextDeadline: Timestamp? {
        [socket.core.table.nextDeadline, socket.alarm?.moment, pendingMove?.deadline].compactMap { $0 }.min()
    }

    // MARK: What happens

    func takeCommands() {
        wake.isDue.withLock { $0 = false }
        handle(.commands)
    }

    func handle(_ info: SocketKeeper.Info) {
        guard !hasStopped else { return }
        apply(keeper.handle(info, &socket))
        settle()
    }

    /// The connection that is being opened opens.
    func open() {
        guard phase == .connecting else { return }
        phase = .connected
        socket.core.connected(JSONSerializer.v2)
        apply(keeper.connected(&socket))
        settle()
    }

    /// The present connection, or the try to open one, ends.
    func end(_ reason: DisconnectReason) {
        guard phase != .idle else { return }
        if pendingMove != nil { finishMove() } else { forget(reason) }
        settle()
    }

    func receive(_ message: Message) throws {
        guard phase == .connected else { return }
        // By way of the wire, so that what is compared is what a server can write.
        let frame = try JSONSerializer.v2.encode(message, as: .server)
        let message = try JSONSerializer.v2.decode(frame, as: .client)
        var isAnswer = false
        switch socket.core.received(message) {
        case .deliver: apply(keeper.received(message, &socket))
        case .handled: isAnswer = message.eventBytes == Message.Name.reply
        case .heartbeat(let reference):
            isAnswer = true
            let answer = HeartbeatAnswer(reference: Reference(reference), roundTrip: .milliseconds(1))
            apply(keeper.heartbeatAnswered(answer, &socket))
        case .drop(let reason): apply(keeper.dropped(message, reason, &socket))
        }
        drain()
        if isAnswer, !socket.core.isProven, phase == .connected {
            socket.core.isProven = true
            apply(keeper.proven(&socket))
        }
        settle()
    }

    func advance(by duration: Duration) {
        clock.advance(by: duration)
        var rounds = 0
        while !hasStopped, let next = nextDeadline, next <= clock.now, rounds < 1_000 {
            rounds += 1
            deadlinesReached(clock.now)
        }
    }

    func stop() {
        guard !hasStopped else { return }
        pendingMove = nil
        flush()
        socket.core.disconnected()
        while let effect = socket.core.nextEffect() { _ = perform(effect) }
        hasStopped = true
        keeper.terminate(.normal)
        mailbox.close()
        phase = .idle
    }

    /// What the client has sent since it was last asked.
    func takeSent() -> [Message] {
        defer { wire = [] }
        return wire
    }

    // MARK: As the driver

    private func deadlinesReached(_ now: Timestamp) {
        socket.core.timeReached(now)
        if let move = pendingMove, move.deadline <= now {
            switch move.stage {
            case .settling: closeForMove()
            case .closing: finishMove()
            }
        }
        drain()
        if let alarm = socket.alarm, alarm.moment <= now {
            socket.alarm = nil
            apply(keeper.handle(alarm.info, &socket))
        }
        settle()
    }

    private func apply(_ directive: Directive) {
        if socket.core.closeRequested != nil { flush() }
        switch directive {
        case .ok: break
        case .connect: connect(to: nil)
        case .connectTo(let target, _): connect(to: target)
        case .move(let target): move(to: target)
        case .stop: stop()
        }
    }

    private func settle() {
        drain()
        flush()
    }

    private func drain() {
        while !hasStopped {
            if let effect = socket.core.nextEffect() {
                apply(perform(effect))
            } else if !disconnections.isEmpty {
                apply(keeper.disconnected(disconnections.removeFirst(), &socket))
            } else {
                return
            }
        }
    }

    private func perform(_ effect: ChannelEffect) -> Directive {
        switch effect {
        case .joined(let topic, let reference, let response):
            return keeper.joined(
                Joined(topic: topic.text, reference: Reference(reference), response: response),
                &socket
            )
        case .joinFailed(let topic, let reference, let outcome):
            let failure = JoinFailure(topic: topic.text, reference: Reference(reference), outcome: outcome)
            return keeper.joinFailed(failure, &socket)
        case .closed(let topic, let joinReference, let kind, let payload):
            return keeper.channelClosed(
                ChannelClosure(
                    topic: topic.text,
                    joinReference: Reference(joinReference),
                    kind: kind,
                    payload: payload
                ),
                &socket
            )
        case .ended(let topic, let reference, let outcome):
            return keeper.replied(
                Reply(topic: topic.text, reference: Reference(reference), outcome: outcome),
                &socket
            )
        case .leave(let topic, let reference, let joinReference):
            socket.core.sendCleanup(topic: topic, reference: reference, joinReference: joinReference)
            return .ok
        }
    }

    private func flush() {
        if phase == .connected { write() }
        if let close = socket.core.closeRequested {
            socket.core.closeRequested = nil
            disconnect(code: close.code)
        }
        if pendingMove?.stage == .settling, socket.core.table.outstanding.isEmpty { closeForMove() }
    }

    /// Hands frames to the writer, which drops those that come after a close.
    private func write() {
        let frames = socket.core.takeOutgoing()
        socket.core.backlog = 0
        guard closeAsked == nil else { return }
        for frame in frames {
            if let message = try? JSONSerializer.v2.decode(frame, as: .server) { wire.append(message) }
        }
    }

    private func connect(to newTarget: ConnectionTarget?) {
        if let pendingMove, newTarget ?? pendingMove.target == pendingMove.target { return }
        let isNew = newTarget != nil && newTarget != target
        switch phase {
        case .idle: break
        case .connecting:
            guard isNew else { return }
        case .connected:
            guard isNew else { return }
            flush()
            forget(.replaced)
        }
        if let newTarget { target = newTarget }
        socket.core.generation += 1
        (phase, closeAsked, wire) = (.connecting, nil, [])
    }

    private func disconnect(code: UInt16) {
        switch phase {
        case .idle: break
        case .connecting:
            forget(.abandoned)
            drain()
        case .connected:
            pendingMove = nil
            closeAsked = closeAsked ?? code
        }
    }

    private func move(to newTarget: ConnectionTarget) {
        guard phase == .connected else { return connect(to: newTarget) }
        if pendingMove != nil {
            pendingMove?.target = newTarget
        } else if newTarget != target {
            pendingMove = Move(target: newTarget, deadline: clock.now + socket.core.configuration.moveTimeout)
        }
    }

    private func closeForMove() {
        guard phase == .connected else { return }
        write()
        closeAsked = closeAsked ?? 1000
        socket.core.isClosing = true
        pendingMove?.stage = .closing
        pendingMove?.deadline = clock.now + socket.core.configuration.deadlines.close + .seconds(1)
    }

    private func finishMove() {
        guard let move = pendingMove, phase == .connected else { return }
        forget(.replaced)
        connect(to: move.target)
    }

    private func forget(_ reason: DisconnectReason) {
        phase = .idle
        pendingMove = nil
        socket.core.disconnected()
        disconnections.append(reason)
    }
}
