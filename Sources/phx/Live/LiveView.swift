internal import Phoenix

/// What the console shows of its sockets: a page for a terminal, or a line at each look.
struct LiveView: Sendable {
    var style: Style

    // MARK: A page

    /// The lines of a page of so many columns and rows, none longer than that.
    ///
    /// Channels that find no room are counted in its last line but the notes.
    func page(_ sockets: [History], notes: [String], columns: Int, rows: Int) -> [String] {
        let notes = notes.suffix(max(0, min(4, rows - 8 * sockets.count)))
        let room = rows - notes.count - 1
        var lines: [Row] = []
        for (index, history) in sockets.enumerated() {
            let head = head(of: history, columns)
            // What is left beside the heads is for the channels of this socket and those below, in equal parts.
            let left = sockets.count - index
            let free = max(0, room - lines.count - left * head.count)
            lines += head + channels(of: history, columns, atMost: free / left)
        }
        lines = Array(lines.prefix(max(0, room)))
        while lines.count < room { lines.append(Row(columns)) }
        for note in notes { lines.append(Row(columns, note, style.dim)) }
        lines.append(Row(columns, "q quits", style.dim))
        return lines.map(\.text)
    }

    private func head(of history: History, _ columns: Int) -> [Row] {
        let reading = history.last
        var title = Row(columns, "\(mark(of: reading.state)) ", colour(of: reading.state))
        title.add("\(reading.state)".padded(to: 12), colour(of: reading.state))
        title.add("  \(reading.url)", style.bold)
        if let transport = reading.transport { title.add("  over \(transport)") }
        if reading.reconnects > 0 { title.add("  reconnects \(reading.reconnects.grouped)", style.yellow) }

        let curve = max(8, min(40, columns - 62))
        func traffic(_ name: String, _ rates: [Double], _ count: Int, _ bytes: Int) -> Row {
            var row = Row(columns, "  \(name.padded(to: 11))")
            row.add((rates.last ?? 0).brief.leading(to: 9) + "/s  ")
            row.add(Sparkline.drawing(rates, columns: curve).padded(to: curve), style.cyan)
            row.add("  \(count.grouped) messages, \(bytes.byteText)", style.dim)
            return row
        }
        let received = traffic("in", history.receivedPerSecond, reading.received, reading.bytesReceived)
        let sent = traffic("out", history.sentPerSecond, reading.sent, reading.bytesSent)

        var roundTrip = Row(columns, "  round trip ")
        roundTrip.add((reading.roundTrip?.brief ?? "–").leading(to: 9) + "    ")
        let trips = history.roundTrips.map { $0.map { $0 / .microseconds(1) } }
        roundTrip.add(Sparkline.drawing(trips, columns: curve).padded(to: curve), style.cyan)
        let known = history.roundTrips.compactMap { $0 }
        if let least = known.min(), let most = known.max() {
            roundTrip.add("  \(least.brief) to \(most.brief)", style.dim)
        }

        var buffers = Row(columns, "  waiting    ")
        buffers.add("\(reading.waiting.grouped) pushes, \(reading.outbound.byteText) to write")
        let lost = "  dropped \(reading.dropped.grouped)"
        buffers.add(lost, reading.dropped > 0 ? style.red : style.dim)
        let problem = Row(columns, reading.problem.map { "  \($0.printable)" } ?? "", style.yellow)
        return [title, received, sent, roundTrip, buffers, problem]
    }

    private func channels(of history: History, _ columns: Int, atMost limit: Int) -> [Row] {
        let all = history.last.channels
        guard limit > 1, !all.isEmpty else { return [] }
        let width = min(max(all.map(\.topic.printable.columns).max() ?? 0, 7) + 2, max(9, columns / 3))
        var rows: [Row] = []
        let title =
            "  \("channel".padded(to: width))\("state".padded(to: 9))\("messages".leading(to: 10))\("per s".leading(to: 9))"
        rows.append(Row(columns, title + "  present", style.dim))
        // A blank line, and one that counts what is not shown, come out of the same room.
        let shown = all.count + 1 <= limit ? all[...] : all.prefix(limit - 2)
        for channel in shown {
            var row = Row(columns, "  ")
            row.add(channel.topic.printable.shortened(to: width - 2).padded(to: width), style.bold)
            row.add("\(channel.state)".padded(to: 9), colour(of: channel.state))
            row.add(channel.received.grouped.leading(to: 10))
            row.add((history.channelRates[channel.topic] ?? 0).brief.leading(to: 9))
            if let problem = channel.problem {
                row.add("  \(problem)", style.red)
            } else if let present = channel.present {
                row.add("  \(present.count.grouped)", style.magenta)
                if !present.isEmpty { row.add("  \(present.map(\.printable).joined(separator: ", "))", style.magenta) }
            }
            rows.append(row)
        }
        if shown.count < all.count { rows.append(Row(columns, "  and \(all.count - shown.count) more", style.dim)) }
        if rows.count < limit { rows.append(Row(columns)) }
        return rows
    }

    private func mark(of state: SocketState.Kind) -> String {
        switch state {
        case .connected: "●"
        case .connecting, .waiting: "◌"
        default: "○"
        }
    }

    private func colour(of state: SocketState.Kind) -> (String) -> String {
        switch state {
        case .connected: style.green
        case .connecting, .waiting: style.yellow
        default: style.red
        }
    }

    private func colour(of state: ChannelState) -> (String) -> String {
        switch state {
        case .joined: style.green
        case .joining, .leaving: style.yellow
        case .errored, .closed: style.red
        }
    }

    // MARK: Lines

    /// One look at a socket on one line, for people.
    func line(_ history: History, time: String) -> String {
        let reading = history.last
        var parts = [
            style.dim(time), colour(of: reading.state)("\(reading.state)".padded(to: 10)), reading.transport ?? "–",
            "in \((history.receivedPerSecond.last ?? 0).brief)/s", "out \((history.sentPerSecond.last ?? 0).brief)/s",
            "round trip \(reading.roundTrip?.brief ?? "–")", "joined \(reading.joined)/\(reading.channels.count)",
        ]
        if let present = reading.present { parts.append("present \(present)") }
        parts += ["waiting \(reading.waiting)", "dropped \(reading.dropped)", "reconnects \(reading.reconnects)"]
        parts.append(style.bold(reading.url))
        for channel in reading.channels {
            if let problem = channel.problem { parts.append(style.red("\(channel.topic.printable): \(problem)")) }
        }
        if let problem = reading.problem { parts.append(style.yellow(problem.printable)) }
        return parts.joined(separator: "  ")
    }
}

/// A line of a page, of so many columns at most.
private struct Row {
    private(set) var text = ""
    private var left: Int

    init(_ columns: Int, _ text: String = "", _ paint: (String) -> String = { $0 }) {
        left = columns
        add(text, paint)
    }

    /// Adds a text in a colour, as far as there is room.
    mutating func add(_ text: String, _ paint: (String) -> String = { $0 }) {
        var fitting = ""
        for character in text {
            guard character.columns <= left else {
                left = 0
                break
            }
            left -= character.columns
            fitting.append(character)
        }
        if !fitting.isEmpty { self.text += paint(fitting) }
    }
}

extension String {
    /// The text with spaces before it up to `length` characters.
    fileprivate func leading(to length: Int) -> String {
        String(repeating: " ", count: max(0, length - count)) + self
    }
}
