import PhoenixDeflate
import PhoenixKit
import Testing

@Suite("The codec")
struct CodecTests {
    /// Both ends of a connection.
    private struct Pair {
        var client: DeflateCodec
        var server: DeflateCodec

        init(
            _ agreement: DeflateAgreement = DeflateAgreement(),
            _ configuration: PermessageDeflate.Configuration = PermessageDeflate.Configuration()
        ) {
            client = DeflateCodec(agreement, as: .client, configuration: configuration)
            server = DeflateCodec(agreement, as: .server, configuration: configuration)
        }

        /// Sends `message` upstream; gives what went over the wire.
        mutating func send(_ message: Bytes) throws -> (bytes: Bytes, transformed: Bool) {
            let sent = try client.encode(message, kind: .text)
            let came = sent.transformed ? try server.decoded(sent.bytes) : sent.bytes
            #expect(came == message)
            return sent
        }
    }

    @Test("messages below the threshold go plain, those at it do not")
    func threshold() throws {
        var pair = Pair()
        #expect(try pair.send(json(127)).transformed == false)
        #expect(try pair.send(json(128)).transformed)
        #expect(try pair.send("").transformed == false)
    }

    @Test("with context takeover the second of two like messages is much smaller; without, it is not")
    func takeover() throws {
        var pair = Pair()
        let first = try pair.send(json(400)).bytes.count
        #expect(try pair.send(json(400)).bytes.count * 4 < first)
        for configuration in [
            PermessageDeflate.Configuration(), PermessageDeflate.Configuration(clientNoContextTakeover: true),
        ] {
            let agreed = !configuration.clientNoContextTakeover
            var pair = Pair(DeflateAgreement(clientNoContextTakeover: agreed), configuration)
            let first = try pair.send(json(400)).bytes
            #expect(try pair.send(json(400)).bytes == first)
        }
    }

    @Test("what Bandit would refuse for its ratio goes plain, and the messages after it can be read")
    func ratio() throws {
        var pair = Pair()
        #expect(try pair.send(json(1_000)).transformed)
        #expect(try pair.send(monotony(16_384)).transformed, "below 16 kB no ratio counts")
        #expect(try pair.send(monotony(16_385)).transformed == false)
        #expect(try pair.send(monotony(2_000_000)).transformed == false)
        #expect(try pair.send(json(1_000)).transformed)
        #expect(try pair.send(json(200_000)).transformed, "JSON is far from that ratio")
    }

    @Test("a message sent plain leaves nothing in the window that later messages could refer to")
    func plainLeavesNothing() throws {
        var pair = Pair(DeflateAgreement(), PermessageDeflate.Configuration(threshold: 0))
        let secret = noise(600)
        let plain = Bytes(Array(monotony(60_000)) + Array(secret))
        #expect(try pair.send(json(300)).transformed)
        #expect(try pair.send(plain).transformed == false)
        // Its end was in the window of the sender alone.
        #expect(try pair.send(Bytes(Array(secret) + Array(json(300)))).transformed)
    }

    @Test("what does not become smaller goes plain where the window loses nothing by it")
    func incompressible() throws {
        var pair = Pair()
        #expect(try pair.send(noise(100_000)).transformed == false)
        #expect(try pair.send(json(400)).transformed)
        let kept = try pair.send(noise(1_000))
        #expect(kept.transformed, "some bytes more, and the window is kept")
        #expect(kept.bytes.count < 1_020)
        #expect(try pair.send(json(400)).bytes.count < 40)

        var lone = Pair(DeflateAgreement(clientNoContextTakeover: true))
        #expect(try lone.send(noise(1_000)).transformed == false)
    }

    @Test("an end that may use no window beyond 256 bytes sends plain and still inflates")
    func windowOfEight() throws {
        let agreement = DeflateAgreement(serverMaxWindowBits: .nine, clientMaxWindowBits: .eight)
        var pair = Pair(agreement, .eager)
        #expect(try pair.send(json(1_000)).transformed == false)
        let sent = try pair.server.encode(json(1_000), kind: .text)
        #expect(sent.transformed)
        #expect(try pair.client.decoded(sent.bytes) == json(1_000))

        // 256 bytes back and no further.
        var eight = DeflateCodec(DeflateAgreement(serverMaxWindowBits: .eight), as: .client, configuration: .eager)
        #expect(try eight.decoded(hex("f2 48 cd c9 c9 07 00")) == "Hello")
        #expect(try eight.decoded(hex("f2 00 11 00 00")) == "Hello")
    }

    @Test("a peer that reaches beyond its window, into an earlier message, is refused")
    func beyondTheWindow() throws {
        var large = DeflateCodec(DeflateAgreement(), as: .server, configuration: .eager)
        var small = DeflateCodec(DeflateAgreement(serverMaxWindowBits: .nine), as: .client, configuration: .eager)
        let part = noise(600)
        for message in [part, noise(1_000, 2)] {
            #expect(try small.decoded(large.encoded(message).bytes) == message)
        }
        let sent = try large.encoded(part).bytes
        #expect(sent.count < 100, "it refers to what lies 1,600 bytes back")
        #expect(refusal { _ = try small.decoded(sent) }?.code == .decoding)
    }

    @Test("an end compresses with the smaller of the window it may use and its own")
    func ownWindow() throws {
        let configuration = PermessageDeflate.Configuration(clientMaxWindowBits: .nine, serverMaxWindowBits: .nine)
        for role in Role.allCases {
            var sender = DeflateCodec(DeflateAgreement(), as: role, configuration: configuration)
            var receiver = DeflateCodec(
                DeflateAgreement(serverMaxWindowBits: .nine, clientMaxWindowBits: .nine),
                as: role.peer
            )
            let part = noise(600)
            let message = Bytes(Array(part) + Array(json(1_000)) + Array(part))
            let sent = try sender.encode(message, kind: .binary)
            #expect(sent.transformed)
            #expect(try receiver.decoded(sent.bytes) == message)
        }
    }

    @Test("levels beyond zlib's count as the nearest one", arguments: [.min, -1, 0, 1, 9, 10, .max])
    func levels(level: Int) throws {
        var pair = Pair(DeflateAgreement(), PermessageDeflate.Configuration(level: level, memoryLevel: level))
        #expect(try pair.send(json(1_000)).transformed)
    }

    @Test("settings at their ends do not trap")
    func ends() throws {
        var configuration = PermessageDeflate.Configuration(threshold: .min)
        configuration.sentRatio = RatioBound(.min, exempt: .min)
        configuration.receivedRatio = RatioBound(.max, exempt: .min)
        var limits = ConnectionLimits()
        limits.inflatedMessage = .max
        var codec = DeflateCodec(DeflateAgreement(), as: .client, configuration: configuration, limits: limits)
        #expect(try codec.decoded(hex("f2 48 cd c9 c9 07 00")) == "Hello")
        #expect(try codec.encode(json(1_000), kind: .text).transformed == false)
        limits.inflatedMessage = .min
        codec = DeflateCodec(DeflateAgreement(), as: .client, configuration: configuration, limits: limits)
        #expect(refusal { _ = try codec.decoded(hex("f2 48 cd c9 c9 07 00")) }?.code == .limitExceeded)
    }

    @Test(
        "what is no deflate, is cut off or goes on after its end is refused",
        arguments: [
            "ff", "07", "f2 48 cd c9 c9 07 00 00 00 ff ff", "f2 48 cd c9", "00 05 00 fa ff 48", "00 05 00 fb ff 48",
            "f3 48 cd c9 c9 07 00 ff", "f3 48 cd c9 c9 07 00 48 65 6c", "f2 00 11 00 00", "",
        ]
    )
    func corrupt(_ bytes: String) {
        var codec = DeflateCodec(DeflateAgreement(), as: .client, configuration: .eager)
        #expect(refusal { _ = try codec.decoded(hex(bytes)) }?.code == .decoding)
    }

    @Test("whatever comes, it is inflated or refused", .timeLimit(.minutes(2)))
    func garbage() throws {
        var seed = Seed("garbage into the codec")
        for _ in 0..<3_000 {
            var codec = DeflateCodec(
                DeflateAgreement(
                    serverNoContextTakeover: seed.chance(2),
                    serverMaxWindowBits: .allCases.randomElement(using: &seed)
                ),
                as: .client
            )
            var sender = DeflateCodec(DeflateAgreement(), as: .server, configuration: .eager)
            for _ in 0..<4 {
                var bytes = Array(try sender.encode(json(seed.below(2_000)), kind: .text).bytes)
                for _ in 0...seed.below(3) where !bytes.isEmpty {
                    bytes[seed.below(bytes.count)] = UInt8(truncatingIfNeeded: seed.next())
                }
                var message: [UInt8] = []
                do {
                    let middle = seed.below(bytes.count)
                    try codec.decode(Bytes(bytes)[0..<middle], isLast: false, into: &message)
                    try codec.decode(Bytes(bytes)[middle..<bytes.count], isLast: true, into: &message)
                } catch {
                    #expect([.decoding, .limitExceeded].contains((error as? PhoenixError)?.code))
                }
            }
        }
    }
}
