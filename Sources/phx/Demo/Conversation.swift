internal import Phoenix

/// The demo's script: what two clients and a server say to each other in one version of the protocol.
struct Conversation {
    private let stage: Stage
    private let hasBinary: Bool
    private let room = "room:lobby"
    private var ada: Guest
    private let makeBob: () throws -> Guest

    init(at url: String, version: String, hasBinary: Bool, on stage: Stage) throws {
        self.stage = stage
        self.hasBinary = hasBinary
        ada = try Guest("ada", to: url, version: version, tap: stage.tap)
        makeBob = { try Guest("bob", to: url, version: version, tap: stage.tap) }
    }

    mutating func play() async throws {
        try await connect()
        try await join()
        try await reply()
        try await broadcast()
        try await binary()
        try await deny()
        try await crash()
        try await leave()
        try await close()
    }

    private mutating func connect() async throws {
        try await stage.step("connect") {
            let start = ada.clock.now
            let report = try await ada.next("a connection")
            guard case .connected = report.event else {
                throw DemoFailure(expected: "a connection", came: report.event.summary)
            }
            return "in \((report.time - start).brief)"
        }
    }

    private mutating func join() async throws {
        try await stage.step("join \(room)") {
            let welcome = try await ada.join(room)
            try check(welcome == room, "the welcome \(room)", "\(welcome ?? "none")")
            return "welcome to \(room)"
        }
    }

    private mutating func reply() async throws {
        let count = 200
        var times: [Duration] = []
        try await stage.step("push, reply") {
            let time = try await ada.echo(room, 1)
            return "round trip \(time.brief)"
        }
        try await stage.step("\(count) round trips", frames: 2) {
            for number in 0..<count { times.append(try await ada.echo(room, Int64(number))) }
            times.sort()
            let (median, worst) = (times[count / 2], times[count - 1])
            return "median \(median.brief), fastest \(times[0].brief), slowest \(worst.brief)"
        }
    }

    private mutating func broadcast() async throws {
        var bob = try makeBob()
        try await stage.step("a second client joins") {
            try await bob.expect("a connection") { if case .connected = $0 { () } else { nil } }
            _ = try await bob.join(room)
            return "bob is here"
        }
        try await stage.step("broadcast") {
            let reference = try await ada.ask(.push(room, "new_msg", ["from": "ada", "body": "hi there"]))
            for text in [try await ada.message("new_msg"), try await bob.message("new_msg")] {
                try check(text == "hi there", "the body hi there", text ?? "none")
            }
            try await ada.expect("the reply to new_msg") { event in
                if case .replied(let reply) = event, reply.reference == reference { () } else { nil }
            }
            return "both got it"
        }
        bob.stop()
    }

    private mutating func binary() async throws {
        let data = Bytes([0xDE, 0xAD, 0xBE, 0xEF, 0x00, 0xFF])
        guard hasBinary else {
            return try await stage.step("binary push") {
                do {
                    try await ada.ask(.push(room, "reverse", .binary(data)))
                } catch let error as PhoenixError where error.code == .encoding {
                    return "refused before it is sent: V1 has no binary frames"
                }
                throw DemoFailure(expected: "an encoding error", came: "none")
            }
        }
        try await stage.step("binary push, binary reply") {
            let (reply, time) = try await ada.roundTrip(room, "reverse", .binary(data))
            let expected = Bytes(data.reversed())
            guard case .reply("ok", let response) = reply.outcome, response.isBinary, response.bytes == expected else {
                throw DemoFailure(expected: "the bytes in reverse", came: reply.outcome.summary)
            }
            return "\(data.hexadecimal(atMost: 8)) came back in reverse, \(time.brief)"
        }
    }

    private mutating func deny() async throws {
        try await stage.step("denied join") {
            try await ada.ask(.join("room:secret", [:]))
            let reason = try await ada.expect("a denied join") { event -> String? in
                if case .joinFailed(let failure) = event { failure.reason } else { nil }
            }
            try check(reason == "members only", "the reason members only", reason)
            return "reason: \(reason)"
        }
    }

    private mutating func crash() async throws {
        try await stage.step("the channel crashes") {
            try await ada.ask(.push(room, "crash", [:]))
            try await ada.expect("a push that ends with the channel") { event in
                if case .replied(let reply) = event, case .channelClosed = reply.outcome { () } else { nil }
            }
            try await ada.expect("a crashed channel") { event in
                if case .closed(let closure) = event, closure.kind == .crashed { () } else { nil }
            }
            return "the push ended, the channel is gone"
        }
        try await stage.step("the socket lives on, rejoin") {
            _ = try await ada.join(room)
            return "and an echo in \(try await ada.echo(room, 2).brief)"
        }
    }

    private mutating func leave() async throws {
        try await stage.step("leave") {
            try await ada.ask(.leave(room))
            try await ada.expect("the reply to the leave") { event in
                if case .replied(let reply) = event, reply.outcome.response != nil { () } else { nil }
            }
            try await ada.expect("a channel that was left") { event in
                if case .closed(let closure) = event, closure.kind == .left { () } else { nil }
            }
            return "left \(room)"
        }
    }

    private mutating func close() async throws {
        try await stage.step("close") {
            try await ada.ask(.disconnect)
            let close = try await ada.expect("a close") { event -> ConnectionClose? in
                if case .disconnected(let reason) = event { reason.close } else { nil }
            }
            try check(close.isClean && close.code == 1000, "a clean close with 1000", "\(close)")
            return "both sides said goodbye (1000)"
        }
        ada.stop()
    }
}

extension Guest {
    /// Joins `topic` and returns the server's welcome.
    fileprivate mutating func join(_ topic: String) async throws -> String? {
        let reference = try await ask(.join(topic, ["name": .string(name)]))
        return try await expect("a join of \(topic)") { event -> String?? in
            guard case .joined(let join) = event, join.topic == topic, join.reference == reference else { return nil }
            return .some(join.response["welcome"]?.string)
        }
    }

    /// Has `number` echoed and returns the round trip.
    fileprivate mutating func echo(_ topic: String, _ number: Int64) async throws -> Duration {
        let (reply, time) = try await roundTrip(topic, "echo", ["n": .signed(number)])
        guard case .reply("ok", let response) = reply.outcome, response["n"]?.integer == number else {
            throw DemoFailure(expected: "an echo of \(number)", came: reply.outcome.summary)
        }
        return time
    }

    /// The body of the next message, which must be `event`.
    fileprivate mutating func message(_ event: String) async throws -> String? {
        try await expect("\(event) for \(name)") { happened -> String?? in
            guard case .received(let message) = happened, message.event == event else { return nil }
            return .some(message.payload["body"]?.string)
        }
    }
}
