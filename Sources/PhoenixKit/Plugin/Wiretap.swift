/// Sees every frame of a client's connections, in and out, for debugging.
///
///     struct Prints: Wiretap {
///         func saw(_ entry: WiretapEntry) { print(entry.direction, entry.frame.bytes.text) }
///     }
///     settings.client.wiretap = Prints()
///
/// Frames hold what users say and the tokens they join with: what a wiretap writes is as secret as they are. Without a wiretap none of this
/// costs anything.
public protocol Wiretap: Sendable {
    /// Takes note of a frame.
    ///
    /// Called in the order of the frames of one direction, before the handler sees what came and before what goes is written. The connection
    /// waits meanwhile, so that what takes long is better done elsewhere.
    func saw(_ entry: WiretapEntry)
}

/// A frame that a wiretap saw.
public struct WiretapEntry: Sendable {
    /// Which way a frame went.
    public enum Direction: Sendable, Hashable {
        /// To the server.
        case sent
        /// From the server.
        case received
    }

    /// Which way it went.
    public var direction: Direction
    /// The frame, before any compression on the wire, and after it is undone.
    public var frame: Frame
    /// Which of the client's connections it was on: they count from 1, and probes beside them have 0.
    public var generation: UInt64
    /// When a frame was handed over to be written, or arrived, on the client's clock.
    public var moment: Timestamp

    /// An entry of these parts.
    public init(direction: Direction, frame: Frame, generation: UInt64, moment: Timestamp) {
        self.direction = direction
        self.frame = frame
        self.generation = generation
        self.moment = moment
    }
}

extension Connection {
    /// Puts `wiretap` on the connection.
    ///
    /// - Parameters:
    ///   - wiretap: who sees its frames; nil for nobody.
    ///   - generation: what entries say of it.
    ///   - clock: where the moments of entries come from.
    /// - Returns: a connection to use in this one's place; this one where there is no wiretap.
    public func tapped(by wiretap: (any Wiretap)?, generation: UInt64 = 0, clock: any PhoenixClock) -> Connection {
        guard let wiretap else { return self }
        let tap = Tap(wiretap: wiretap, generation: generation, clock: clock)
        return Connection(
            inbound: TappedInbound(base: inbound, tap: tap),
            outbound: TappedOutbound(base: outbound, tap: tap),
            details: details
        )
    }
}

private struct Tap: Sendable {
    let wiretap: any Wiretap
    let generation: UInt64
    let clock: any PhoenixClock

    func saw(_ frames: [Frame], _ direction: WiretapEntry.Direction, at moment: Timestamp) {
        for frame in frames {
            wiretap.saw(WiretapEntry(direction: direction, frame: frame, generation: generation, moment: moment))
        }
    }
}

private struct TappedInbound: Inbound {
    let base: any Inbound
    let tap: Tap

    func next() async throws -> InboundEvent? {
        let event = try await base.next()
        if case .frames(let batch)? = event { tap.saw(batch.frames, .received, at: batch.arrival) }
        return event
    }
}

private struct TappedOutbound: Outbound {
    let base: any Outbound
    let tap: Tap

    func write(_ frames: [Frame]) async throws {
        tap.saw(frames, .sent, at: tap.clock.now)
        try await base.write(frames)
    }

    func close(code: UInt16, reason: String) async {
        await base.close(code: code, reason: reason)
    }
}
