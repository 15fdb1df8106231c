import Phoenix
import PhoenixTestServer
import PhoenixTesting
import Testing

/// The bugs of other clients that take a server and a network to show, by the numbers of the project's list of hazards.
@Suite("Hazards, over a network", .timeLimit(.minutes(1)))
struct HazardTests {
    /// What goes wrong with a push.
    private enum Fate: CaseIterable {
        case none, ignored, replyLost, cutBefore, cutAfter, cutInPlaceOfReply

        func fault(_ number: Int64) -> Fault? {
            let push = MessageMatch(event: "sync_event") { $0.payload["number"]?.integer == number }
            let reply = MessageMatch(event: "phx_reply") { $0.payload["number"]?.integer == number }
            return switch self {
            case .none: nil
            case .ignored: .ignore(push)
            case .replyLost: .drop(reply)
            case .cutBefore: .cut(beforeReceiving: push)
            case .cutAfter: .cut(afterReceiving: push)
            case .cutInPlaceOfReply: .cut(beforeSending: reply)
            }
        }
    }

    @Test("B25: the server's journal has each push once, as the client's account says, over cuts and reconnects")
    func neverResent() async throws {
        let seed = UInt64.random(in: 0...9_999)
        var generator = Seed(seed)
        let clock = TestClock()
        var configuration = SeedStage.patient
        configuration.clock = clock
        configuration.heartbeatInterval = .seconds(1_000_000)
        try await SeedStage.with(.webSocketV2) { [configuration] stage in
            let socket = try stage.socket(configuration: configuration)
            #expect(try await socket.waitConnectStatus().isConnected)
            try await socket.join("channel:1")
            var account: [(number: Int64, connection: UInt64, reference: UInt64?)] = []
            var connection: UInt64 = 1
            for number: Int64 in 1...100 {
                let fate = Fate.allCases.randomElement(using: &generator) ?? .none
                if let fault = fate.fault(number) { await stage.server.inject(fault) }
                let push = try await socket.push("channel:1", "sync_event", ["number": .signed(number)])
                account.append((number, connection, push.number))
                if fate == .ignored || fate == .replyLost {
                    // The fault is over, so that the answer to what follows it shows that no reply comes.
                    _ = try await stage.entry { $0.kind == .fault && $0.concerns(number) }
                    try await socket.pushSync("channel:1", "sync_event")
                    clock.advance(by: .seconds(5))
                }
                let outcome = try await socket.awaitReply(to: push, timeout: .seconds(1_000))
                switch fate {
                case .none: #expect(outcome.response?["number"]?.integer == number)
                case .ignored, .replyLost: #expect(outcome == .timeout)
                case .cutBefore, .cutInPlaceOfReply: #expect(outcome == .disconnected)
                case .cutAfter: #expect(outcome == .disconnected || outcome.response != nil)
                }
                if fate == .cutBefore || fate == .cutAfter || fate == .cutInPlaceOfReply {
                    #expect(try await socket.waitConnectStatus(timeout: .seconds(1_000)).isConnected == false)
                    try await socket.connect()
                    #expect(try await socket.waitConnectStatus(timeout: .seconds(1_000)).isConnected)
                    try await socket.join("channel:1", timeout: .seconds(1_000))
                    connection += 1
                }
            }
            let journal = stage.server.journal.entries.compactMap { entry -> (Int64, UInt64?, UInt64?)? in
                guard entry.kind == .received, let number = entry.message?.payload["number"]?.integer else {
                    return nil
                }
                return (number, entry.connection, entry.message?.reference?.number)
            }
            #expect(journal.map(\.0) == account.map(\.number), "seed \(seed)")
            #expect(journal.map(\.1) == account.map(\.connection), "seed \(seed)")
            #expect(journal.map(\.2) == account.map(\.reference), "seed \(seed)")
            #expect(stage.server.journal.dropped == 0)
        }
    }

    @Test("B27: dropping the client closes its connection and frees handler, transport and all")
    func dropped() async throws {
        try await SeedStage.with(.webSocketV2) { stage in
            weak var ballast: Ballast?
            weak var transport: MortalTransport<WebSocketTransport>?
            do {
                let (object, carrier) = (Ballast(), MortalTransport(base: WebSocketTransport()))
                (ballast, transport) = (object, carrier)
                let url = stage.server.url("/test_socket/websocket")
                let client = SocketClient(
                    Holder(url: url, ballast: object),
                    transport: carrier,
                    serializer: JSONSerializer.v2,
                    configuration: SeedStage.patient
                )
                client.start()
                _ = try await stage.entry { $0.kind == .sent && $0.message?.event == "phx_reply" }
                #expect(ballast != nil && transport != nil)
            }
            let close = try await stage.entry { $0.kind == .closed || $0.kind == .cut }
            #expect(close.code == 1000 && !close.isLocal)
            // The driver's last frames unwind beside us.
            var patience = 10_000_000
            while patience > 0, ballast != nil || transport != nil {
                patience -= 1
                await Task.yield()
            }
            #expect(ballast == nil)
            #expect(transport == nil)
            #expect(await stage.server.connections == 0)
        }
    }
}

private final class Ballast: Sendable {}

/// Joins and stays.
private struct Holder: SocketHandler {
    let url: String
    let ballast: Ballast

    func start(_ socket: inout Socket) throws -> Start { try .connect(url, ["shared_secret": "supersecret"]) }

    func connected(_ socket: inout Socket) -> Directive {
        _ = try? socket.join("channel:1")
        return .ok
    }
}

/// A random generator that can be run again (splitmix64).
private struct Seed: RandomNumberGenerator {
    private var state: UInt64

    init(_ seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var bits = state
        bits = (bits ^ (bits >> 30)) &* 0xBF58_476D_1CE4_E5B9
        bits = (bits ^ (bits >> 27)) &* 0x94D0_49BB_1331_11EB
        return bits ^ (bits >> 31)
    }
}

extension JournalEntry {
    fileprivate func concerns(_ number: Int64) -> Bool {
        message?.payload["number"]?.integer == number
    }
}
