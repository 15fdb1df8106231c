@testable import PhoenixKit
@testable import PhoenixTesting

/// A fallback over a WebSocket and long polling, and what happens to it at invented times.
struct FallbackBench {
    var fallback: Fallback
    let store: InMemoryFallbackStore
    let clock = TestClock()
    var now: Timestamp { clock.now }

    init(
        _ candidates: [String] = [
            "wss://server.test/socket/websocket?token=s3cret", "https://server.test/socket/longpoll",
        ],
        configure: (inout Fallback.Settings) -> Void = { _ in }
    ) throws {
        var settings = Fallback.Settings()
        settings.backoff.jitter = 0
        settings.probes.jitter = 0
        configure(&settings)
        store = InMemoryFallbackStore(clock: clock)
        let targets = try candidates.map { try ConnectionTarget($0) }
        fallback = Fallback(targets[0], Array(targets.dropFirst()), settings: settings, store: store, seed: 1)
        _ = fallback.start()
    }

    /// The fallback of a later run of the program: all it has of this one is the store.
    func successor() -> Fallback {
        Fallback(
            fallback.candidates[0],
            Array(fallback.candidates.dropFirst()),
            settings: fallback.settings,
            store: store,
            seed: 2
        )
    }

    mutating func connect() { fallback.connected(at: now) }

    @discardableResult
    mutating func prove() -> String { fallback.proven(at: now).explanation }

    mutating func end(_ reason: DisconnectReason) -> Fallback.Decision { fallback.disconnected(reason, at: now) }

    /// Falls to the last candidate and proves it.
    mutating func fall() {
        while fallback.target != fallback.candidates.last { _ = end(.refused(502)) }
        connect()
        prove()
    }

    mutating func probe() -> ConnectionTarget? { fallback.probeDue(at: now) }

    mutating func probed(_ outcome: ProbeOutcome) -> Fallback.Decision { fallback.probed(outcome, at: now) }
}

extension Fallback.Decision {
    /// The step, the transport and the wait.
    var brief: String { "\(step) \(target.endpoint.lastPathComponent ?? "-") \(delay)" }
}

extension DisconnectReason {
    static func refused(_ status: Int, _ headers: [HeaderField] = []) -> DisconnectReason {
        let refusal = UpgradeRefusal(status: status, headers: headers, body: Bytes())
        return .failedToConnect(
            PhoenixError(.upgradeRefused, "Refused with \(status).", cause: refusal, stage: .upgrade)
        )
    }

    static func failed(_ code: PhoenixError.Code, in stage: ConnectionStage?) -> DisconnectReason {
        .failedToConnect(PhoenixError(code, "It failed.", stage: stage))
    }

    /// Gone without a word.
    static let cut = DisconnectReason(.closed, close: ConnectionClose(code: nil, isClean: false))

    static func closed(_ code: UInt16, by local: Bool = false) -> DisconnectReason {
        DisconnectReason(.closed, close: ConnectionClose(code: code, isLocal: local))
    }
}
