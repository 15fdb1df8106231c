import PhoenixJSON
import Synchronization
import Testing

@testable import PhoenixKit
@testable import PhoenixTesting

/// What is promised about a move: nothing the server answered is lost, and nothing is sent twice.
@Suite("Moving to another transport", .timeLimit(.minutes(2)))
struct MoveTests {
    @Test("a move waits for what is outstanding, then closes in good order, then opens the new connection")
    func inOrder() async throws {
        let bench = try TwoWays()
        let old = try await bench.open()
        try await bench.join("a", at: old, proves: 1)
        let first = try await bench.push("one")
        let one = try await old.expect("one", on: "a")
        try bench.direct(.move(to: bench.webSocketTarget))
        // Pushed while the move waits: it goes out on the old connection as usual.
        let second = try await bench.push("two")
        let two = try await old.expect("two", on: "a")
        try old.push("news", on: "a")
        #expect(await bench.next() == .received("news"))
        try old.reply(to: two)
        #expect(await bench.next() == .replied(second, TwoWays.ok))
        try old.reply(to: one)
        #expect(await bench.next() == .replied(first, TwoWays.ok))
        #expect(await old.connection.clientClose()?.code == 1000)
        #expect(await bench.next() == .disconnected("replaced"))
        let new = try await bench.accept(bench.webSocket)
        #expect(await bench.next() == .connected(2))
        try await bench.join("a", at: new, proves: 2)
        #expect(await old.connection.receive() == nil, "nothing was sent after the close")
    }

    @Test("what arrives until the server has answered the close is delivered, and nothing more can be sent meanwhile")
    func closing() async throws {
        let bench = try TwoWays()
        let old = try await bench.open()
        try await bench.join("a", at: old, proves: 1)
        old.connection.ignoreCloses()
        try bench.direct(.move(to: bench.webSocketTarget))
        #expect(await old.connection.clientClose() != nil)
        try old.push("late", on: "a")
        #expect(await bench.next() == .received("late"))
        for request: Traveller.Request in [
            { try $0.push("a", "lost") },
            { try $0.join("b") },
            { try $0.leave("a") },
            { try $0.ping() },
        ] {
            let error = await #expect(throws: PhoenixError.self) { try await bench.act(request) }
            #expect(error?.code == .disconnected)
        }
        #expect(try await bench.act { $0.isConnected ? 1 : 0 } == 0)
        old.connection.close(code: 1000)
        #expect(await bench.next() == .disconnected("replaced"))
        _ = try await bench.accept(bench.webSocket)
        #expect(await bench.next() == .connected(2))
    }

    @Test("a reply that never comes holds a move up for its timeout and no longer; it ends once, as disconnected")
    func timeout() async throws {
        let bench = try TwoWays { $0.moveTimeout = .seconds(3) }
        let old = try await bench.open()
        try await bench.join("a", at: old, proves: 1)
        let push = try await bench.push("never answered")
        try bench.direct(.move(to: bench.webSocketTarget))
        await bench.clock.waitForSleeper(until: .seconds(3))
        bench.clock.advance(by: .seconds(3))
        #expect(await bench.next() == .replied(push, .disconnected))
        #expect(await bench.next() == .disconnected("replaced"))
        _ = try await bench.accept(bench.webSocket)
        #expect(await bench.next() == .connected(2))
    }

    @Test("a server that never answers the close holds a move up for the close's deadline and no longer")
    func unansweredClose() async throws {
        let bench = try TwoWays { $0.deadlines.close = .seconds(2) }
        let old = try await bench.open()
        old.connection.ignoreCloses()
        try bench.direct(.move(to: bench.webSocketTarget))
        #expect(await old.connection.clientClose() != nil)
        await bench.clock.waitForSleeper(until: .seconds(3))
        bench.clock.advance(by: .seconds(3))
        #expect(await bench.next() == .disconnected("replaced"))
        let new = try await bench.accept(bench.webSocket)
        #expect(await bench.next() == .connected(2))
        await old.connection.waitForEnd()
        try await bench.join("a", at: new, proves: 2)
    }

    @Test("a connection that is lost while a move waits only hurries it")
    func lost() async throws {
        let bench = try TwoWays()
        let old = try await bench.open()
        try await bench.join("a", at: old, proves: 1)
        let push = try await bench.push("never answered")
        try bench.direct(.move(to: bench.webSocketTarget))
        _ = try await old.expect("never answered", on: "a")
        old.connection.vanish()
        #expect(await bench.next() == .replied(push, .disconnected))
        #expect(await bench.next() == .disconnected("replaced"))
        _ = try await bench.accept(bench.webSocket)
        #expect(await bench.next() == .connected(2))
    }

    @Test("a move to where the client is changes nothing; without a connection it connects")
    func trivial() async throws {
        let bench = try TwoWays()
        let old = try await bench.open()
        try bench.direct(.move(to: bench.longPollTarget))
        try await bench.join("a", at: old, proves: 1)
        old.connection.vanish()
        #expect(await bench.next() == .disconnected("transportDown"))
        try bench.direct(.move(to: bench.webSocketTarget))
        _ = try await bench.accept(bench.webSocket)
        #expect(await bench.next() == .connected(2))
    }

    @Test("connect and connectTo do not disturb a move that leads there; connectTo elsewhere takes its place at once")
    func otherOrders() async throws {
        let bench = try TwoWays()
        let old = try await bench.open()
        try await bench.join("a", at: old, proves: 1)
        let push = try await bench.push("e")
        let message = try await old.expect("e", on: "a")
        try bench.direct(.move(to: bench.webSocketTarget))
        try bench.direct(.connect)
        try bench.direct(.connectTo(bench.webSocketTarget))
        let stillThere = try await bench.push("f")
        #expect(try await old.expect("f", on: "a").reference == stillThere)
        var elsewhere = bench.webSocketTarget
        elsewhere.parameters = ["other": true]
        try bench.direct(.connectTo(elsewhere))
        #expect(await bench.next() == .replied(push, .disconnected))
        #expect(await bench.next() == .replied(stillThere, .disconnected))
        #expect(await bench.next() == .disconnected("replaced"))
        let new = try await bench.accept(bench.webSocket)
        #expect(new.connection.request.url.query == "other=true&vsn=2.0.0")
        #expect(await bench.next() == .connected(2))
        try old.reply(to: message)
        try await bench.join("a", at: new, proves: 2)
    }

    @Test("disconnect gives a move up: the connection closes, and the handler is told how")
    func givenUp() async throws {
        let bench = try TwoWays()
        let old = try await bench.open()
        try await bench.join("a", at: old, proves: 1)
        let push = try await bench.push("e")
        try bench.direct(.move(to: bench.webSocketTarget))
        try bench.client.send { socket in
            socket.disconnect(code: 1000, reason: "enough")
            return .ok
        }
        #expect(await bench.next() == .replied(push, .disconnected))
        #expect(await bench.next() == .disconnected("closed"))
    }

    @Test("a client that stops while it moves leaves nothing behind")
    func stopped() async throws {
        let bench = try TwoWays()
        let old = try await bench.open()
        try await bench.join("a", at: old, proves: 1)
        let push = try await bench.push("e")
        try bench.direct(.move(to: bench.webSocketTarget))
        _ = try await bench.push("f")
        bench.client.stop()
        #expect(await bench.next() == .replied(push, .disconnected))
        await old.connection.waitForEnd()
    }

    // MARK: Connecting later

    @Test("connectTo with a delay connects that much later")
    func later() async throws {
        let bench = try TwoWays()
        let old = try await bench.open()
        old.connection.vanish()
        #expect(await bench.next() == .disconnected("transportDown"))
        try bench.direct(.connectTo(bench.webSocketTarget, after: .seconds(3)))
        await bench.clock.waitForSleeper(until: .seconds(3))
        bench.clock.advance(by: .seconds(3))
        _ = try await bench.accept(bench.webSocket)
        #expect(await bench.next() == .connected(2))
    }

    @Test(
        "another order takes the place of a delayed connectTo",
        arguments: ["connect", "connectTo", "move", "disconnect", "later"]
    )
    func superseded(_ order: String) async throws {
        let bench = try TwoWays()
        let old = try await bench.open()
        old.connection.vanish()
        #expect(await bench.next() == .disconnected("transportDown"))
        try bench.direct(.connectTo(bench.webSocketTarget, after: .seconds(3)))
        await bench.clock.waitForSleeper(until: .seconds(3))
        switch order {
        case "connect": try bench.direct(.connect)
        case "connectTo": try bench.direct(.connectTo(bench.longPollTarget))
        case "move": try bench.direct(.move(to: bench.longPollTarget))
        case "later": try bench.direct(.connectTo(bench.longPollTarget, after: .seconds(1)))
        default:
            try bench.client.send { socket in
                socket.disconnect()
                return .ok
            }
        }
        // An answer to this says that the order has been carried out.
        let isOpening = try await bench.act { $0.generation == 2 ? 1 : 0 } == 1
        #expect(isOpening == ["connect", "connectTo", "move"].contains(order))
        bench.clock.advance(by: .seconds(3))
        if order == "disconnect" { try bench.direct(.connectTo(bench.longPollTarget)) }
        let phoenix = try await bench.accept(bench.longPoll)
        #expect(await bench.next() == .connected(2))
        try await bench.join("a", at: phoenix, proves: 2)
        #expect(try await bench.act { $0.generation == 2 ? 1 : 0 } == 1)
    }

    @Test("numbered pushes through many moves: each that got a reply was received exactly once, any other at most once")
    func accounts() async throws {
        var generator = SeededGenerator.announced("moves under traffic")
        let bench = try TwoWays { $0.heartbeatInterval = .seconds(1_000_000) }
        var phoenix = try await bench.open()
        try await bench.join("a", at: phoenix, proves: 1)
        var received: [Int64: Int] = [:]
        var pushed: [Reference: Int64] = [:]
        var answered: Set<Int64> = []
        var number: Int64 = 0
        for round in 1...40 {
            var open: [Message] = []
            let toWebSocket = round % 2 == 1
            for phase in 0..<2 {
                for _ in 0..<Int.random(in: 0...4, using: &generator) {
                    number += 1
                    pushed[try await bench.push("count", .value(.signed(number)))] = number
                    let message = try await phoenix.expect("count", on: "a")
                    received[message.payload.integer ?? 0, default: 0] += 1
                    open.append(message)
                }
                if phase == 0 {
                    try bench.direct(.move(to: toWebSocket ? bench.webSocketTarget : bench.longPollTarget))
                }
                // A push while the move waits needs something outstanding, or the move is on its way.
                if phase == 0, open.isEmpty { break }
            }
            let isLost = Bool.random(using: &generator)
            let answers = isLost ? Array(open.shuffled(using: &generator).dropLast()) : open.shuffled(using: &generator)
            for message in answers { try phoenix.reply(to: message) }
            if isLost, !open.isEmpty { phoenix.connection.vanish() }
            while case let told? = await bench.next(), told != .disconnected("replaced") {
                if case .replied(let reference, let outcome) = told, let number = pushed[reference] {
                    if case .reply = outcome {
                        #expect(answered.insert(number).inserted)
                    } else {
                        #expect(outcome == .disconnected)
                    }
                    pushed[reference] = nil
                }
            }
            await phoenix.connection.waitForEnd()
            while let frame = await phoenix.connection.receive() {
                let message = try phoenix.serializer.decode(frame, as: .server)
                received[message.payload.integer ?? 0, default: 0] += 1
            }
            phoenix = try await bench.accept(toWebSocket ? bench.webSocket : bench.longPoll)
            #expect(await bench.next() == .connected(UInt64(round + 1)))
            try await bench.join("a", at: phoenix, proves: UInt64(round + 1))
        }
        #expect(pushed.isEmpty, "each ended")
        #expect(answered.allSatisfy { received[$0] == 1 })
        #expect(received.values.allSatisfy { $0 == 1 })
        #expect(answered.count > 20 && answered.count < Int(number))
    }
}

extension TwoWays {
    /// Pushes `event` on the topic `a`.
    func push(_ event: String, _ payload: PayloadContent = [:]) async throws -> Reference {
        try await act { try $0.push("a", event, payload) }
    }
}
