import Harness
import PhoenixDeflate
import PhoenixKit

/// What permessage-deflate saves and costs: messages of JSON, compressed and masked for the wire, then inflated, against the same
/// messages masked and sent as they are.
///
/// All ends run in one thread, without a network. `cpu` is that of the sender and the receiver together.
@main
struct Deflate {
    static let modes: [(name: String, configuration: PermessageDeflate.Configuration)] = [
        ("default", configuration()),
        ("level 1", configuration { $0.level = 1 }),
        (
            "no context takeover",
            configuration {
                $0.clientNoContextTakeover = true
                $0.serverNoContextTakeover = true
            }
        ),
        (
            "12 bits, memory level 5",
            configuration {
                $0.clientMaxWindowBits = .twelve
                $0.serverMaxWindowBits = .twelve
                $0.memoryLevel = 5
            }
        ),
        (
            "9 bits, memory level 1",
            configuration {
                $0.clientMaxWindowBits = .nine
                $0.serverMaxWindowBits = .nine
                $0.memoryLevel = 1
            }
        ),
    ]

    /// The defaults, with a threshold of 0, so that small messages show what they would cost.
    static func configuration(
        _ change: (inout PermessageDeflate.Configuration) -> Void = { _ in }
    ) -> PermessageDeflate.Configuration {
        var configuration = PermessageDeflate.Configuration(threshold: 0)
        change(&configuration)
        return configuration
    }

    static func main() throws {
        var report = Report("deflate")
        for (size, count) in [(64, 2_000), (1_024, 500), (65_536, 20)] {
            let messages = (0..<count).map { Chat.message($0, size: size) }
            var wire = Wire()
            let plain = CPUClock.nanoseconds(per: count) {
                for message in messages { wire.send(message) }
            }
            let sizes = Double(size)
            report.add(
                "\(size) B, plain",
                [
                    Report.Figure("bytes", sizes), Report.Figure("saved_percent", 0, decimals: 1),
                    Report.Figure("send_ns", plain), Report.Figure("receive_ns", 0), Report.Figure("cpu_ns", plain),
                ]
            )
            for mode in modes {
                let measured = try measure(messages, mode.configuration)
                report.add(
                    "\(size) B, \(mode.name)",
                    [
                        Report.Figure("bytes", measured.bytes),
                        Report.Figure("saved_percent", 100 * (1 - measured.bytes / sizes), decimals: 1),
                        Report.Figure("send_ns", measured.send), Report.Figure("receive_ns", measured.receive),
                        Report.Figure("cpu_ns", measured.send + measured.receive),
                    ]
                )
            }
        }
        report.finish()
    }

    /// What a message takes on the wire, and the CPU of sending and of receiving it.
    private static func measure(
        _ messages: [Bytes],
        _ configuration: PermessageDeflate.Configuration
    ) throws -> (bytes: Double, send: Double, receive: Double) {
        let deflate = PermessageDeflate(configuration)
        let agreement = try deflate.agreement(onOffers: [deflate.offer]) ?? DeflateAgreement()
        var sender = deflate.codec(for: agreement, as: .client)
        var wire = Wire()
        let send = try CPUClock.nanoseconds(per: messages.count) {
            for message in messages { wire.send(try sender.encode(message, kind: .text).bytes) }
        }
        // Each pass begins where a connection does, so that the same bytes can be inflated again.
        sender = deflate.codec(for: agreement, as: .client)
        let encoded = try messages.map { try sender.encode($0, kind: .text) }
        let receive = try CPUClock.nanoseconds(per: messages.count) {
            var receiver = deflate.codec(for: agreement, as: .server)
            for (message, sent) in zip(messages, encoded) where sent.transformed {
                var bytes: [UInt8] = []
                try receiver.decode(sent.bytes, isLast: true, into: &bytes)
                precondition(bytes.count == message.count)
            }
        }
        let bytes = encoded.reduce(0) { $0 + $1.bytes.count }
        return (Double(bytes) / Double(messages.count), send, receive)
    }
}

/// Where frames are masked into, as a client does with all it sends (RFC 6455 section 5.3).
struct Wire {
    private var buffer = [UInt8](repeating: 0, count: 70_000)

    mutating func send(_ payload: Bytes) {
        let key: UInt64 = 0x1234_5678_1234_5678
        buffer.withUnsafeMutableBytes { target in
            payload.withUnsafeBytes { source in
                var index = 0
                while source.count - index >= 8 {
                    let bytes = source.loadUnaligned(fromByteOffset: index, as: UInt64.self)
                    target.storeBytes(of: bytes ^ key, toByteOffset: index, as: UInt64.self)
                    index += 8
                }
                while index < source.count {
                    target[index] = source[index] ^ UInt8(truncatingIfNeeded: key >> (8 * (index & 7)))
                    index += 1
                }
            }
        }
    }
}
