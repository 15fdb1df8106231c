internal import NIOCore
internal import PhoenixKit
internal import Testing

@testable internal import PhoenixWebSocket

@Suite("Reading and writing", .timeLimit(.minutes(2)))
struct ReaderTests {
    @Test("B19: a second reader gets an error, and the first goes on")
    func secondReader() async throws {
        let waiting = Line<Void>()
        let released = Line<Void>()
        try await meet { peer in
            try await peer.upgrade()
            _ = try await released.take()
            try await peer.send(serverFrame(0x81, "for the first"))
            try await peer.finish()
        } body: { connection in
            // Both call next(): whichever comes second is refused, and only then the frame is sent.
            let outcomes = await withTaskGroup(of: String.self) { group in
                for _ in 0..<2 {
                    group.addTask {
                        waiting.put(())
                        do {
                            guard case .frames(let batch)? = try await connection.inbound.next() else {
                                released.put(())
                                return "end"
                            }
                            return batch.frames[0].bytes.text
                        } catch {
                            released.put(())
                            return (error as? PhoenixError)?.code.description ?? "other"
                        }
                    }
                }
                return await group.reduce(into: [String]()) { $0.append($1) }
            }
            #expect(outcomes.sorted() == ["alreadyRunning", "for the first"])
        }
    }

    @Test("Cancelling one call of next() loses nothing and leaves the connection open")
    func cancelledRead() async throws {
        let cancelled = Line<Void>()
        try await meet { peer in
            try await peer.upgrade()
            _ = try await cancelled.take()
            try await peer.send(serverFrame(0x81, "kept"))
            try await peer.finish()
        } body: { connection in
            let task = Task { try await connection.inbound.next() }
            task.cancel()
            await #expect(throws: CancellationError.self) { try await task.value }
            cancelled.put(())
            guard case .frames(let batch)? = try await connection.inbound.next() else {
                Issue.record("expected frames")
                return
            }
            #expect(batch.frames == [.text("kept")])
        }
    }

    @Test("Batches carry the time of their arrival on the clock of the request")
    func arrival() async throws {
        let clock = ManualClock()
        clock.advance(to: .seconds(77))
        try await meet {
            $0.clock = clock
        } serve: { peer in
            try await peer.upgrade(glued: serverFrame(0x81, "x"))
            try await peer.finish()
        } body: { connection in
            guard case .frames(let batch)? = try await connection.inbound.next() else {
                Issue.record("expected frames")
                return
            }
            #expect(batch.arrival == Timestamp(nanoseconds: 77_000_000_000))
        }
    }

    @Test("Pings are answered at once and in order, while nobody pulls (Autobahn 2.10)")
    func pings() async throws {
        let answered = Line<Void>()
        try await meet { peer in
            try await peer.upgrade()
            try await peer.send((0..<10).flatMap { serverFrame(0x89, "ping \($0)") })
            for index in 0..<10 {
                let pong = try await peer.receiveFrame()
                #expect(pong.opcode == 10 && pong.isMasked && pong.text == "ping \(index)")
            }
            answered.put(())
            try await peer.finish()
        } body: { _ in
            _ = try await answered.take()
        }
    }

    @Test("Of a bomb of pings the first and the last are answered, and no more than fit into 16 kB at a time")
    func pingBomb() async throws {
        let count = 200_000
        try await meet { peer in
            try await peer.upgrade()
            let bomb = (0..<count).flatMap { serverFrame(0x89, "\($0)") }
            try await peer.setReading(false)
            try await peer.send(bomb)
            try await peer.setReading(true)
            var previous = -1
            while previous < count - 1 {
                let pong = try await peer.receiveFrame()
                let number = try #require(Int(pong.text))
                #expect(pong.opcode == 10 && number > previous)
                previous = number
            }
            try await peer.send(serverFrame(0x81, "done"))
            try await peer.finish()
        } body: { connection in
            guard case .frames(let batch)? = try await connection.inbound.next() else {
                Issue.record("expected frames")
                return
            }
            #expect(batch.frames == [.text("done")])
        }
    }

    @Test("A consumer that does not pull stops the peer: what is read ahead is bounded")
    func backPressure() async throws {
        let seen = Line<Void>()
        let read = Counter()
        let connector = ChoppingConnector(cuts: [], passed: { read.set($0) })
        let frame = serverFrame(0x81, [UInt8](repeating: 0x61, count: 16_000))
        let (count, turns) = (1_000, 2_000)
        try await meet(WebSocketTransport(connector: connector)) { peer in
            try await peer.upgrade()
            async let sent: Void = {
                for _ in 0..<count { try await peer.send(frame) }
            }()
            for _ in 0..<turns {
                _ = try await peer.receiveFrame()
                seen.put(())
            }
            try await sent
            try await peer.finish()
        } body: { connection in
            // Each message is a turn of the client's event loop, which would read on if it were allowed to.
            for _ in 0..<turns {
                try await connection.outbound.write([.text("turn")])
                _ = try await seen.take()
            }
            #expect(read.value > 0 && read.value < 1_000_000)
            var received = 0
            while received < count, case .frames(let batch)? = try await connection.inbound.next() {
                received += batch.frames.count
            }
            #expect(received == count)
        }
    }

    @Test("B20: 100,000 frames each way keep their order under load", arguments: [false, true])
    func order(onTheEventLoop: Bool) async throws {
        let count = 100_000
        var configuration = WebSocketTransport.Configuration()
        configuration.executor = onTheEventLoop ? .connection : .caller
        try await meet(WebSocketTransport(configuration: configuration)) { peer in
            try await peer.upgrade()
            async let sending: Void = {
                for start in stride(from: 0, to: count, by: 500) {
                    try await peer.send((start..<start + 500).flatMap { serverFrame(0x81, "\($0)") })
                }
            }()
            for index in 0..<count {
                let frame = try await peer.receiveFrame()
                if frame.text != "\(index)" {
                    Issue.record("expected \(index), got \(frame.text)")
                    return
                }
            }
            try await sending
            try await peer.finish()
        } body: { connection in
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    for index in 0..<count { try await connection.outbound.write([.text("\(index)")]) }
                }
                var next = 0
                while next < count, case .frames(let batch)? = try await connection.inbound.next() {
                    for frame in batch.frames {
                        #expect(frame.bytes.text == "\(next)")
                        next += 1
                    }
                }
                try await group.waitForAll()
            }
        }
    }

    @Test("A message beyond the limit is refused with nothing sent, not even the frames before it")
    func oversized() async throws {
        try await meet {
            $0.limits.message = 100
        } serve: { peer in
            try await peer.upgrade()
            #expect(try await peer.receiveFrame().text == "after")
            try await peer.finish()
        } body: { connection in
            let large = Frame.binary(Bytes([UInt8](repeating: 0, count: 101)))
            let error = await #expect(throws: PhoenixError.self) {
                try await connection.outbound.write([.text("before"), large])
            }
            #expect(error?.code == .limitExceeded)
            try await connection.outbound.write([])
            try await connection.outbound.write([.text("after")])
        }
    }

    @Test("Messages of 10 MB go both ways")
    func large() async throws {
        let payload = (0..<10_000_000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        let echo = try await meet { peer in
            try await peer.upgrade()
            let frame = try await peer.receiveFrame()
            try await peer.send(serverFrame(0x82, frame.payload))
            try await peer.finish()
        } body: { connection in
            try await connection.outbound.write([.binary(Bytes(payload))])
            guard case .frames(let batch)? = try await connection.inbound.next() else { return [Frame]() }
            return batch.frames
        }
        #expect(echo == [.binary(Bytes(payload))])
    }
}
