internal import Harness
internal import PhoenixKit

/// Joins and pushes: one at a time (echo), 256 at a time (pipelined), or all at once (send).
struct Sender: SocketHandler {
    let plan: Plan
    let url: String
    let probe: Probe
    /// How many pushes wait for their replies at a time.
    let window: Int
    let content: PayloadContent
    var wanted = 0
    var sent = 0
    var answered = 0
    var sum: Int64 = 0
    var sentAt: Int64 = 0
    var trips: [Int64] = []

    init(_ plan: Plan, _ url: String, _ probe: Probe) {
        (self.plan, self.url, self.probe) = (plan, url, probe)
        window = plan.name == "echo" ? 1 : 256
        content = ["i": 1_000_000, "pad": .string(String(repeating: "x", count: plan.size - 20))]
    }

    mutating func start(_ socket: inout Socket) throws -> Start { try .connect(url) }

    mutating func connected(_ socket: inout Socket) -> Directive {
        _ = try? socket.join("blast:0")
        return .ok
    }

    mutating func joined(_ join: Joined, _ socket: inout Socket) -> Directive {
        probe.done()
        return .ok
    }

    mutating func handle(_ order: Order, _ socket: inout Socket) -> Directive {
        (wanted, sent, answered, sum, trips) = (order.count, 0, 0, 0, [])
        if plan.name == "send" {
            for _ in 0..<wanted { push("take", &socket) }
            answered = wanted - 1
            push("echo", &socket)
        } else {
            if window == 1 { trips.reserveCapacity(wanted) }
            while sent < wanted, sent < window { push("echo", &socket) }
        }
        return .ok
    }

    mutating func replied(_ reply: Reply, _ socket: inout Socket) -> Directive {
        guard case .reply(_, let response) = reply.outcome else { return .ok }
        sum &+= response["i"]?.integer ?? 0
        if window == 1 { trips.append(CPUClock.wall - sentAt) }
        answered += 1
        if answered == wanted {
            probe.done(sum: sum, trips: trips)
        } else if sent < wanted {
            push("echo", &socket)
        }
        return .ok
    }

    private mutating func push(_ event: String, _ socket: inout Socket) {
        sent += 1
        if window == 1 { sentAt = CPUClock.wall }
        do {
            try socket.push("blast:0", event, content)
        } catch {
            probe.failed("\(error)")
        }
    }

    mutating func disconnected(_ reason: DisconnectReason, _ socket: inout Socket) -> Directive {
        probe.failed("\(reason)")
        return .stop(.normal)
    }
}
