internal import NIOCore
internal import PhoenixKit
internal import Testing

@testable internal import PhoenixWebSocket

@Suite("Deadlines", .timeLimit(.minutes(1)))
struct DeadlineTests {
    /// Deadlines that can be told apart, on `clock`.
    private static func set(_ request: inout ConnectionRequest, clock: ManualClock) {
        request.clock = clock
        request.deadlines = ConnectionDeadlines(
            connect: .seconds(101),
            tls: .seconds(102),
            upgrade: .seconds(103),
            write: .seconds(104),
            close: .seconds(105)
        )
    }

    /// Never connects.
    private struct StuckConnector: WebSocketConnector {
        let clock = ManualClock()

        func connect(_ request: WebSocketConnectRequest) async throws -> any Channel {
            try await clock.sleep(until: Timestamp(nanoseconds: .max))
            throw CancellationError()
        }
    }

    @Test("B34: a connection that does not come about ends with the connect deadline, and the connector is cancelled")
    func connect() async throws {
        let clock = ManualClock()
        let connector = StuckConnector()
        var request = ConnectionRequest(url: try Endpoint("ws://example.test/x"), serializer: serializerCapabilities)
        Self.set(&request, clock: clock)
        async let reached: Void = clock.reach(.seconds(101))
        let error = await #expect(throws: PhoenixError.self) {
            try await WebSocketTransport(connector: connector).withConnection(request) { _ in }
        }
        await reached
        #expect(error?.code == .timeout && error?.message.contains("connecting") == true)
        #expect(error?.stage == .connect)
        #expect(clock.sleepers == 0 && connector.clock.sleepers == 0)
    }

    @Test("B34: a peer that does not speak TLS back ends with the TLS deadline")
    func tls() async throws {
        let clock = ManualClock()
        try await ScriptedPeer.run { peer in
            async let served: Void = {
                let connection = try await peer.accept()
                _ = try await connection.receive(5)
                await clock.reach(.seconds(102))
                _ = try await connection.receiveToEnd()
            }()
            let error = await #expect(throws: PhoenixError.self) {
                try await WebSocketTransport().withConnection(
                    peer.request(scheme: "wss") { Self.set(&$0, clock: clock) }
                ) { _ in }
            }
            try await served
            #expect(error?.code == .timeout && error?.message.contains("TLS") == true)
            #expect(error?.stage == .tls)
        }
        #expect(clock.sleepers == 0)
    }

    @Test("B34: an answer that drips in ends with the upgrade deadline")
    func upgrade() async throws {
        let clock = ManualClock()
        let error = try await refusal {
            Self.set(&$0, clock: clock)
        } serve: { peer in
            let head = try await peer.receiveHead()
            let answer = PeerConnection.answer(to: head)
            for byte in answer.utf8.dropLast() { try await peer.send([byte]) }
            clock.advance(to: .seconds(102))
            await clock.reach(.seconds(103))
            #expect(try await peer.receiveToEnd() == [])
        }
        #expect(error.code == .timeout && error.message.contains("upgrade"))
        #expect(error.stage == .upgrade)
        #expect(clock.sleepers == 0)
    }

    @Test("B34: a write to a peer that does not read ends with the write deadline, for the reader as well")
    func write() async throws {
        let clock = ManualClock()
        let connector = CountingConnector()
        let expired = Line<Void>()
        try await meet(WebSocketTransport(connector: connector)) {
            Self.set(&$0, clock: clock)
        } serve: { peer in
            try await peer.upgrade()
            try await peer.setReading(false)
            await clock.reach(.seconds(104))
            _ = try await expired.take()
            try await peer.setReading(true)
            _ = try await peer.receiveToEnd()
        } body: { connection in
            // More than the buffers of the kernel hold, so that the write cannot but wait.
            let frame = Frame.binary(Bytes([UInt8](repeating: 1, count: 1_000_000)))
            let error = await #expect(throws: PhoenixError.self) {
                try await connection.outbound.write([Frame](repeating: frame, count: 40))
            }
            expired.put(())
            #expect(error?.code == .timeout && error?.message.contains("writing") == true)
            let late = await #expect(throws: PhoenixError.self) { try await connection.outbound.write([.text("x")]) }
            #expect(late?.code == .disconnected)
            let read = await #expect(throws: PhoenixError.self) { try await connection.inbound.next() }
            #expect(read?.code == .timeout)
            let last = try await connection.inbound.next()
            #expect(last == nil)
        }
        #expect(connector.isClosed)
    }

    @Test("B34: a close that is not answered ends with the close deadline, reported as local and unclean")
    func close() async throws {
        let clock = ManualClock()
        let close = try await meet {
            Self.set(&$0, clock: clock)
        } serve: { peer in
            try await peer.upgrade()
            #expect(try await peer.receiveFrame().opcode == 8)
            await clock.reach(.seconds(105))
            #expect(try await peer.receiveToEnd() == [])
        } body: { connection in
            await connection.outbound.close(code: 1000, reason: "")
            return try await drain(connection).close
        }
        #expect(close == ConnectionClose(code: nil, isLocal: true, isClean: false))
        #expect(clock.sleepers == 0)
    }

    @Test("A peer that broke a rule is left at the close deadline when the reader does not come to the error")
    func verdict() async throws {
        let clock = ManualClock()
        let gone = Line<Void>()
        try await meet {
            Self.set(&$0, clock: clock)
        } serve: { peer in
            try await peer.upgrade(glued: serverFrame(0x81, "good") + [0xC1])
            await clock.reach(.seconds(105))
            #expect(try await peer.receiveToEnd() == [])
            gone.put(())
        } body: { connection in
            _ = try await gone.take()
            let (frames, code) = await outcome(of: connection)
            #expect(frames == [.text("good")] && code == .transportProtocol)
        }
    }

    @Test("A peer that has closed by the rules but keeps the socket open is left at the close deadline")
    func lingering() async throws {
        let clock = ManualClock()
        let close = try await meet {
            Self.set(&$0, clock: clock)
        } serve: { peer in
            try await peer.upgrade(glued: serverFrame(0x88, closePayload(1001)))
            #expect(try await peer.receiveFrame().code == 1001)
            await clock.reach(.seconds(105))
            #expect(try await peer.receiveToEnd() == [])
        } body: {
            try await drain($0).close
        }
        #expect(close?.code == 1001 && close?.isClean == true)
    }

    @Test("Leaving takes no longer than the close deadline, even while the peer goes on sending")
    func leaving() async throws {
        let clock = ManualClock()
        try await meet {
            Self.set(&$0, clock: clock)
        } serve: { peer in
            try await peer.upgrade()
            let flood = [UInt8]((0..<1000).flatMap { _ in serverFrame(0x81, "flood") })
            for _ in 0..<200 { try await peer.send(flood) }
            await clock.reach(.seconds(105))
            _ = try await peer.receiveToEnd()
        } body: { _ in
        }
        #expect(clock.sleepers == 0)
    }

    @Test("Pings keep a connection alive, and silence for two intervals fails it with .timeout")
    func keepAlive() async throws {
        let clock = ManualClock()
        var configuration = WebSocketTransport.Configuration()
        configuration.keepAlive = .seconds(10)
        let processed = Line<Int>()
        let connector = ChoppingConnector(cuts: [], passed: { processed.put($0) })
        try await meet(WebSocketTransport(connector: connector, configuration: configuration)) {
            Self.set(&$0, clock: clock)
        } serve: { peer in
            let head = try await peer.upgrade()
            let length = PeerConnection.answer(to: head).utf8.count
            await clock.reach(.seconds(10))
            #expect(try await peer.receiveFrame().opcode == 9)
            try await peer.send(serverFrame(0x8A, ""))
            while try await processed.take() < length + 2 {}
            await clock.reach(.seconds(20))
            #expect(try await peer.receiveFrame().opcode == 9)
            await clock.reach(.seconds(30))
            _ = try await peer.receiveToEnd()
        } body: { connection in
            let error = await #expect(throws: PhoenixError.self) { try await connection.inbound.next() }
            #expect(error?.code == .timeout)
        }
        #expect(clock.sleepers == 0)
    }

    @Test("While nobody pulls, silence says nothing about the peer and does not fail the connection")
    func keepAliveUnderPressure() async throws {
        let clock = ManualClock()
        var configuration = WebSocketTransport.Configuration()
        configuration.keepAlive = .seconds(10)
        let pull = Line<Void>()
        let opened = Line<Void>()
        let passed = Line<Int>()
        let connector = ChoppingConnector(cuts: [], passed: { passed.put($0) })
        try await meet(WebSocketTransport(connector: connector, configuration: configuration)) {
            Self.set(&$0, clock: clock)
        } serve: { peer in
            let head = try await peer.upgrade()
            let length = PeerConnection.answer(to: head).utf8.count
            // Two batches fill the queue, each in a read of its own; the read after them does not happen.
            _ = try await opened.take()
            try await peer.send(serverFrame(0x81, "a"))
            while try await passed.take() < length + 3 {}
            try await peer.send(serverFrame(0x81, "b"))
            while try await passed.take() < length + 6 {}
            for time in [10, 20, 30, 40, 50] {
                await clock.reach(.seconds(time))
                #expect(try await peer.receiveFrame().opcode == 9)
            }
            pull.put(())
            try await peer.finish()
        } body: { connection in
            opened.put(())
            _ = try await pull.take()
            guard case .frames? = try await connection.inbound.next() else {
                Issue.record("expected frames")
                return
            }
        }
    }
}
