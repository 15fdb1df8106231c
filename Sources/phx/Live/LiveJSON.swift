internal import Phoenix

/// One look at a socket, for machines: one object, whose keys `phx help console` lists.
struct LiveJSON: Encodable {
    private struct ChannelPart: Encodable {
        private enum CodingKeys: CodingKey {
            case topic, state, problem, received, present
        }

        let channel: SocketReading.Channel

        func encode(to encoder: any Encoder) throws {
            var object = encoder.container(keyedBy: CodingKeys.self)
            try object.encode(channel.topic, forKey: .topic)
            try object.encode("\(channel.state)", forKey: .state)
            // Null where there is none, so that the keys are always the same.
            try object.encode(channel.problem, forKey: .problem)
            try object.encode(channel.received, forKey: .received)
            try object.encode(channel.present, forKey: .present)
        }
    }

    private enum CodingKeys: String, CodingKey {
        case url, state, transport, problem, received, sent, dropped, waiting, reconnects, channels
        case receivedPerSecond = "received_per_second"
        case sentPerSecond = "sent_per_second"
        case bytesReceived = "bytes_received"
        case bytesSent = "bytes_sent"
        case bytesWaiting = "bytes_waiting"
        case roundTrip = "round_trip_ms"
    }

    private let history: History

    init(_ history: History) {
        self.history = history
    }

    /// The object on one line.
    var line: String {
        get throws { try JSONFormat().encode(self).text }
    }

    func encode(to encoder: any Encoder) throws {
        let reading = history.last
        var object = encoder.container(keyedBy: CodingKeys.self)
        try object.encode(reading.url, forKey: .url)
        try object.encode("\(reading.state)", forKey: .state)
        // Null where there is none, so that the keys are always the same.
        try object.encode(reading.transport, forKey: .transport)
        try object.encode(reading.problem, forKey: .problem)
        try object.encode(reading.received, forKey: .received)
        try object.encode(rounded(history.receivedPerSecond.last), forKey: .receivedPerSecond)
        try object.encode(reading.bytesReceived, forKey: .bytesReceived)
        try object.encode(reading.sent, forKey: .sent)
        try object.encode(rounded(history.sentPerSecond.last), forKey: .sentPerSecond)
        try object.encode(reading.bytesSent, forKey: .bytesSent)
        // Microseconds are as much as there is to it.
        try object.encode(reading.roundTrip.map { ($0 / .microseconds(1)).rounded() / 1_000 }, forKey: .roundTrip)
        try object.encode(reading.waiting, forKey: .waiting)
        try object.encode(reading.outbound, forKey: .bytesWaiting)
        try object.encode(reading.dropped, forKey: .dropped)
        try object.encode(reading.reconnects, forKey: .reconnects)
        try object.encode(reading.channels.map { ChannelPart(channel: $0) }, forKey: .channels)
    }

    private func rounded(_ rate: Double?) -> Double { ((rate ?? 0) * 10).rounded() / 10 }
}
