public import PhoenixKit

/// Compresses the messages that one end of a connection sends, and inflates those that it receives.
///
/// The memory of each direction is taken with its first compressed message and given back with the last copy of the codec; see
/// `PermessageDeflate.Configuration` for how much it is. Copies share it: use one of them.
public struct DeflateCodec: WireCodec {
    /// One direction: its window, and whether that spans messages.
    private struct Direction {
        let window: WindowBits
        let keepsContext: Bool
    }

    private let configuration: PermessageDeflate.Configuration
    private let sending: Direction
    private let receiving: Direction
    private let inflatedLimit: Int

    private var deflater: Deflater?
    private var inflater: Inflater?
    /// The bytes of the message being received: as they came, and inflated.
    private var received = 0
    private var inflated = 0

    /// Creates the codec of one connection.
    ///
    /// - Parameters:
    ///   - agreement: what the server answered.
    ///   - role: which end this is.
    ///   - configuration: how to send, and what to take.
    ///   - limits: how much one message may inflate to.
    public init(
        _ agreement: DeflateAgreement,
        as role: Role,
        configuration: PermessageDeflate.Configuration = PermessageDeflate.Configuration(),
        limits: ConnectionLimits = ConnectionLimits()
    ) {
        let client = Direction(
            window: agreement.clientMaxWindowBits ?? .fifteen,
            keepsContext: !agreement.clientNoContextTakeover
        )
        let server = Direction(
            window: agreement.serverMaxWindowBits ?? .fifteen,
            keepsContext: !agreement.serverNoContextTakeover
        )
        // An end may always do with less than it is allowed, and need not say so.
        switch role {
        case .client:
            sending = Direction(
                window: min(client.window, configuration.clientMaxWindowBits ?? .fifteen),
                keepsContext: client.keepsContext && !configuration.clientNoContextTakeover
            )
            receiving = server
        case .server:
            sending = Direction(
                window: min(server.window, configuration.serverMaxWindowBits ?? .fifteen),
                keepsContext: server.keepsContext && !configuration.serverNoContextTakeover
            )
            receiving = client
        }
        self.configuration = configuration
        inflatedLimit = max(0, limits.inflatedMessage)
    }

    // MARK: Sending

    /// Compresses a message, where that is worth it.
    ///
    /// Never throws: what cannot be compressed is sent plain.
    public mutating func encode(_ message: Bytes, kind: Frame.Kind) throws -> (bytes: Bytes, transformed: Bool) {
        guard message.count >= configuration.threshold, let deflater = openDeflater() else { return (message, false) }
        guard let compressed = deflater.deflate(message), isWorthSending(compressed.count, for: message.count) else {
            // The receiver will not see what the window now holds.
            deflater.reset()
            return (message, false)
        }
        if !sending.keepsContext { deflater.reset() }
        return (Bytes(compressed), true)
    }

    /// Whether `compressed` bytes are to be sent in place of `plain` ones.
    ///
    /// A few bytes more than plain are worth it when they save what the window holds.
    private func isWorthSending(_ compressed: Int, for plain: Int) -> Bool {
        let isSmaller = compressed < plain || (sending.keepsContext && plain < 1 << sending.window.rawValue)
        return isSmaller && plain <= configuration.sentRatio.largest(for: compressed)
    }

    /// Nil where zlib cannot compress.
    private mutating func openDeflater() -> Deflater? {
        if let deflater { return deflater }
        guard sending.window > .eight else { return nil }
        deflater = Deflater(
            window: sending.window,
            level: configuration.level,
            memoryLevel: configuration.memoryLevel
        )
        return deflater
    }

    // MARK: Receiving

    /// Inflates one part of a message that arrived with RSV1 set and appends the result to `message`.
    ///
    /// After an error the codec is of no more use.
    ///
    /// - Throws: `.limitExceeded` at the first byte beyond `ConnectionLimits.inflatedMessage` or the configuration's
    ///   `receivedRatio`; `.decoding` for what is no deflate, or refers to what lies outside the agreed window.
    public mutating func decode(_ part: Bytes, isLast: Bool, into message: inout [UInt8]) throws {
        received += part.count
        let inflater = try openInflater()
        let bound = min(inflatedLimit, configuration.receivedRatio.largest(for: received))
        inflated += try inflater.inflate(part, into: &message, room: bound - inflated)
        guard inflated <= bound else { throw excess(bound) }
        guard isLast else { return }
        try inflater.finish()
        if !receiving.keepsContext { inflater.reset() }
        received = 0
        inflated = 0
    }

    private mutating func openInflater() throws(PhoenixError) -> Inflater {
        if let inflater { return inflater }
        guard let inflater = Inflater(window: receiving.window) else {
            throw PhoenixError(.limitExceeded, "Expected memory to inflate messages with, got none.")
        }
        self.inflater = inflater
        return inflater
    }

    private func excess(_ bound: Int) -> PhoenixError {
        guard bound < inflatedLimit else {
            return PhoenixError(
                .limitExceeded,
                "Expected messages of at most \(inflatedLimit) bytes once inflated, got a longer one. "
                    + "Raise the limit on inflated messages where such messages are right."
            )
        }
        return PhoenixError(
            .limitExceeded,
            "Expected messages that inflate to at most \(configuration.receivedRatio.ratio) times their size, got "
                + "\(received) bytes that inflate to more than \(bound). Raise the ratio where such messages are right."
        )
    }
}
