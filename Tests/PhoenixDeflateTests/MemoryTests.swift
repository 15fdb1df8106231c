import CMallinfo
import PhoenixDeflate
import PhoenixKit
import Testing

/// Measured in a process of their own, where nothing else takes memory, by the malloc of glibc: a sanitizer has another.
@Suite("The codec's memory")
struct MemoryTests {
    #if canImport(Glibc) && !THREAD_SANITIZER
    @Test("is taken with the first message of each direction, and given back with the codec")
    func freed() async {
        await #expect(processExitsWith: .success) {
            let message = json(1_000)
            let live = { Int(phoenix_live_malloc_bytes()) }
            /// Uses `count` codecs as `use` says; what they hold, and what is left of it when they are gone.
            func measure(_ count: Int, _ use: (inout DeflateCodec) throws -> Void) rethrows -> (held: Int, left: Int) {
                let before = live()
                var codecs: [DeflateCodec] = []
                codecs.reserveCapacity(count)
                for _ in 0..<count {
                    var codec = DeflateCodec(DeflateAgreement(), as: .client)
                    try use(&codec)
                    codecs.append(codec)
                }
                let held = (live() - before) / count
                codecs = []
                return (held, (live() - before) / count)
            }
            var sender = DeflateCodec(DeflateAgreement(), as: .server)
            let compressed = try sender.encode(message, kind: .text).bytes
            // The first use of anything takes memory that stays.
            _ = try measure(10) {
                _ = try $0.encode(message, kind: .text)
                _ = try $0.decoded(compressed)
            }
            let idle = measure(100) { _ in }
            let sending = try measure(100) { _ = try $0.encode(message, kind: .text) }
            let receiving = try measure(100) { _ = try $0.decoded(compressed) }
            #expect(idle.held < 1_000)
            #expect(260_000..<280_000 ~= sending.held)
            #expect(38_000..<46_000 ~= receiving.held)
            for each in [idle, sending, receiving] { #expect(each.left < 1_000) }
        }
    }

    @Test("is what the documentation says")
    func documented() async {
        await #expect(processExitsWith: .success) {
            for (window, level) in [(WindowBits.fifteen, 8), (.twelve, 5), (.nine, 1)] {
                let configuration = PermessageDeflate.Configuration(clientMaxWindowBits: window, memoryLevel: level)
                let agreement = DeflateAgreement(serverMaxWindowBits: window)
                var server = DeflateCodec(agreement, as: .server)
                let compressed = try server.encode(json(1_000), kind: .text).bytes
                var codecs = (0..<200).map { _ in
                    DeflateCodec(agreement, as: .client, configuration: configuration)
                }
                let before = Int(phoenix_live_malloc_bytes())
                for index in 0..<100 { _ = try codecs[index].encode(json(1_000), kind: .text) }
                let between = Int(phoenix_live_malloc_bytes())
                for index in 100..<200 { _ = try codecs[index].decoded(compressed) }
                let (sending, receiving) = (
                    (between - before) / 100, (Int(phoenix_live_malloc_bytes()) - between) / 100
                )
                print("\(window.rawValue) bits, memory level \(level): sending \(sending), receiving \(receiving)")
                #expect(abs(sending - (1 << (window.rawValue + 2)) - (1 << (level + 9)) - 6_000) < 2_000)
                #expect(abs(receiving - (1 << window.rawValue) - 7_000) < 2_000)
            }
        }
    }
    #endif
}
