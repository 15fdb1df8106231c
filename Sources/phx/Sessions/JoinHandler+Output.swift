internal import Phoenix

extension JoinHandler {
    /// Shows a message: presence as comings and goings, all else as it is.
    mutating func show(_ message: Message) {
        if console.isJSON { return console.line(MessageText(message).json) }
        switch message.event {
        case "presence_state":
            guard (try? presence.stateReceived(message.payload)) != nil else { break }
            let names = presence.list.map(\.key.printable).joined(separator: ", ")
            return console.line(console.style.magenta("● here: \(names.isEmpty ? "nobody" : names)"))
        case "presence_diff":
            guard let changes = try? presence.diffReceived(message.payload) else { break }
            for change in changes {
                switch change {
                case .joined(nil, let new): console.line(console.style.magenta("● \(new.key.printable) came"))
                case .left(let current, _) where current.metas.isEmpty:
                    console.line(console.style.magenta("○ \(current.key.printable) left"))
                case .joined, .left: break
                }
            }
            return
        default: break
        }
        let style = console.style
        console.line("\(style.cyan("←")) \(style.bold(message.event.printable))  \(message.payload.shown)")
    }

    /// Shows how a push ended, and how long that took.
    func show(_ reply: Reply, to push: Push) {
        if console.isJSON {
            guard case .reply(let status, let response) = reply.outcome else {
                return console.warn("No reply to \(push.event.printable): \(reply.outcome.summary).")
            }
            let text = MessageText(
                topic: reply.topic,
                event: "phx_reply",
                payload: response,
                reference: reply.reference,
                joinReference: joinReference,
                status: status
            )
            return console.line(text.json)
        }
        let style = console.style
        let event = push.event.printable
        switch reply.outcome {
        case .reply(let status, let response):
            let mark = status == "ok" ? style.green("ok") : style.red(status.printable)
            let time = style.dim("(\((clock.now - push.time).brief))")
            console.line("\(style.cyan("←")) \(mark)  \(event)  \(response.shown)  \(time)")
        case .timeout: console.line(style.dim("  no reply to \(event)"))
        case .channelClosed, .left: console.line(style.yellow("  the channel closed before it replied to \(event)"))
        case .refused(let refusal): console.line(style.yellow("  \(event) was not sent: \(refusal.message)"))
        case .disconnected: console.line(style.yellow("  the connection was lost before a reply to \(event) came"))
        }
    }
}
