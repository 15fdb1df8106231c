internal import PhoenixKit

/// What travels while a connection is open.
extension TransportConformance {
    private func samples(_ kinds: Set<Frame.Kind>) -> [Frame] {
        [Bytes("[1]"), Bytes("[\"é☃😀\"]"), Self.line(100_000)].flatMap { bytes in
            Frame.Kind.allCases.filter(kinds.contains).map { Frame(kind: $0, bytes: bytes) }
        } + (kinds.contains(.binary) ? [.binary(Bytes(Array(0...255)))] : [])
    }

    /// A line of JSON of so many bytes, as transports want it that send texts as lines.
    static func line(_ count: Int) -> Bytes {
        Bytes(Array("[\"".utf8) + Array(repeating: UInt8(ascii: "x"), count: count - 4) + Array("\"]".utf8))
    }

    /// A frame of no bytes arrives, or is refused by an error that says so: no serializer writes one, but nothing may go wrong silently.
    private func judgeEmptyFrame(_ connection: Connection, _ other: any TransportPeerConnection) async throws {
        do {
            try await connection.outbound.write([.binary([])])
        } catch let error as PhoenixError where error.code == .encoding {
            return
        }
        guard try await other.receive() == .binary([]) else {
            throw ConformanceBreach("Expected a frame of no bytes at the peer, or .encoding, got something else.")
        }
    }

    func judgeFrames() async throws {
        let (up, down) = (samples(transport.capabilities.upstream), samples(transport.capabilities.downstream))
        try await withEnds { connection, other in
            for frame in up {
                try await connection.outbound.write([frame])
                guard try await other.receive() == frame else {
                    throw ConformanceBreach(
                        "Expected a \(frame.kind) frame of \(frame.bytes) at the peer, got another."
                    )
                }
            }
            if transport.capabilities.upstream.contains(.binary) { try await judgeEmptyFrame(connection, other) }
            for frame in down {
                try await other.send([frame])
                guard try await frames(1, from: connection) == [frame] else {
                    throw ConformanceBreach(
                        "Expected a \(frame.kind) frame of \(frame.bytes) from the peer, got another."
                    )
                }
            }
            drain(other)
        }
    }

    func judgeOrder() async throws {
        let sent = (0..<300).map { Frame.text("[\($0)]") }
        try await withEnds { connection, other in
            for start in stride(from: 0, to: sent.count, by: 7) {
                try await connection.outbound.write(Array(sent[start..<min(start + 7, sent.count)]))
            }
            for (index, frame) in sent.enumerated() {
                guard let received = try await other.receive(), received == frame else {
                    throw ConformanceBreach("Expected frame \(index) at the peer, got another one or none.")
                }
            }
            for start in stride(from: 0, to: sent.count, by: 7) {
                try await other.send(Array(sent[start..<min(start + 7, sent.count)]))
            }
            guard try await frames(sent.count, from: connection) == sent else {
                throw ConformanceBreach(
                    "Expected \(sent.count) frames from the peer in their order, got another order."
                )
            }
            drain(other)
        }
    }

    func judgeBatches() async throws {
        let clock = TestClock()
        clock.advance(by: .seconds(1_000))
        try await withEnds(clock: clock) { connection, other in
            try await other.send((0..<20).map { .text("[\($0)]") })
            var count = 0
            while count < 20 {
                guard case .frames(let batch)? = try await connection.inbound.next() else {
                    throw ConformanceBreach("Expected 20 frames, got the end after \(count).")
                }
                guard !batch.frames.isEmpty else { throw ConformanceBreach("Expected a frame in a batch, got none.") }
                guard batch.arrival == clock.now else {
                    throw ConformanceBreach("Expected an arrival at \(clock.now), got \(batch.arrival).")
                }
                count += batch.frames.count
            }
            drain(other)
        }
    }

    func judgeWriteDeadline() async throws {
        let clock = TestClock()
        try await withEnds(clock: clock) { connection, other in
            guard other.isFlowControlled else { throw ConformanceExemption(words: "the peer cannot hold up a write") }
            let written = Counter()
            let alarm = Task {
                await clock.waitForSleeper(until: .seconds(33))
                // A deadline that passes for a write that is still getting on would end the next one's connection.
                try await standstill(of: written)
                clock.advance(by: .seconds(33))
            }
            defer { alarm.cancel() }
            let frame = Frame.text(Self.line(1_000_000))
            do {
                while written.value < 200 {
                    try await connection.outbound.write([frame])
                    written.add()
                }
            } catch let error as PhoenixError where error.code == .timeout {
                await other.reset()
                return
            }
            throw ConformanceBreach("Expected a write to wait and to end with .timeout, got 200 MB written.")
        }
    }

    /// Returns when `counter` has not moved for half a second, and several looks.
    private func standstill(of counter: Counter) async throws {
        let clock = SystemClock()
        var (last, quiet) = (-1, 0)
        while quiet < 5 {
            (last, quiet) = (counter.value, counter.value == last ? quiet + 1 : 0)
            try await clock.sleep(until: clock.now + .milliseconds(100))
        }
    }

    func judgeBackPressure() async throws {
        try await withEnds { connection, other in
            guard other.isFlowControlled else { throw ConformanceExemption(words: "the peer cannot be held up") }
            let sent = Counter()
            let sending = Task {
                let frame = Frame.text(Self.line(1_000_000))
                while sent.value < 64 {
                    try await other.send([frame])
                    sent.add()
                }
            }
            defer { sending.cancel() }
            try await standstill(of: sent)
            guard sent.value < 64 else {
                throw ConformanceBreach("Expected the peer to be held up, got 64 MB taken while nobody asked.")
            }
            _ = try await frames(64, from: connection)
            try await sending.value
            drain(other)
        }
    }
}
