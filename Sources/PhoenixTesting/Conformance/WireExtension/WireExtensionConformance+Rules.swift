internal import PhoenixKit

extension WireExtensionConformance {
    typealias Judge = @Sendable (WireExtensionConformance) throws -> Void

    /// The rules in order.
    static let checks: [ConformanceCheck<Judge>] = [
        ConformanceCheck(
            "extension.offer",
            "The offer is one line that begins with the extension's name.",
            because: "the server's answer is found by that name, and a line break would forge a header.",
            judge: { try $0.judgeOffer() }
        ),
        ConformanceCheck(
            "extension.declined",
            "Where the server does not take up the offer there is no codec and no error.",
            because: "most servers know no extension, and the connection goes on plain.",
            judge: { try $0.judgeDeclined() }
        ),
        ConformanceCheck(
            "extension.foreign-answer",
            "An answer with a parameter that it does not know is refused.",
            because: "both ends would read each other's messages by different rules (RFC 6455 section 9.1).",
            judge: { try $0.judgeForeignAnswer() }
        ),
        ConformanceCheck(
            "extension.messages",
            "Messages of both kinds and all sizes come back, one after the other, in both directions.",
            because: "a message that is changed on the way is the application's data, damaged.",
            judge: { try $0.judgeMessages() }
        ),
        ConformanceCheck(
            "extension.parts",
            "A message that arrives in parts, of one byte too, reads as it does in one.",
            because: "the network cuts messages where it likes.",
            judge: { try $0.judgeParts() }
        ),
        ConformanceCheck(
            "extension.connections",
            "The codecs of two connections know nothing of each other.",
            because: "a new connection begins with an empty history, and one user's data must not reach another's.",
            judge: { try $0.judgeConnections() }
        ),
        ConformanceCheck(
            "extension.limit",
            "A message that grows beyond `ConnectionLimits.inflatedMessage` ends with `.limitExceeded` while it grows.",
            because: "a few kilobytes can inflate to gigabytes.",
            judge: { try $0.judgeLimit() }
        ),
        ConformanceCheck(
            "extension.damaged",
            "A damaged message throws, or reads as another one within the limit; it never traps.",
            because: "what the peer sends must not bring the process down (if it just did, this rule is the one).",
            judge: { try $0.judgeDamage() }
        ),
    ]

    private func open(_ limits: ConnectionLimits = ConnectionLimits()) throws -> [any WireCodec] {
        let (answer, far) = try server(wireExtension.offer, limits)
        guard let near = try wireExtension.accept(answer, limits: limits) else {
            throw ConformanceBreach("Expected a codec for the answer of its own server, got none.")
        }
        return [near, far]
    }

    /// A text that packs to a third or so.
    private func text(_ count: Int, seed: UInt64) -> Bytes {
        var generator = SplitMix64(seed: seed)
        let words = ["lobby", "message", "phx_reply", "new_msg", "ada", "42", "{}", ",", "\"", "é"]
        var text: [UInt8] = []
        while text.count < count {
            text += words[Int.random(in: 0..<words.count, using: &generator)].utf8
            text.append(UInt8.random(in: 97...122, using: &generator))
        }
        return Bytes(text)
    }

    /// What arrives of `message`, in parts of at most `size` bytes.
    private func pass(
        _ message: Bytes,
        _ kind: Frame.Kind,
        from sender: inout any WireCodec,
        to receiver: inout any WireCodec,
        parts size: Int = .max
    ) throws -> Bytes {
        let (bytes, isTransformed) = try sender.encode(message, kind: kind)
        guard isTransformed else { return bytes }
        var result: [UInt8] = []
        var start = 0
        repeat {
            let end = bytes.count - start <= size ? bytes.count : start + size
            try receiver.decode(bytes[start..<end], isLast: end == bytes.count, into: &result)
            start = end
        } while start < bytes.count
        return Bytes(result)
    }

    private func judgeOffer() throws {
        let offer = wireExtension.offer
        let name = offer.prefix { $0 != ";" && $0 != " " }
        guard !name.isEmpty, name == wireExtension.name, !offer.contains(where: \.isNewline) else {
            throw ConformanceBreach("Expected one line that begins with \(wireExtension.name), got another offer.")
        }
    }

    private func judgeDeclined() throws {
        guard try wireExtension.accept(nil, limits: ConnectionLimits()) == nil else {
            throw ConformanceBreach("Expected no codec where the offer is not taken up, got one.")
        }
    }

    private func judgeForeignAnswer() throws {
        let answer = "\(wireExtension.name); no_such_parameter_at_all=7"
        guard (try? wireExtension.accept(answer, limits: ConnectionLimits())) == nil else {
            throw ConformanceBreach("Expected an error for a parameter that nobody knows, got a codec.")
        }
    }

    private func judgeMessages() throws {
        var ends = try open()
        for (index, count) in [0, 1, 10, 200, 1_000, 70_000, 500, 1_000].enumerated() {
            for kind in Frame.Kind.allCases {
                let message = text(count, seed: UInt64(index / 2))
                for (from, to) in [(0, 1), (1, 0)] {
                    var (sender, receiver) = (ends[from], ends[to])
                    let received = try pass(message, kind, from: &sender, to: &receiver)
                    (ends[from], ends[to]) = (sender, receiver)
                    guard received == message else {
                        throw ConformanceBreach("Expected a message of \(message) back, got \(received), others.")
                    }
                }
            }
        }
    }

    private func judgeParts() throws {
        for size in [1, 2, 7, 1_000] {
            let ends = try open()
            var (near, far) = (ends[0], ends[1])
            for seed: UInt64 in 1...3 {
                let message = text(3_000, seed: seed)
                guard try pass(message, .text, from: &far, to: &near, parts: size) == message else {
                    throw ConformanceBreach("Expected a message back in parts of \(size) bytes, got another one.")
                }
            }
        }
    }

    private func judgeConnections() throws {
        let message = text(2_000, seed: 5)
        var first = try open()[0]
        var second = try open()[0]
        let expected = try first.encode(message, kind: .text)
        _ = try first.encode(message, kind: .text)
        let got = try second.encode(message, kind: .text)
        guard got.bytes == expected.bytes, got.transformed == expected.transformed else {
            throw ConformanceBreach("Expected the first message of a connection as on any other, got other bytes.")
        }
    }

    private func judgeLimit() throws {
        var limits = ConnectionLimits()
        limits.inflatedMessage = 100_000
        var far = try open()[1]
        guard var near = try wireExtension.accept(server(wireExtension.offer, limits).answer, limits: limits) else {
            return
        }
        let (bytes, isTransformed) = try far.encode(text(1_000_000, seed: 9), kind: .text)
        guard isTransformed else { throw ConformanceExemption(words: "it sends a million bytes of text as they are") }
        var result: [UInt8] = []
        do {
            try near.decode(bytes, isLast: true, into: &result)
        } catch let error as PhoenixError where error.code == .limitExceeded {
            if result.count <= 200_000 { return }
            throw ConformanceBreach("Expected at most 100 kB and a bit, got \(result.count) bytes before the error.")
        }
        throw ConformanceBreach("Expected .limitExceeded beyond 100 kB, got \(result.count) bytes.")
    }

    private func judgeDamage() throws {
        var generator = SplitMix64(seed: 4)
        var limits = ConnectionLimits()
        limits.inflatedMessage = 300_000
        for seed: UInt64 in 0..<300 {
            let ends = try open(limits)
            var (near, far) = (ends[0], ends[1])
            let (bytes, isTransformed) = try far.encode(text(400, seed: seed), kind: .text)
            guard isTransformed else { continue }
            var result: [UInt8] = []
            try? near.decode(generator.damage(bytes), isLast: true, into: &result)
            guard result.count <= 600_000 else {
                throw ConformanceBreach(
                    "Expected at most 300 kB and a bit, got \(result.count) bytes of a damaged message."
                )
            }
        }
    }
}
