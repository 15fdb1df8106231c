internal import Phoenix

/// What is known of a socket at one moment.
struct SocketReading: Sendable {
    /// What is known of one of its channels.
    struct Channel: Sendable {
        var topic: String
        var state: ChannelState
        /// Why the server does not let us in, or what else was wrong with the last join.
        var problem: String?
        /// How many messages have come on it.
        var received = 0
        /// Who is present, in order; nil where the server has told of nobody yet.
        var present: [String]?
    }

    /// Where it leads, without what is secret.
    var url: String
    var state: SocketState.Kind
    /// Which transport it is on, or will be.
    var transport: String?
    /// Why there is no connection, and what is done about it.
    var problem: String?
    var moment: Timestamp
    var received = 0
    var sent = 0
    var bytesReceived = 0
    var bytesSent = 0
    /// Messages that nobody got.
    var dropped = 0
    var reconnects = 0
    /// Pushes that wait for their channel.
    var waiting = 0
    /// Bytes that wait to be written.
    var outbound = 0
    /// How long the heartbeat of this look took; nil when it has not been answered.
    var roundTrip: Duration?
    var channels: [Channel] = []

    /// How many of its channels are joined.
    var joined: Int { channels.count { $0.state == .joined } }
    /// How many are present on all of them; nil where no channel has presence.
    var present: Int? {
        let counts = channels.compactMap { $0.present?.count }
        return counts.isEmpty ? nil : counts.reduce(0, +)
    }
}

/// The readings of one socket: the last one, and how what matters went on over time.
struct History: Sendable {
    /// No more than so many looks are remembered.
    static let length = 240

    private(set) var last: SocketReading
    private(set) var receivedPerSecond: [Double] = []
    private(set) var sentPerSecond: [Double] = []
    private(set) var roundTrips: [Duration?] = []
    /// Messages per second of each channel at the last look, by topic.
    private(set) var channelRates: [String: Double] = [:]

    /// Begins with a reading to compare the next one with.
    init(from first: SocketReading) {
        last = first
    }

    mutating func take(_ reading: SocketReading) {
        let seconds = max((reading.moment - last.moment) / .seconds(1), 0.001)
        func rate(_ now: Int, _ before: Int) -> Double { Double(now - before) / seconds }
        receivedPerSecond.keep(rate(reading.received, last.received), atMost: Self.length)
        sentPerSecond.keep(rate(reading.sent, last.sent), atMost: Self.length)
        roundTrips.keep(reading.roundTrip, atMost: Self.length)
        let before = Dictionary(last.channels.map { ($0.topic, $0.received) }) { first, _ in first }
        for channel in reading.channels {
            channelRates[channel.topic] = rate(channel.received, before[channel.topic] ?? 0)
        }
        last = reading
    }
}

extension Array {
    fileprivate mutating func keep(_ element: Element, atMost limit: Int) {
        append(element)
        if count > limit { removeFirst(count - limit) }
    }
}
