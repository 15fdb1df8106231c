internal import Phoenix
internal import PhoenixTestServer

/// Shows what happens at a server, one line for each connection, join, leave and push.
struct ServerLog {
    let console: Console

    /// Follows `journal` until the task is cancelled.
    func follow(_ journal: Journal) async {
        var last = 0
        while !Task.isCancelled {
            let shown = last
            do {
                _ = try await journal.wait(atMost: .seconds(3_600)) { $0.number > shown }
            } catch is CancellationError {
                return
            } catch {
                continue
            }
            for entry in journal.entries where entry.number > last {
                if entry.number > last + 1, last > 0 {
                    console.line(console.style.yellow("… \(entry.number - last - 1) entries came too fast to be shown"))
                }
                last = entry.number
                if let text = line(for: entry) { console.line("\(console.style.dim(System.timeOfDay()))  \(text)") }
            }
        }
    }

    /// The line for `entry`, or nil when it deserves none: heartbeats, pings, what the server sends of its own accord.
    func line(for entry: JournalEntry) -> String? {
        let who = entry.connection.map { "#\($0)" } ?? "  "
        return text(for: entry).map { "\(console.style.cyan(who.padded(to: 4))) \($0)" }
    }

    private func text(for entry: JournalEntry) -> String? {
        switch entry.kind {
        case .connected: return console.style.green("connected") + " \((entry.note ?? "").printable)"
        case .answered where (500...).contains(entry.status ?? 0) || entry.status == 408:
            return console.style.red("answered") + " \((entry.note ?? "").printable) (\(entry.status ?? 0))"
        case .refused:
            return console.style.red("refused")
                + " \((entry.note ?? "").printable) (\(entry.status.map(String.init) ?? "-"))"
        case .page: return "\((entry.note ?? "").printable) (\(entry.status.map(String.init) ?? "-"))"
        case .received: return entry.message.flatMap(request)
        case .sent: return entry.message.flatMap(refusal)
        case .undecodable: return console.style.red("sent what is no message")
        case .closed:
            return console.style.yellow("closed") + (entry.code.map { " (\($0))" } ?? ", \(entry.note ?? "just gone")")
        case .cut: return console.style.yellow("cut")
        default: return nil
        }
    }

    private func request(_ message: Message) -> String? {
        let topic = message.topic.printable
        switch message.eventBytes {
        case Message.Name.heartbeat where message.topicBytes == Message.Name.phoenix: return nil
        case Message.Name.join: return "join   \(topic)  \(message.payload.shown.shortened(to: 120))"
        case Message.Name.leave: return "leave  \(topic)"
        default: return "push   \(topic)  \(message.event.printable)  \(message.payload.shown.shortened(to: 120))"
        }
    }

    /// What did not go well for the client.
    private func refusal(_ message: Message) -> String? {
        switch message.eventBytes {
        case Message.Name.error: return console.style.red("crash") + "  \(message.topic.printable)"
        case Message.Name.reply where message.status != "ok":
            let status = (message.status ?? "").printable
            return console.style.red(status)
                + "  \(message.topic.printable)  \(message.payload.shown.shortened(to: 120))"
        default: return nil
        }
    }
}
