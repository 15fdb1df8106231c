internal import Phoenix

/// Sees every frame of the connections it is put on.
protocol WireTap: Sendable {
    func sent(_ frame: Frame)
    func received(_ frame: Frame)
}

extension PluginRegistry {
    /// The same plug-ins, with `tap` put on all connections of their transports.
    func tapped(by tap: any WireTap) -> PluginRegistry {
        var registry = self
        for plugin in transports {
            var copy = plugin
            copy.make = { request in try plugin.make(request).tapped(by: tap) }
            registry.register(copy)
        }
        return registry
    }
}

extension Transport {
    /// The same transport, with `tap` put on its connections.
    func tapped(by tap: any WireTap) -> any Transport {
        TappedTransport(base: self, tap: tap)
    }
}

/// A transport that lets somebody see its frames; all else is the transport's.
private struct TappedTransport: Transport {
    let base: any Transport
    let tap: any WireTap

    var capabilities: TransportCapabilities { base.capabilities }

    func withConnection<Result: Sendable>(
        _ request: ConnectionRequest,
        _ body: (Connection) async throws -> Result
    ) async throws -> Result {
        try await base.withConnection(request) { connection in
            try await body(
                Connection(
                    inbound: TappedInbound(base: connection.inbound, tap: tap),
                    outbound: TappedOutbound(base: connection.outbound, tap: tap),
                    details: connection.details
                )
            )
        }
    }
}

private struct TappedInbound: Inbound {
    let base: any Inbound
    let tap: any WireTap

    func next() async throws -> InboundEvent? {
        let event = try await base.next()
        if case .frames(let batch)? = event {
            for frame in batch.frames { tap.received(frame) }
        }
        return event
    }
}

private struct TappedOutbound: Outbound {
    let base: any Outbound
    let tap: any WireTap

    func write(_ frames: [Frame]) async throws {
        for frame in frames { tap.sent(frame) }
        try await base.write(frames)
    }

    func close(code: UInt16, reason: String) async {
        await base.close(code: code, reason: reason)
    }
}

extension Frame {
    /// The frame for people: text as it is, binary data by its size and its first bytes.
    var shown: String {
        switch kind {
        case .text: bytes.text.printable
        case .binary: "binary, \(bytes.count) bytes: \(bytes.hexadecimal(atMost: 24))"
        }
    }
}

/// Shows the frames on standard error.
struct ConsoleTap: WireTap {
    let console: Console

    func sent(_ frame: Frame) { show("→", frame) }
    func received(_ frame: Frame) { show("←", frame) }

    private func show(_ arrow: String, _ frame: Frame) {
        console.warn(console.noteStyle.dim("\(arrow) \(frame.shown)"))
    }
}
