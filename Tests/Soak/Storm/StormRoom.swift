import Phoenix
import Synchronization

/// One channel in the storm: pushes numbers, and checks the numbered broadcasts it hears.
final class StormRoom: Sendable {
    private struct Book {
        /// The last broadcast within the present join.
        var last: Int64?
        var heard = 0
        var joins = 0
        var violations: [String] = []
    }

    let topic: String
    let channel: PhoenixChannel
    private let book = Mutex(Book())

    init(_ number: Int, on socket: PhoenixSocket) {
        topic = "room:\(number)"
        channel = socket.channel(topic)
    }

    var heard: Int { book.withLock { $0.heard } }
    var joins: Int { book.withLock { $0.joins } }
    var violations: [String] { book.withLock { $0.violations } }

    /// Listens from before the join; states and broadcasts come in their order, from the driver.
    func join(_ account: StormAccount) throws {
        channel.onStateChange { [self] state in
            book.withLock { book in
                book.last = nil
                if state == .joined { book.joins += 1 }
            }
        }
        channel.on("tick") { [self] message in
            let number = message.payload["n"]?.integer ?? -1
            book.withLock { book in
                book.heard += 1
                // Within a join there is neither a gap nor one twice.
                if let last = book.last, number != last + 1 {
                    book.violations.append("\(topic) heard broadcast \(number) after \(last) within a join")
                }
                book.last = number
            }
        }
        try channel.join()
    }

    /// Pushes until the storm is over; now and then the channel is made to crash.
    func push(_ account: StormAccount, seed: UInt64, until isOver: Flag) async {
        var generator = SplitMix(state: seed)
        while !isOver.isRaised {
            let event = generator.next() % 200 == 0 ? "crash" : "count"
            let number = account.next()
            if let push = try? channel.push(event, ["n": .signed(number)]), event == "count" {
                account.began(number, push)
            }
            try? await Task.sleep(for: .milliseconds(Int.random(in: 20...300, using: &generator)))
        }
    }

    /// One push more, which has to be answered now that all is well.
    func echo(_ account: StormAccount) async -> [String] {
        let number = account.next()
        do {
            // The storm is over; the machine may be slow all the same.
            let push = try channel.push("count", ["n": .signed(number)], timeout: .seconds(30))
            account.began(number, push)
            try await push.response()
            return []
        } catch {
            return ["\(topic) does not answer after the storm: \(error)"]
        }
    }
}
