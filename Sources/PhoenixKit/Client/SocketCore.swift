internal import Logging

/// What a handler's callbacks act upon: the channel table and what is to be sent.
///
/// Not generic, and owned by the driver.
@usableFromInline
struct SocketCore: ~Copyable {
    private let shared: SharedConfiguration
    let references = ReferenceSource()
    var table: ChannelTable
    /// What the table wants done, oldest first, from `nextEffect` on.
    var effects: [ChannelEffect] = []
    private var firstEffect = 0
    /// The serializer of the present connection.
    var serializer: (any Serializer)?
    /// Frames for the writer, in order.
    var outgoing: [Frame] = []
    private var outgoingBytes = 0
    /// How many bytes waited for the writer when it was last asked.
    var backlog = 0
    /// By when the joins sent since the last flush are settled.
    var joinsSettledBy: Timestamp?
    /// Whether the server answered something on the present connection.
    var isProven = false
    /// Whether the connection is being closed for a move, so that nothing more may be sent on it.
    var isClosing = false
    /// The close that the handler asked for.
    var closeRequested: (code: UInt16, reason: String)?
    var generation: UInt64 = 0

    var configuration: SocketConfiguration { _read { yield shared.configuration } }

    init(_ shared: SharedConfiguration) {
        self.shared = shared
        table = ChannelTable(references: references, outstandingLimit: shared.configuration.outstandingLimit)
    }

    init(configuration: SocketConfiguration) {
        self.init(SharedConfiguration(configuration))
    }

    // MARK: Events

    /// Whether `message` goes to the handler's `received`, and nowhere else.
    @usableFromInline
    func delivers(_ message: borrowing Message) -> Bool {
        table.delivers(message)
    }

    /// Whether a callback left nothing that the driver has to look after before the next message.
    @usableFromInline var isQuiet: Bool { effects.isEmpty && closeRequested == nil }

    mutating func received(_ message: Message) -> Route {
        table.received(message, into: &effects)
    }

    mutating func timeReached(_ now: Timestamp) {
        table.timeReached(now, cleanupTimeout: configuration.pushTimeout, into: &effects)
    }

    mutating func connected(_ serializer: any Serializer) {
        self.serializer = serializer
        isProven = false
        isClosing = false
        table.connected()
    }

    /// Forgets the connection and what was to be sent on it.
    mutating func disconnected() {
        serializer = nil
        outgoing = []
        outgoingBytes = 0
        backlog = 0
        closeRequested = nil
        isClosing = false
        joinsSettledBy = nil
        table.disconnected(into: &effects)
    }

    mutating func nextEffect() -> ChannelEffect? {
        guard firstEffect < effects.count else {
            effects.removeAll(keepingCapacity: true)
            firstEffect = 0
            return nil
        }
        defer { firstEffect += 1 }
        return effects[firstEffect]
    }

    mutating func takeOutgoing() -> [Frame] {
        let frames = outgoing
        outgoing = []
        backlog += outgoingBytes
        outgoingBytes = 0
        return frames
    }

    // MARK: Requests

    /// Checks, gives a reference, encodes, and queues one message.
    ///
    /// A reference given before encoding fails is spent, as in the seed.
    mutating func request(
        _ kind: ChannelTable.Outstanding.Kind,
        topic: String,
        event: Bytes,
        content: PayloadContent,
        timeout: Duration
    ) throws(PhoenixError) -> Reference {
        let topic = Bytes(topic)
        guard !isClosing else {
            throw PhoenixError(
                .disconnected,
                "Expected a connection, got a request on \(topic.text) while it is being closed for another. Wait for connected."
            )
        }
        let ticket = try table.authorize(kind, on: topic)
        guard let serializer else {
            throw PhoenixError(.disconnected, "Expected an open connection, got none.")
        }
        let message = Message(
            joinReference: Reference(ticket.joinReference),
            reference: Reference(ticket.reference),
            topicBytes: topic,
            eventBytes: event,
            payload: try content.encode(in: serializer.payloadFormat)
        )
        try enqueue(message, with: serializer)
        let deadline = configuration.clock.now + timeout
        table.sent(ticket, deadline: deadline, into: &effects)
        if kind == .join { joinsSettledBy = max(joinsSettledBy ?? deadline, deadline) }
        return Reference(ticket.reference)
    }

    /// Queues a heartbeat out of turn and returns its reference.
    ///
    /// - Throws: `.disconnected`, `.bufferFull`, `.encoding`.
    mutating func ping() throws(PhoenixError) -> UInt64 {
        guard let serializer, !isClosing else {
            throw PhoenixError(.disconnected, "Expected an open connection for a ping, got none. Wait for connected.")
        }
        let reference = references.next()
        try enqueue(try Message.heartbeat(reference, in: serializer.payloadFormat), with: serializer)
        return reference
    }

    /// Leaves, for the table, a channel that the server may have joined after its join timed out.
    mutating func sendCleanup(topic: Bytes, reference: UInt64, joinReference: UInt64) {
        guard let serializer, let payload = try? PayloadContent.value([:]).encode(in: serializer.payloadFormat) else {
            return
        }
        let message = Message(
            joinReference: Reference(joinReference),
            reference: Reference(reference),
            topicBytes: topic,
            eventBytes: Message.Name.leave,
            payload: payload
        )
        do {
            try enqueue(message, with: serializer)
        } catch {
            configuration.logger.warning(
                "A join that timed out could not be left",
                metadata: ["topic": "\(topic.text)", "error": "\(error)"]
            )
        }
    }

    private mutating func enqueue(_ message: Message, with serializer: any Serializer) throws(PhoenixError) {
        let frame: Frame
        do {
            frame = try serializer.encode(message, as: .client)
        } catch {
            throw PhoenixError(
                .encoding,
                "Expected a message that the serializer \(serializer.name) \(serializer.version) can write, "
                    + "got one that it cannot: \(PhoenixError.words(of: error)). Nothing was sent.",
                cause: error
            )
        }
        let limit = configuration.outboundBuffer
        guard backlog + outgoingBytes + frame.bytes.count <= limit else {
            throw PhoenixError(
                .bufferFull,
                "Expected at most \(limit) bytes waiting to be written, got more. The server reads too slowly; wait."
            )
        }
        guard frame.bytes.count <= configuration.limits.message else {
            throw PhoenixError(
                .limitExceeded,
                "Expected a message of at most \(configuration.limits.message) bytes, got \(frame.bytes.count). "
                    + "Send less, or raise limits.message if the server accepts more."
            )
        }
        outgoing.append(frame)
        outgoingBytes += frame.bytes.count
    }
}
