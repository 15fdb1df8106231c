internal import Logging
internal import NIOCore
internal import PhoenixKit

/// Ties the world to the network: owns the connections, performs the world's effects, and wakes it when its time comes.
///
/// Lives on one event loop and is touched nowhere else.
final class Host {
    let eventLoop: any EventLoop
    let world: World
    let clock: any PhoenixClock
    let logger: Logger
    /// Every accepted TCP connection, upgraded or not.
    private(set) var channels: [ObjectIdentifier: any Channel] = [:]
    /// What is to happen when the server has stopped.
    var onShutDown: () -> Void = {}
    /// The connections that have yet to send a request.
    private var tickets: [UInt64: any Channel] = [:]
    private var connections: [UInt64: WebSocketHandler] = [:]
    /// The connections that wait for an answer, by the number of their request.
    private var requests: [UInt64: RequestHandler] = [:]
    private var lastRequest: UInt64 = 0
    private var dirty: [UInt64] = []
    private var alarm: (deadline: Timestamp, task: Task<Void, Never>)?
    private var isStopped = false
    /// Whether effects are being performed.
    private var isPerforming = false
    /// Whether the next turn has been ordered.
    private var isContinuing = false

    init(eventLoop: any EventLoop, world: World, clock: any PhoenixClock, logger: Logger) {
        self.eventLoop = eventLoop
        self.world = world
        self.clock = clock
        self.logger = logger
    }

    /// Tells the world something and performs what follows.
    func tell<Result>(_ body: (World) throws -> Result) rethrows -> Result {
        defer { performEffects() }
        return try world.perform(at: clock.now, body)
    }

    /// Keeps account of an accepted connection until it closes.
    func adopt(_ channel: any Channel) {
        guard !isStopped else {
            channel.close(promise: nil)
            return
        }
        let key = ObjectIdentifier(channel)
        channels[key] = channel
        let me = NIOLoopBound(self, eventLoop: eventLoop)
        channel.closeFuture.whenComplete { _ in me.value.channels[key] = nil }
    }

    /// Has a connection dropped that sends no request in time.
    func awaitRequest(on channel: any Channel) -> UInt64 {
        let ticket = tell { $0.awaitRequest() }
        tickets[ticket] = channel
        return ticket
    }

    /// The request has come, or the connection has gone.
    func requestSettled(_ ticket: UInt64) {
        guard tickets.removeValue(forKey: ticket) != nil, !isStopped else { return }
        tell { $0.requestSettled(ticket) }
    }

    /// Numbers a request, which may be answered later.
    func expect(_ handler: RequestHandler) -> UInt64 {
        lastRequest += 1
        requests[lastRequest] = handler
        return lastRequest
    }

    /// The request has been answered, or nobody waits for the answer any more.
    func settle(_ request: UInt64) {
        requests[request] = nil
    }

    func attach(_ handler: WebSocketHandler, as number: UInt64) {
        connections[number] = handler
    }

    func detach(_ number: UInt64) {
        connections[number] = nil
        if !isStopped { tell { $0.disconnected(number) } }
    }

    /// What is left to wait for after `shutDown`.
    struct Remains: Sendable {
        var sleeper: Task<Void, Never>?
        var connections: EventLoopFuture<Void>
    }

    /// Says goodbye to every socket, closes every connection and lets no timer run any more.
    func shutDown(abruptly: Bool) -> Remains {
        tell { $0.stop(abruptly: abruptly) }
        isStopped = true
        onShutDown()
        let sleeper = alarm?.task
        sleeper?.cancel()
        alarm = nil
        let closing = channels.values.map { channel in
            channel.flush()
            return channel.close(mode: .all)
        }
        return Remains(sleeper: sleeper, connections: EventLoopFuture.andAllComplete(closing, on: eventLoop))
    }

    private func performEffects() {
        // What the world is told meanwhile has its effects behind those at hand.
        guard !isPerforming else { return }
        isPerforming = true
        while true {
            let effects = world.takeEffects()
            if effects.isEmpty { break }
            for effect in effects { perform(effect) }
        }
        isPerforming = false
        // One flush a connection for all that a turn had to say.
        if !dirty.isEmpty {
            let numbers = dirty
            dirty.removeAll(keepingCapacity: true)
            var last: UInt64 = 0
            for number in numbers where number != last {
                connections[number]?.flush()
                last = number
            }
        }
        setAlarm()
        if world.hasMoreToDo, !isContinuing, !isStopped {
            isContinuing = true
            let me = NIOLoopBound(self, eventLoop: eventLoop)
            eventLoop.execute {
                me.value.isContinuing = false
                me.value.tell { _ in }
            }
        }
    }

    private func perform(_ effect: Effect) {
        switch effect {
        case .send(let number, let frame):
            connections[number]?.send(frame)
            dirty.append(number)
        case .pong(let number, let data):
            connections[number]?.sendPong(data)
            dirty.append(number)
        case .raw(let number, let bytes):
            connections[number]?.sendRaw(bytes)
            dirty.append(number)
        case .close(let number, let code): connections[number]?.sendClose(code: code)
        case .cut(let number): connections[number]?.cut()
        case .respond(let request, let response): requests[request]?.respond(response, to: request)
        case .respondPartly(let request, let response): requests[request]?.respondPartly(response, to: request)
        case .reset(let request): requests[request]?.reset()
        case .drop(let ticket): tickets.removeValue(forKey: ticket)?.close(promise: nil)
        case .pause(let number): connections[number]?.setReading(false)
        case .resume(let number): connections[number]?.setReading(true)
        }
    }

    private func setAlarm() {
        guard !isStopped, let deadline = world.nextDeadline else { return }
        if let alarm {
            guard deadline < alarm.deadline else { return }
            alarm.task.cancel()
        }
        let me = NIOLoopBound(self, eventLoop: eventLoop)
        // The one task of the host: it sleeps until the next deadline. Cancelled when an earlier one comes, and by `stop`,
        // whose caller waits for it.
        let task = Task { [clock, eventLoop] in
            do { try await clock.sleep(until: deadline) } catch { return }
            eventLoop.execute { me.value.alarmRang(deadline) }
        }
        alarm = (deadline, task)
    }

    private func alarmRang(_ deadline: Timestamp) {
        // One that was cancelled too late finds another in its place.
        guard !isStopped, alarm?.deadline == deadline else { return }
        alarm = nil
        world.wake(at: max(clock.now, deadline))
        performEffects()
    }
}
