import PhoenixDeflate
import PhoenixKit
import Testing

@Suite("Decompression bombs")
struct BombTests {
    /// `count` equal bytes, compressed: a thousandth of it.
    private func bomb(_ count: Int) throws -> Bytes {
        var codec = DeflateCodec(DeflateAgreement(), as: .server, configuration: .eager)
        let sent = try codec.encode(monotony(count), kind: .binary)
        #expect(sent.transformed)
        return sent.bytes
    }

    private func codec(inflated: Int = 64_000_000, _ ratio: RatioBound? = nil) -> DeflateCodec {
        var configuration = PermessageDeflate.Configuration()
        if let ratio { configuration.receivedRatio = ratio }
        var limits = ConnectionLimits()
        limits.inflatedMessage = inflated
        return DeflateCodec(DeflateAgreement(), as: .client, configuration: configuration, limits: limits)
    }

    @Test("10 MB in 10 kB end at 1 MB, which is as far as any ratio will do")
    func zeros() throws {
        let bomb = try bomb(10_000_000)
        #expect(bomb.count < 11_000)
        var codec = codec()
        var message: [UInt8] = []
        let error = refusal { try codec.decode(bomb, isLast: true, into: &message) }
        #expect(error?.code == .limitExceeded)
        #expect(error?.message.contains("100 times") == true)
        #expect(message.count == 1_000_001)
        #expect(message.capacity <= 4_000_000)
    }

    @Test(
        "a message may inflate to its limit and not a byte beyond",
        arguments: [0, 1, 16_383, 16_384, 16_385, 50_000]
    )
    func limit(of size: Int) throws {
        let message = Bytes(Array(json(size)))
        var sender = DeflateCodec(DeflateAgreement(), as: .server, configuration: .eager)
        let sent = try sender.encode(message, kind: .text).bytes
        var exact = codec(inflated: size)
        #expect(try exact.decoded(sent) == message)
        guard size > 0 else { return }
        var short = codec(inflated: size - 1)
        var inflated: [UInt8] = []
        let error = refusal { try short.decode(sent, isLast: true, into: &inflated) }
        #expect(error?.code == .limitExceeded)
        #expect(error?.message.contains("\(size - 1) bytes once inflated") == true)
        #expect(inflated.count == size)
    }

    @Test("the ratio is that of the whole message: exactly it is right, a byte beyond is not")
    func ratio() throws {
        let bomb = try bomb(500_000)
        let (whole, rest) = (500_000 / bomb.count, 500_000 % bomb.count)
        #expect(rest > 0)
        var above = codec(RatioBound(whole + 1, exempt: 0))
        #expect(try above.decoded(bomb).count == 500_000)
        var below = codec(RatioBound(whole, exempt: 0))
        #expect(refusal { _ = try below.decoded(bomb) }?.code == .limitExceeded)
        var exempt = codec(RatioBound(1, exempt: 500_000))
        #expect(try exempt.decoded(bomb).count == 500_000)
    }

    @Test("fragments count together, however many there are")
    func endless() throws {
        // Never ends: stored blocks of nothing, then runs, over and over.
        let start = try bomb(40_000)
        var codec = codec(inflated: 10_000_000, .unlimited)
        var message: [UInt8] = []
        var rounds = 0
        let error = refusal {
            while rounds < 100_000 {
                rounds += 1
                // The tail closes each part as a message's end would.
                try codec.decode(start, isLast: false, into: &message)
                try codec.decode(hex("00 00 ff ff"), isLast: false, into: &message)
            }
        }
        #expect(error?.code == .limitExceeded)
        #expect(rounds == 251)
        #expect(message.count == 10_000_001)
    }

    @Test("each message is judged on its own")
    func judgedAlone() throws {
        var sender = DeflateCodec(DeflateAgreement(), as: .server, configuration: .eager)
        var codec = codec(inflated: 5_000, RatioBound(1, exempt: 5_000))
        for _ in 0..<10 {
            let sent = try sender.encode(monotony(5_000), kind: .text)
            #expect(try codec.decoded(sent.bytes).count == 5_000)
        }
    }

    @Test("a bomb within a bomb is inflated once")
    func nested() throws {
        let inner = try bomb(10_000_000)
        var sender = DeflateCodec(DeflateAgreement(), as: .server, configuration: .eager)
        let outer = try sender.encode(inner, kind: .binary)
        var codec = codec()
        #expect(try codec.decoded(outer.bytes) == inner)
    }

    @Test("tens of thousands of blocks marked as the last one are read like one, and the window outlives them")
    func lastBlocks() throws {
        var sender = DeflateCodec(DeflateAgreement(), as: .server, configuration: .eager)
        var codec = codec()
        #expect(try codec.decoded(sender.encoded(noise(20_000)).bytes) == noise(20_000))
        // An empty final block of fixed codes is ten bits, padded to two bytes.
        #expect(
            try codec.decoded(Bytes([UInt8](repeating: 0, count: 60_000).indices.map { $0 % 2 == 0 ? 3 : 0 })).isEmpty
        )
        let sent = try sender.encoded(noise(20_000)).bytes
        #expect(sent.count < 1_000)
        #expect(try codec.decoded(sent) == noise(20_000))
    }
}
