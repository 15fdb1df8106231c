import PhoenixTesting
import Synchronization

@testable import PhoenixKit

extension KeeperModel {
    /// One step, chosen by `chance`.
    func step(_ chance: inout SplitMix64) throws {
        let dice = Int.random(in: 0..<100, using: &chance)
        switch dice {
        case 0..<30: userStep(&chance)
        case 30..<45: say("take commands") { bench.takeCommands() }
        case 45..<70: try serverStep(&chance)
        case 70..<84: networkStep(&chance)
        case 84..<90: workStep(&chance)
        default:
            let seconds = [0, 1, 1, 2, 5, 11, 40].randomElement(using: &chance) ?? 1
            let duration = Duration.seconds(seconds) + .milliseconds(Int.random(in: 0..<500, using: &chance))
            say("\(duration) later") { bench.advance(by: duration) }
        }
        // What the keeper gives up ends at once, as the tasks of the real work do.
        noteWork()
        if dice % 2 == 0 { endWorkGivenUp() }
        try transmit()
        try check()
    }

    private func say(_ what: String, _ body: () throws -> Void) rethrows {
        transcript.append(what)
        try body()
    }

    private func userStep(_ chance: inout SplitMix64) {
        let channel = channels[Int.random(in: 0..<channels.count, using: &chance)]
        let timeout = Duration.seconds(Int.random(in: 1...12, using: &chance))
        let hub = bench.hub
        switch Int.random(in: 0..<30, using: &chance) {
        case 0..<4: say("connect") { hub.post(.connect) }
        case 4: say("disconnect") { hub.post(.disconnect(code: 1000, reason: "", flushing: .zero)) }
        case 5: say("flush") { hub.post(.disconnect(code: 1001, reason: "", flushing: timeout)) }
        case 6: say("suspend") { hub.post(.suspend) }
        case 7, 8: say("resume") { hub.post(.resume) }
        case 9..<15: say("join \(channel.topic)") { join(channel, timeout) }
        case 15..<18: say("leave \(channel.topic)") { leave(channel, timeout) }
        case 18..<24: say("push \(channel.topic)") { push(channel, timeout) }
        case 24: say("ping") { ping() }
        case 25:
            let path: NetworkPath = Bool.random(using: &chance) ? .available : .unavailable
            say("\(path)") { hub.post(.networkChanged(path)) }
        case 26:
            let host = ["one", "two", "three"].randomElement(using: &chance) ?? "one"
            guard let target = try? ConnectionTarget("ws://\(host).test/socket/websocket") else { return }
            let store = InMemoryFallbackStore(clock: bench.clock)
            say("move to \(host)") { hub.post(.replace(Fallback(target, [], store: store, seed: 1))) }
        case 27, 28: say("subscribe \(channel.topic)") { subscribe(channel) }
        default: say("cancel a subscription") { subscriptions.popLast()?.cancel() }
        }
    }

    private func serverStep(_ chance: inout SplitMix64) throws {
        let topic = channels[Int.random(in: 0..<channels.count, using: &chance)].topic
        guard bench.phase == .connected else { return }
        switch Int.random(in: 0..<24, using: &chance) {
        case 0..<9:
            let moods: [ModelServer.Mood] = [.well, .well, .well, .late, .error, .permanently, .silent, .silentAndDeaf]
            let mood = moods.randomElement(using: &chance) ?? .well
            say("the server works \(mood)") { server.work(mood) }
        case 9..<18: try say("deliver") { try deliver() }
        case 18: say("broadcast") { server.broadcast(topic, generation: serverGeneration, isNamed: false) }
        case 19: say("message") { server.broadcast(topic, generation: serverGeneration, isNamed: true) }
        case 20: say("the server closes \(topic)") { server.close(topic, "phx_close") }
        case 21: say("\(topic) crashes") { server.close(topic, "phx_error") }
        case 22: say("the server repeats itself") { server.repeatItself(&chance) }
        default: say("a late answer") { server.release(&chance) }
        }
    }

    private func networkStep(_ chance: inout SplitMix64) {
        let dice = Int.random(in: 0..<12, using: &chance)
        switch bench.phase {
        case .idle:
            say("a probe ends") {
                bench.handle(.probed(.failed(DisconnectReason(.transportDown))))
            }
        case .connecting where dice < 8: say("open") { bench.open() }
        case .connecting where dice < 11:
            let status = [401, 403, 429, 503, 502].randomElement(using: &chance) ?? 503
            let refusal = UpgradeRefusal(status: status, headers: [HeaderField("Retry-After", "3")], body: Bytes())
            let error = PhoenixError(.upgradeRefused, "The model refuses.", cause: refusal, stage: .upgrade)
            say("refused with \(status)") { bench.end(.failedToConnect(error)) }
        case .connecting:
            let error = PhoenixError(.unreachable, "The model cannot be reached.", stage: .connect)
            say("unreachable") { bench.end(.failedToConnect(error)) }
        case .connected:
            if let code = bench.closeAsked, dice < 8 {
                let close = ConnectionClose(code: code, isLocal: true)
                say("the close is answered") { bench.end(DisconnectReason(.closed, close: close)) }
            } else if dice < 2 {
                say("cut") { bench.end(DisconnectReason(.closed, close: ConnectionClose(code: nil, isClean: false))) }
            } else if dice < 4 {
                let code: UInt16 = [1000, 1012, 1003, 1011].randomElement(using: &chance) ?? 1000
                say("closed with \(code)") { bench.end(DisconnectReason(.closed, close: ConnectionClose(code: code))) }
            } else if dice < 5 {
                say("a better place is proven") { bench.handle(.probed(.proven(roundTrip: .milliseconds(1)))) }
            }
        }
    }

    private func workStep(_ chance: inout SplitMix64) {
        guard hasWork else { return }
        let index = Int.random(in: 0..<workCount, using: &chance)
        let well = Int.random(in: 0..<4, using: &chance) > 0
        say("work ends \(well ? "well" : "badly")") { endWork(at: index, well: well) }
    }
}
