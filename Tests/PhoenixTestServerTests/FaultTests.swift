import PhoenixKit
import PhoenixTestServer
import Testing

@testable import PhoenixTestServer

/// What goes wrong on purpose.
@Suite(.timeLimit(.minutes(1))) struct FaultTests {
    private func world(_ faults: Fault...) throws -> TestWorld {
        let world = TestWorld()
        for fault in faults { world.tell { _ = $0.faults.add(fault) } }
        _ = try world.connect()
        return world
    }

    private static func joined(_ reference: String = "1") -> String {
        Wire.reply("room:1", reference, #"{"joined":"room:1","params":{}}"#, joinReference: reference)
    }

    @Test func `An ignored join is never answered, and the next one is`() throws {
        let world = try world(.ignore(.join("room:*")))
        world.send(Wire.join("room:1"), Wire.heartbeat("2"))
        #expect(world.sent() == [Wire.heartbeatReply("2")])
        #expect(world.world.topics[Bytes("room:1")].isEmpty)
        world.send(Wire.join("room:1", "3"))
        #expect(world.sent() == [Self.joined("3")])
        #expect(world.journal.entries.map(\.kind).contains(.fault))
    }

    @Test func `A fault without a number of times goes on until it is removed`() throws {
        let world = try world()
        let fault = world.tell { $0.faults.add(.ignore(.heartbeat, times: nil)) }
        for _ in 0..<5 { world.send(Wire.heartbeat("1")) }
        #expect(world.sent().isEmpty)
        world.tell { $0.faults.remove(fault) }
        world.send(Wire.heartbeat("2"))
        #expect(world.sent() == [Wire.heartbeatReply("2")])
    }

    @Test func `A fault of no times does nothing`() throws {
        let world = try world(.ignore(.heartbeat, times: 0))
        world.send(Wire.heartbeat("1"))
        #expect(world.sent() == [Wire.heartbeatReply("1")])
    }

    @Test func `A dropped reply is not sent, although what it announces has happened`() throws {
        let world = try world(.drop(.reply("room:*")))
        world.send(Wire.join("room:1"))
        #expect(world.sent().isEmpty)
        world.send(Wire.push("room:1", "2", "echo"))
        #expect(world.sent() == [Wire.reply("room:1", "2")])
        #expect(world.journal.sent(event: "phx_reply").count == 1)
    }

    @Test func `A delayed message is overtaken by those behind it`() throws {
        let world = try world(.delay(MessageMatch(event: "tick"), by: .milliseconds(50)))
        world.send(Wire.join("room:1"), Wire.push("room:1", "2", "burst", #"{"n":2,"size":0}"#))
        let tick = { (number: Int) in #"["1",null,"room:1","tick",{"i":\#(number),"pad":""}]"# }
        #expect(world.sent() == [Self.joined(), tick(2), Wire.reply("room:1", "2", #"{"n":2}"#)])
        world.advance(by: .milliseconds(50))
        #expect(world.sent() == [tick(1)])
    }

    @Test func `A duplicated message is sent as often as was asked`() throws {
        let world = try world(.duplicate(.reply(), copies: 3))
        world.send(Wire.join("room:1"))
        #expect(world.sent() == [Self.joined(), Self.joined(), Self.joined()])
    }

    @Test func `A connection is cut before a message is looked at`() throws {
        let world = try world(.cut(beforeReceiving: MessageMatch(event: "echo")))
        world.send(Wire.join("room:1"), Wire.push("room:1", "2", "echo"))
        #expect(world.sent() == [Self.joined(), "cut"])
    }

    @Test func `A connection is closed with a code after a message has been answered`() throws {
        let world = try world(.cut(afterReceiving: MessageMatch(event: "echo"), code: 1013))
        world.send(Wire.join("room:1"), Wire.push("room:1", "2", "echo"))
        #expect(world.sent() == [Self.joined(), Wire.reply("room:1", "2"), "close 1013"])
    }

    @Test func `A connection is cut in place of a message, or behind it`() throws {
        let before = try world(.cut(beforeSending: .reply()))
        before.send(Wire.join("room:1"))
        #expect(before.sent() == ["cut"])
        let after = try world(.cut(afterSending: .reply()))
        after.send(Wire.join("room:1"))
        #expect(after.sent() == [Self.joined(), "cut"])
    }

    @Test func `Garbage follows a message, whichever side it is from`() throws {
        let bytes = Array("garbage".utf8)
        let sending = try world(.sendRaw(bytes, afterSending: .reply()))
        sending.send(Wire.join("room:1"))
        #expect(sending.sent() == [Self.joined(), "raw garbage"])
        let receiving = try world(.sendRaw(bytes, afterReceiving: MessageMatch(event: "echo")))
        receiving.send(Wire.join("room:1"), Wire.push("room:1", "2", "echo"))
        #expect(receiving.sent() == [Self.joined(), Wire.reply("room:1", "2"), "raw garbage"])
    }

    @Test func `A match looks at topic, event, status, connection and whatever it is told to`() throws {
        let world = try world(
            .drop(
                MessageMatch(topic: "room:1", event: "phx_reply", status: "error", connection: 1) {
                    $0.payload["reason"]?.string == "this"
                },
                times: nil
            )
        )
        let other = try world.connect()
        for number in [1, other] { world.send(Wire.join("room:1"), Wire.join("room:2"), on: number) }
        for number in [1, other] { _ = world.sent(to: number) }
        let this = #"{"reason":"this"}"#
        for number in [1, other] {
            world.send(
                Wire.push("room:1", "1", "fail", this),
                Wire.push("room:2", "2", "fail", this),
                Wire.push("room:1", "3", "fail"),
                Wire.push("room:1", "4", "echo", this),
                on: number
            )
        }
        let rest = [
            Wire.reply("room:2", "2", this, status: "error"),
            Wire.reply("room:1", "3", #"{"reason":"failed"}"#, status: "error"), Wire.reply("room:1", "4", this),
        ]
        #expect(world.sent() == rest)
        #expect(world.sent(to: other) == [Wire.reply("room:1", "1", this, status: "error")] + rest)
    }

    @Test func `Of a truncated message the header and the first half are sent, whatever its length`() {
        let headers: [(Int, [UInt8])] = [
            (1, [0x82, 1]), (125, [0x82, 125]), (126, [0x82, 126, 0, 126]), (65_535, [0x82, 126, 0xFF, 0xFF]),
            (65_536, [0x82, 127, 0, 0, 0, 0, 0, 1, 0, 0]),
        ]
        for (count, header) in headers {
            let payload = (0..<count).map { UInt8(truncatingIfNeeded: $0) }
            let beginning = Truncation.beginning(of: Frame(kind: .binary, bytes: Bytes(payload))).array
            #expect(beginning == header + payload.prefix(count / 2))
        }
        // A whole header would be a whole message.
        #expect(Truncation.beginning(of: .text(Bytes([]))).array == [0x81])
    }

    // MARK: On the network

    @Test func `A truncated message ends in the middle, behind whole ones, and so does its connection`() async throws {
        try await PhoenixTestServer.withServer(site: .recorded) { server in
            await server.inject(.truncate(.reply("room:*")))
            let client = try await RawClient.connect(to: server.port)
            try await client.upgrade("/socket/websocket?vsn=2.0.0")
            try await client.send(
                RawFrame.text(Wire.heartbeat("1")).masked() + RawFrame.text(Wire.join("room:1")).masked()
            )
            #expect(try await client.frame() == .text(Wire.heartbeatReply("1")))
            var bytes: [UInt8] = []
            while let more = try await client.bytes() { bytes += more }
            let whole = Array(Self.joined().utf8)
            #expect(bytes == [0x81, UInt8(whole.count)] + whole.prefix(whole.count / 2))
            // It is used up.
            let next = try await RawClient.connect(to: server.port)
            try await next.upgrade("/socket/websocket?vsn=2.0.0")
            try await next.send(.text(Wire.join("room:1")))
            #expect(try await next.frame() == .text(Self.joined()))
        }
    }

    @Test func `A message arrives whole before the cut behind it`() async throws {
        try await PhoenixTestServer.withServer(site: .recorded) { server in
            await server.inject(.cut(afterSending: .reply("room:*")))
            let client = try await RawClient.connect(to: server.port)
            try await client.upgrade("/socket/websocket?vsn=2.0.0")
            try await client.send(.text(Wire.join("room:1")))
            #expect(try await client.frame() == .text(Self.joined()))
            #expect(try await client.frame() == nil)
        }
    }

    @Test func `Upgrades are refused as often as was asked, and then no more`() async throws {
        try await PhoenixTestServer.withServer(site: .recorded) { server in
            await server.inject(
                .refuseUpgrade(status: 503, headers: [HeaderField("retry-after", "7")], body: "busy", times: 2)
            )
            for expected in [503, 503, 101] {
                let client = try await RawClient.connect(to: server.port)
                let response = try await client.upgrade("/socket/websocket?vsn=2.0.0")
                #expect(response.status == expected)
                if expected == 503 {
                    #expect(response.body == "busy")
                    #expect(response.headers["retry-after"] == "7")
                }
                await client.close()
            }
        }
    }

    @Test func `An upgrade that is never answered is journalled, and other connections go on`() async throws {
        try await PhoenixTestServer.withServer(site: .recorded) { server in
            await server.inject(.neverAnswerUpgrade(path: "/socket/websocket"))
            let silent = try await RawClient.connect(to: server.port)
            try await silent.send("GET /socket/websocket HTTP/1.1\r\nhost: x\r\nupgrade: websocket\r\n\r\n")
            _ = try await server.journal.wait(for: .fault)
            let client = try await RawClient.connect(to: server.port)
            #expect(try await client.upgrade("/socket/websocket?vsn=2.0.0").status == 101)
            await client.close()
            await server.stop()
            // The stop ended it; not one byte had come.
            #expect(try await silent.bytes() == nil)
        }
    }

    @Test func `Garbage reaches the client as it is, and a cut is no close frame`() async throws {
        try await PhoenixTestServer.withServer(site: .recorded) { server in
            await server.inject(.sendRaw([0xFF, 0x00, 0x01], afterReceiving: .heartbeat))
            await server.inject(.cut(beforeReceiving: .join()))
            let client = try await RawClient.connect(to: server.port)
            try await client.upgrade("/socket/websocket?vsn=2.0.0")
            try await client.send(.text(Wire.heartbeat("1")))
            #expect(try await client.frame() == .text(Wire.heartbeatReply("1")))
            var garbage: [UInt8] = []
            while garbage.count < 3, let bytes = try await client.bytes() { garbage += bytes }
            #expect(garbage == [0xFF, 0x00, 0x01])
            try await client.send(.text(Wire.join("room:1")))
            #expect(try await client.frame() == nil)
        }
    }
}
