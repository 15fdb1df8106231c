import Foundation
import PhoenixDeflate
import PhoenixKit
import Testing

/// Any messages, with any parameters that can be negotiated, against an implementation that is not ours.
@Suite("Against Python's zlib")
struct PropertyTests {
    /// One connection, drawn at random.
    private struct Session {
        let configuration: PermessageDeflate.Configuration
        let agreement: DeflateAgreement
        let role: Role
        let messages: [Bytes]

        init(_ seed: inout Seed) {
            role = seed.chance(2) ? .client : .server
            configuration = PermessageDeflate.Configuration(
                clientMaxWindowBits: seed.chance(4) ? nil : .allCases.randomElement(using: &seed),
                serverMaxWindowBits: seed.chance(2) ? nil : .allCases.randomElement(using: &seed),
                clientNoContextTakeover: seed.chance(3),
                serverNoContextTakeover: seed.chance(3),
                level: 1 + seed.below(9),
                memoryLevel: 1 + seed.below(9),
                threshold: seed.chance(2) ? 0 : seed.below(300),
                sentRatio: seed.chance(3) ? RatioBound(1 + seed.below(20), exempt: seed.below(5_000)) : .unlimited,
                receivedRatio: .unlimited
            )
            // What the other end answers may be narrower than what was asked for.
            var other = PermessageDeflate.Configuration(clientMaxWindowBits: .allCases.randomElement(using: &seed))
            other.clientNoContextTakeover = seed.chance(3)
            other.serverNoContextTakeover = seed.chance(3)
            let offer = PermessageDeflate(role == .client ? configuration : other).offer
            let answering = PermessageDeflate(role == .client ? other : configuration)
            agreement = (try? answering.agreement(onOffers: [offer])) ?? DeflateAgreement()
            var messages: [Bytes] = []
            for _ in 0..<(1 + seed.below(12)) { messages.append(Self.message(&seed, after: messages)) }
            self.messages = messages
        }

        private static func message(_ seed: inout Seed, after others: [Bytes]) -> Bytes {
            let count = seed.chance(12) ? seed.below(200_000) : seed.chance(3) ? seed.below(20_000) : seed.below(600)
            switch seed.below(6) {
            case 0: return noise(count, seed.next())
            case 1: return monotony(count)
            case 2: return others.randomElement(using: &seed) ?? Bytes()
            case 3: return seed.chance(3) ? Bytes() : Bytes(Array(json(count)) + Array(noise(count / 2, seed.next())))
            default: return json(count)
            }
        }

        func codec() -> DeflateCodec { DeflateCodec(agreement, as: role, configuration: configuration) }

        /// The window and the takeover of what `sender` sends, as agreed.
        func direction(of sender: Role) -> (bits: Int, takeover: Bool) {
            sender == .client
                ? ((agreement.clientMaxWindowBits ?? .fifteen).rawValue, !agreement.clientNoContextTakeover)
                : ((agreement.serverMaxWindowBits ?? .fifteen).rawValue, !agreement.serverNoContextTakeover)
        }
    }

    @Test("what we compress, Python inflates to the same bytes", .timeLimit(.minutes(2)))
    func compressed() throws {
        var seed = Seed("messages compressed by us")
        var jobs: [PythonPeer.Job] = []
        var expected: [[Bytes]] = []
        var plain = 0
        for _ in 0..<250 {
            let session = Session(&seed)
            var codec = session.codec()
            var (sent, kept): ([Data], [Bytes]) = ([], [])
            for message in session.messages {
                let encoded = try codec.encode(message, kind: .binary)
                if encoded.transformed {
                    sent.append(Data(encoded.bytes))
                    kept.append(message)
                } else {
                    plain += 1
                    #expect(encoded.bytes == message)
                }
            }
            let (bits, takeover) = session.direction(of: session.role)
            jobs.append(PythonPeer.Job(do: "inflate", bits: bits, takeover: takeover, messages: sent))
            expected.append(kept)
        }
        let inflated = try PythonPeer.run(jobs)
        #expect(inflated == expected)
        let total = expected.reduce(0) { $0 + $1.count }
        #expect(total > 400, "most are compressed")
        #expect(plain > 50, "and some are not")
    }

    @Test("what Python compresses, we inflate to the same bytes, however it is fragmented", .timeLimit(.minutes(2)))
    func inflated() throws {
        var seed = Seed("messages compressed by Python")
        let sessions = (0..<250).map { _ in Session(&seed) }
        let jobs = sessions.map { session in
            let (bits, takeover) = session.direction(of: session.role.peer)
            return PythonPeer.Job(
                do: "deflate",
                // zlib cannot write a window of 8 bits.
                bits: max(9, bits),
                takeover: takeover,
                level: seed.below(10),
                memory: 1 + seed.below(9),
                endings: session.messages.map { _ in seed.chance(4) ? "final" : seed.chance(3) ? "full" : "sync" },
                messages: session.messages.map { Data($0) }
            )
        }
        for (session, messages) in zip(sessions, try PythonPeer.run(jobs)) {
            if session.direction(of: session.role.peer).bits == 8 { continue }
            var codec = session.codec()
            for (message, compressed) in zip(session.messages, messages) {
                var cuts = (0..<seed.below(4)).map { _ in seed.below(compressed.count + 1) }.sorted()
                cuts = [0] + cuts + [compressed.count]
                let parts = zip(cuts, cuts.dropFirst()).map { compressed[$0..<$1] }
                #expect(try codec.decoded(parts) == message)
            }
        }
    }
}
