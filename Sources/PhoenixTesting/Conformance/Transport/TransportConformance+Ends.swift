internal import CMallinfo
internal import PhoenixKit

/// How connections begin and end.
extension TransportConformance {
    private struct Mark: Error {}

    func judgeBody() async throws {
        let accepting = Task { [peer] in
            for _ in 0..<2 { _ = try? await peer.accept() }
        }
        defer { accepting.cancel() }
        let answer = try await promptly("the call to return") {
            try await transport.withConnection(request()) { _ in 42 }
        }
        guard answer == 42 else { throw ConformanceBreach("Expected what the body returned, got \(answer).") }
        do {
            try await promptly("the call to throw") {
                try await transport.withConnection(request()) { _ in throw Mark() }
            }
        } catch is Mark {
            // One that nobody has accepted would be taken for the next rule's.
            return try await promptly("the peer to accept both connections") { await accepting.value }
        } catch let breach as ConformanceBreach {
            throw breach
        } catch {
            throw ConformanceBreach("Expected the error of the body, got \(error).")
        }
    }

    /// Reads until the end, so that a closing handshake can be answered.
    @discardableResult
    func drain(_ other: any TransportPeerConnection) -> Task<Void, Never> {
        Task {
            while let _ = try? await other.receive() {}
        }
    }

    func judgeDone() async throws {
        let endings = WaitingLine<Task<Void, Never>>(limit: 1)
        let last = Frame.text("[\"last\"]")
        try await withEnds { connection, other in
            try await connection.outbound.write([last])
            guard try await other.receive() == last else {
                throw ConformanceBreach("Expected the last frame, got another.")
            }
            endings.add(drain(other))
        }
        try await requireEnd(endings)
    }

    /// Waits until the peer sees the end of its connection.
    private func requireEnd(_ endings: WaitingLine<Task<Void, Never>>) async throws {
        let ending = try await endings.next(within: patience, on: SystemClock())
        defer { ending.cancel() }
        try await promptly("the peer to see the end of the connection") { await ending.value }
    }

    func judgeCancellation() async throws {
        let endings = WaitingLine<Task<Void, Never>>(limit: 1)
        let call = Task {
            let accepting = Task { [peer] in try await peer.accept() }
            defer { accepting.cancel() }
            try await transport.withConnection(request()) { connection in
                endings.add(drain(try await accepting.value))
                while let _ = try await connection.inbound.next() {}
            }
        }
        let ending = try await promptly("a connection") { try await endings.next(within: patience, on: SystemClock()) }
        call.cancel()
        try await promptly("the call to return when its task is cancelled") { _ = await call.result }
        endings.add(ending)
        try await requireEnd(endings)
    }

    func judgeLocalClose() async throws {
        let last = Frame.text("[\"last\"]")
        try await withEnds { connection, other in
            try await connection.outbound.write([last])
            await connection.outbound.close(code: 1000, reason: "done")
            guard try await other.receive() == last else {
                throw ConformanceBreach("Expected what was written before the close, got another frame or the end.")
            }
            let reading = drain(other)
            defer { reading.cancel() }
            let ends = try await ending(of: connection).ends
            guard ends.count <= 1 else { throw ConformanceBreach("Expected one end, got \(ends.count).") }
            if case .closed(let close)? = ends.first, close.isLocal { return }
            throw ConformanceBreach("Expected an end that we began, got \(ends).")
        }
    }

    func judgePeerClose() async throws {
        try await withEnds { connection, other in
            try await other.send([.text("[1]"), .text("[2]")])
            await other.close()
            let (frames, ends) = try await ending(of: connection)
            guard frames == [.text("[1]"), .text("[2]")] else {
                throw ConformanceBreach("Expected the two last frames before the end, got \(frames.count) frames.")
            }
            guard ends.count == 1, case .closed(let close)? = ends.first, !close.isLocal else {
                throw ConformanceBreach("Expected one end, which the peer began, got \(ends).")
            }
        }
    }

    func judgeReset() async throws {
        try await withEnds { connection, other in
            await other.reset()
            let ends = try await ending(of: connection).ends
            switch (ends.count, ends.first) {
            case (1, .failed): return
            case (1, .closed(let close)) where !close.isClean: return
            default: throw ConformanceBreach("Expected one error or one unclean end, got \(ends).")
            }
        }
    }

    func judgeWriteAfterEnd() async throws {
        try await withEnds { connection, other in
            await other.close()
            _ = try await ending(of: connection)
            do {
                try await connection.outbound.write([.text("[1]")])
            } catch let error as PhoenixError where error.code == .disconnected {
                return
            } catch {
                throw ConformanceBreach("Expected .disconnected of a write after the end, got \(error).")
            }
            throw ConformanceBreach("Expected .disconnected of a write after the end, got no error.")
        }
    }

    func judgeOpenDeadline() async throws {
        guard let url = peer.silentURL else { throw ConformanceExemption(words: "the peer has no silent place") }
        let clock = TestClock()
        let attempt = Task {
            try await promptly("the attempt to end with .timeout") {
                try await transport.withConnection(request(to: url, clock: clock)) { _ in }
            }
        }
        // The deadlines of connecting, TLS and the upgrade, alone or together.
        let alarms = [11, 12, 13, 23, 24, 25, 36].map { seconds in
            Task {
                await clock.waitForSleeper(until: .seconds(seconds))
                clock.advance(by: .seconds(seconds))
            }
        }
        defer { for alarm in alarms { alarm.cancel() } }
        do {
            try await attempt.value
        } catch let error as PhoenixError where error.code == .timeout {
            return
        } catch let breach as ConformanceBreach {
            throw breach
        } catch {
            throw ConformanceBreach("Expected .timeout, got \(error).")
        }
        throw ConformanceBreach("Expected .timeout, got an open connection.")
    }

    func judgeMemory() async throws {
        guard phoenix_live_malloc_bytes() > 0 else {
            throw ConformanceExemption(words: "this system does not tell how much memory is in use")
        }
        let payload = Frame.text(Self.line(20_000))
        func connections(_ count: Int) async throws {
            for _ in 0..<count {
                try await withEnds { connection, other in
                    try await connection.outbound.write([payload])
                    _ = try await other.receive()
                    try await other.send([payload])
                    _ = try await frames(1, from: connection)
                    drain(other)
                }
            }
        }
        try await connections(10)
        // What else runs in the process allocates as well, so one quiet span of several is enough; a leak shows in each.
        var least = Int.max
        for _ in 0..<8 {
            let before = Int(phoenix_live_malloc_bytes())
            try await connections(10)
            least = min(least, Int(phoenix_live_malloc_bytes()) - before)
            if least < 60_000 { return }
        }
        throw ConformanceBreach("Expected 10 connections to leave nothing behind, got \(least) bytes.")
    }
}
