internal import NIOCore
internal import Phoenix

/// Connects to addresses over TCP, to all of them at once, and keeps the first connection.
struct Dialer: Sendable {
    /// How long the others may take once the first is there (the Connection Attempt Delay of RFC 8305 section 8).
    private static let grace = Duration.milliseconds(250)

    /// What came of all addresses.
    struct Result: Sendable {
        /// The connection that was there first.
        var channel: (any Channel)?
        /// The address it leads to.
        var address: String?
        /// Each address in order with what it said: nil for a connection.
        var attempts: [(address: String, error: PhoenixError?)]
    }

    var port: UInt16
    var timeout: Duration
    var clock: any PhoenixClock

    private enum Event: Sendable {
        case connected(Int, any Channel)
        case failed(Int, PhoenixError)
        case expired
    }

    /// Connects to one address.
    func connect(to address: String, on eventLoop: any EventLoop) async throws -> any Channel {
        try await TCPConnector().connect(
            WebSocketConnectRequest(host: address, port: port, eventLoop: eventLoop, timeout: timeout)
        )
    }

    /// Connects to `addresses` on `eventLoop`.
    func connect(to addresses: [String], on eventLoop: any EventLoop) async -> Result {
        let late = PhoenixError(.timeout, "Expected an answer at port \(port) within \(timeout.brief), got none.")
        var result = Result(attempts: addresses.map { ($0, late) })
        let (clock, end) = (clock, clock.now + timeout)
        await withTaskGroup(of: Event.self) { group in
            for (index, address) in addresses.enumerated() {
                group.addTask { await self.attempt(index, address, on: eventLoop) }
            }
            group.addTask {
                try? await clock.sleep(until: end)
                return .expired
            }
            var pending = addresses.count
            while let event = await group.next() {
                switch event {
                case .connected(let index, let channel):
                    pending -= 1
                    result.attempts[index].error = nil
                    if result.channel == nil {
                        (result.channel, result.address) = (channel, addresses[index])
                        let soon = clock.now + Self.grace
                        group.addTask {
                            try? await clock.sleep(until: soon)
                            return .expired
                        }
                    } else {
                        channel.close(promise: nil)
                    }
                case .failed(let index, let error):
                    pending -= 1
                    if !group.isCancelled { result.attempts[index].error = error }
                case .expired:
                    group.cancelAll()
                }
                if pending == 0 { group.cancelAll() }
            }
        }
        return result
    }

    private func attempt(_ index: Int, _ address: String, on eventLoop: any EventLoop) async -> Event {
        do {
            return .connected(index, try await connect(to: address, on: eventLoop))
        } catch let error as PhoenixError {
            return .failed(index, error)
        } catch {
            return .failed(index, PhoenixError(.unreachable, "No connection to \(address): \(error)."))
        }
    }
}

/// Hands a transport a connection that is there already.
struct ReadyConnector: WebSocketConnector {
    let channel: any Channel

    func connect(_ request: WebSocketConnectRequest) async throws -> any Channel { channel }
}
