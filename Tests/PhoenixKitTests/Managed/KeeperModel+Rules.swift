import PhoenixTesting

@testable import PhoenixKit

extension KeeperModel {
    /// What must hold after every step.
    func check() throws {
        try checkPushes()
        try checkBooks()
        try checkTimers()
        if !bench.hasCommands, !bench.hasStopped { try checkStates() }
        if !bench.hasStopped, !bench.hasCommands { try checkDeadlines() }
    }

    private func checkPushes() throws {
        for one in asked {
            guard let outcome = one.push.settled else { continue }
            switch outcome {
            case .reply(_, let response):
                guard response["n"]?.integer == one.number else {
                    throw broken("\(one.kind) \(one.number) got the reply to \(response["n"]?.integer ?? 0)")
                }
            case .refused(let refusal):
                let isOwn = refusal.code == .bufferFull || refusal.code == .stopped
                guard isOwn || one.kind == "join" && refusal.code == .credentials else {
                    throw broken("\(one.kind) \(one.number) was refused with \(refusal.code): \(refusal.message)")
                }
            case .disconnected, .channelClosed:
                if one.kind == "leave" { throw broken("a leave ended as \(outcome)") }
            case .timeout, .left: break
            }
        }
    }

    private func checkBooks() throws {
        let keeper = bench.keeper
        guard !bench.hasStopped else { return }
        let waiting = keeper.channels.values.flatMap(\.waiting)
        guard waiting.count == keeper.waitingCount, waiting.reduce(0, { $0 + $1.size }) == keeper.waitingBytes else {
            throw broken("\(waiting.count) pushes wait, \(keeper.waitingCount) are counted")
        }
        guard keeper.waitingCount <= keeper.settings.pushBufferCount,
            keeper.waitingBytes <= keeper.settings.pushBufferBytes
        else { throw broken("more pushes wait than may") }
        for push in waiting where push.settled != nil {
            throw broken("push \(push.number) waits although it has ended")
        }
        for (push, _) in keeper.timed.values {
            guard push.settled == nil, keeper.timers.isRunning(.push(push.number)) else {
                throw broken("\(push.event) \(push.number) is kept although it has ended")
            }
        }
        let table = bench.socket.core.table
        guard table.outstanding.count <= table.outstandingLimit + 8 else { throw broken("too many references") }
        for number in keeper.outstanding.keys where table.outstanding[number] == nil {
            throw broken("reference \(number) is kept although it has ended")
        }
        var joining: Set<Bytes> = []
        for entry in table.outstanding.values where entry.kind == .join {
            guard joining.insert(entry.topic).inserted else { throw broken("two joins of \(entry.topic.text)") }
        }
        if let flush = keeper.flush, keeper.outstanding.isEmpty, keeper.waitingCount == 0 {
            throw broken("a flush goes on although nothing is left: \(flush.code)")
        }
    }

    private func checkTimers() throws {
        let keeper = bench.keeper
        if bench.hasStopped {
            guard keeper.timers.count == 0 else { throw broken("a timer lives after the stop") }
            return
        }
        guard bench.hub.socketState.kind == .disconnected || bench.hub.socketState.kind == .suspended,
            case .down = keeper.link
        else { return }
        guard keeper.timers.count == keeper.timed.count else {
            throw broken("\(keeper.timers.count) timers live after disconnect, for \(keeper.timed.count) pushes")
        }
        guard bench.phase == .idle else { throw broken("the driver is \(bench.phase) after disconnect") }
    }

    private func checkStates() throws {
        let keeper = bench.keeper
        for channel in channels {
            guard let record = keeper.channels[channel.key] else {
                if channel.state != .closed { throw broken("\(channel.topic) is \(channel.state), but unknown") }
                continue
            }
            let state: ChannelState =
                switch record.phase {
                case .closed: .closed
                case .wanted: keeper.timers.isRunning(.rejoin(record.topic)) ? .errored : .joining
                case .preparing, .joining: .joining
                case .joined: record.pendingLeave == nil ? .joined : .joining
                case .leaving: .leaving
                }
            let expected = record.pendingLeave != nil && !record.isRejoining ? .leaving : state
            guard channel.state == expected else {
                throw broken("\(channel.topic) is \(channel.state) in the hub, and \(expected) in the keeper")
            }
            let isJoined = bench.socket.isJoined(channel.topic)
            if case .joined = record.phase, !isJoined { throw broken("\(channel.topic) is joined for the keeper only") }
            if isJoined, expected == .closed { throw broken("\(channel.topic) is joined for the table only") }
        }
        let link: KeeperBench.Phase =
            switch keeper.link {
            case .down, .waiting, .preparing: .idle
            case .connecting: .connecting
            case .open: .connected
            case .closing: bench.phase
            }
        guard link == bench.phase else { throw broken("the link is \(keeper.link), the driver is \(bench.phase)") }
    }

    private func checkDeadlines() throws {
        // What is due, the driver does next.
        if let next = bench.nextDeadline, next <= bench.clock.now { return }
        for one in asked where one.push.settled == nil && one.push.deadline < bench.clock.now {
            throw broken("\(one.kind) \(one.number) has not ended in its time")
        }
    }

    // MARK: The end

    /// Lets a fair server and the clock do what they do, and checks that all comes right.
    func settleFairly() throws {
        transcript.append("fair from here")
        bench.hub.post(.resume)
        bench.hub.post(.connect)
        for _ in 0..<60 {
            try runFairly()
            if isRight { break }
            guard let next = bench.nextDeadline else { break }
            bench.advance(by: max(next - bench.clock.now, .zero))
        }
        try runFairly()
        guard bench.hub.socketState.kind == .connected else { throw broken("stuck: \(bench.hub.socketState)") }
        for channel in channels where channel.state != .joined && channel.state != .closed {
            throw broken("stuck: \(channel.topic) is \(channel.state)")
        }
        for one in asked where one.push.settled == nil { throw broken("\(one.kind) \(one.number) never ended") }
        let place = bench.keeper.fallback.target.endpoint
        guard mayBeElsewhere || bench.target?.endpoint == place else {
            throw broken("connected to another place than the fallback believes")
        }
        try check()
    }

    private var isRight: Bool {
        bench.hub.socketState.kind == .connected
            && channels.allSatisfy { $0.state == .joined || $0.state == .closed }
            && asked.allSatisfy { $0.push.settled != nil }
            && !bench.isMoving
    }

    /// Everything that can happen without the clock happens, and well.
    private func runFairly() throws {
        try transmit()
        for _ in 0..<500 {
            noteWork()
            if bench.hasCommands {
                bench.takeCommands()
            } else if let next = bench.nextDeadline, next <= bench.clock.now {
                bench.advance(by: .zero)
            } else if hasWork {
                endWork(at: 0, well: true)
            } else if bench.phase == .connecting {
                bench.open()
            } else if let code = bench.closeAsked, bench.phase == .connected {
                bench.end(DisconnectReason(.closed, close: ConnectionClose(code: code, isLocal: true)))
            } else if !server.inbox.isEmpty, bench.phase == .connected {
                server.work(.well)
            } else if !server.outbox.isEmpty, bench.phase == .connected {
                try deliver()
            } else {
                return
            }
            try transmit()
            try check()
        }
        throw broken("never quiet")
    }

    /// Disconnects or stops, and checks that nothing is left.
    func finish(byStopping: Bool) throws {
        transcript.append(byStopping ? "stop" : "disconnect at the end")
        if byStopping {
            bench.stop()
        } else {
            bench.hub.post(.disconnect(code: 1000, reason: "", flushing: .zero))
            try runFairly()
        }
        try check()
        let keeper = bench.keeper
        guard bench.hub.socketState.kind == (byStopping ? .stopped : .disconnected) else {
            throw broken("\(bench.hub.socketState) at the end")
        }
        guard keeper.timers.count == 0, keeper.timed.isEmpty, keeper.outstanding.isEmpty, keeper.pings.isEmpty,
            keeper.preparations.isEmpty, keeper.makings.isEmpty
        else { throw broken("something is kept at the end") }
        for one in asked where one.push.settled == nil { throw broken("\(one.kind) \(one.number) never ended") }
        for ping in pings where ping.settled == nil { throw broken("a ping never ended") }
    }
}
