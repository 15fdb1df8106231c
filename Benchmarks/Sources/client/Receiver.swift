internal import PhoenixKit

/// What is done with each message.
protocol Work {
    static func read(_ message: Message) -> Int64
}

enum Untouched: Work {
    static func read(_ message: Message) -> Int64 { 1 }
}

enum Integer: Work {
    static func read(_ message: Message) -> Int64 { message.payload["i"]?.integer ?? 0 }
}

enum Decoded: Work {
    struct Tick: Decodable {
        let i: Int64
    }

    static func read(_ message: Message) -> Int64 { (try? message.payload.decode(Tick.self))?.i ?? 0 }
}

/// Joins, asks for ticks, and counts what comes of them.
struct Receiver<W: Work>: SocketHandler {
    let plan: Plan
    let url: String
    let probe: Probe
    var joined = 0
    /// How many messages come, the last included, which says that it was the last.
    var wanted = 0
    var seen = 0
    var sum: Int64 = 0

    init(_ plan: Plan, _ url: String, _ probe: Probe) {
        (self.plan, self.url, self.probe) = (plan, url, probe)
    }

    mutating func start(_ socket: inout Socket) throws -> Start { try .connect(url) }

    mutating func connected(_ socket: inout Socket) -> Directive {
        for topic in 0..<plan.topics { _ = try? socket.join("blast:\(topic)") }
        return .ok
    }

    mutating func joined(_ join: Joined, _ socket: inout Socket) -> Directive {
        joined += 1
        if joined == plan.topics { probe.done() }
        return .ok
    }

    mutating func handle(_ order: Order, _ socket: inout Socket) -> Directive {
        (wanted, seen, sum) = (order.count + 1, 0, 0)
        let payload: PayloadContent = [
            "count": Value(order.count), "size": Value(plan.size), "topics": Value(plan.topics),
        ]
        do {
            try socket.push("blast:0", "blast", payload)
        } catch {
            probe.failed("\(error)")
        }
        return .ok
    }

    mutating func received(_ message: Message, _ socket: inout Socket) -> Directive {
        seen += 1
        if seen < wanted {
            sum &+= W.read(message)
        } else if message.event == "done" {
            probe.done(sum: sum)
        } else {
            probe.failed("Expected done as message \(wanted), got \(message.event).")
        }
        return .ok
    }

    mutating func disconnected(_ reason: DisconnectReason, _ socket: inout Socket) -> Directive {
        probe.failed("\(reason)")
        return .stop(.normal)
    }
}
