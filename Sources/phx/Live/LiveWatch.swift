internal import Phoenix

/// Looks at sockets again and again, until the user has seen enough.
struct LiveWatch: Sendable {
    let sockets: [LiveSocket]
    let interval: Duration
    /// After how many looks it ends; nil for never.
    let count: Int?
    let console: Console
    var clock: any PhoenixClock = SystemClock()

    /// Connects the sockets and shows them, on a page or as lines.
    ///
    /// - Throws: `Failure` when it makes no sense to go on.
    func run(on screen: LiveScreen?) async throws {
        let (interrupted, interrupt) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        let interrupts = Interrupts {
            console.leaveLine()
            interrupt.finish()
        }
        defer { interrupts.cancel() }
        for live in sockets { live.connect() }
        // Whichever comes first: the last look, the user, or a failure.
        let ending = await withTaskGroup(of: Result<Void, any Error>.self) { group in
            group.addTask {
                do {
                    return .success(try await watch(on: screen))
                } catch {
                    return .failure(error)
                }
            }
            group.addTask {
                for await _ in interrupted {}
                return .success(())
            }
            if screen != nil {
                group.addTask {
                    await waitForQuit()
                    return .success(())
                }
            }
            defer { group.cancelAll() }
            return await group.next() ?? .success(())
        }
        for live in sockets { await live.end() }
        try ending.get()
    }

    private func watch(on screen: LiveScreen?) async throws {
        let view = LiveView(style: console.style)
        var histories = sockets.map { History(from: $0.reading()) }
        var next = clock.now
        var looks = 0
        while looks != count {
            for live in sockets { live.act() }
            next = next + interval
            try await clock.sleep(until: next)
            for index in sockets.indices { histories[index].take(sockets[index].reading()) }
            looks += 1
            if let screen {
                screen.show { [histories] notes in
                    view.page(histories, notes: notes, columns: System.columns(of: 1), rows: System.rows(of: 1))
                }
            } else {
                for history in histories {
                    console.line(
                        console.isJSON
                            ? try LiveJSON(history).line : view.line(history, time: System.timeOfDay())
                    )
                }
            }
            for live in sockets {
                if let failure = live.failure { throw failure }
            }
        }
    }

    private func waitForQuit() async {
        let input = StandardInput()
        var decoder = KeyDecoder()
        while let bytes = await input.next() {
            let keys = decoder.keys(from: bytes)
            if keys.contains(where: { [.scalar("q"), .control("c"), .control("d")].contains($0) }) { return }
        }
    }
}
