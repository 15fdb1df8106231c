internal import PhoenixKit

@testable internal import PhoenixLongPoll

/// A machine and the time it is told, with its orders in words.
struct Transcript {
    private(set) var machine: LongPollMachine
    private var now = Timestamp(nanoseconds: 0)
    private(set) var polls: [HTTPRequest] = []
    private(set) var posts: [HTTPRequest] = []

    init(
        _ configuration: LongPollTransport.Configuration = .init(),
        limits: ConnectionLimits = ConnectionLimits()
    ) throws {
        let request = try request { $0.limits = limits }
        machine = LongPollMachine(
            try RequestFactory(request, tokenPlace: configuration.tokenPlace),
            token: "T1",
            pollDeadline: configuration.pollDeadline,
            closeLimit: .seconds(5),
            limits: limits
        )
    }

    /// What happens to a machine.
    enum Event {
        case pulled, pullCancelled
        case written(_ texts: [String])
        case closed
        case closingExpired, abandoned, timePassed
        case pollAnswered(UInt64, String, status: Int = 200)
        case pollFailed(UInt64), pollExpired(UInt64)
        case postAnswered(UInt64, String, status: Int = 200)
        case postFailed(UInt64), postExpired(UInt64)
    }

    /// Tells the machine that `event` happened `seconds` after its beginning, and says what it orders.
    mutating func run(_ event: Event, at seconds: Int) throws -> [String] {
        now = Timestamp(nanoseconds: 0) + .seconds(seconds)
        var orders: [LongPollOrder] = []
        let failure = PhoenixError(.unreachable, "The cable was cut.")
        switch event {
        case .pulled: machine.pulled(at: now, into: &orders)
        case .pullCancelled: machine.pullCancelled()
        case .written(let texts):
            let messages = try texts.map {
                try OutgoingMessage(.text($0), isLineBatchable: true, limits: ConnectionLimits())
            }
            machine.written(messages, at: now, into: &orders)
        case .closed: machine.closed(code: 1000, reason: "bye", at: now, into: &orders)
        case .closingExpired: machine.closingExpired(into: &orders)
        case .abandoned: machine.abandoned(into: &orders)
        case .timePassed: machine.timePassed(at: now, into: &orders)
        case .pollAnswered(let number, let body, let status):
            let response = HTTPResponse(status: status, body: Bytes(body))
            machine.pollAnswered(number, response, at: now, into: &orders)
        case .pollFailed(let number): machine.pollFailed(number, failure, into: &orders)
        case .pollExpired(let number): machine.pollExpired(number, into: &orders)
        case .postAnswered(let number, let body, let status):
            let response = HTTPResponse(status: status, body: Bytes(body))
            machine.postAnswered(number, response, at: now, into: &orders)
        case .postFailed(let number): machine.postFailed(number, failure, into: &orders)
        case .postExpired(let number): machine.postExpired(number, into: &orders)
        }
        for order in orders {
            if case .poll(let exchange) = order { polls.append(exchange.request) }
            if case .post(let exchange) = order { posts.append(exchange.request) }
        }
        return orders.map(Self.words)
    }

    private static func words(_ order: LongPollOrder) -> String {
        func seconds(_ moment: Timestamp) -> Int64 { moment.nanoseconds / 1_000_000_000 }
        switch order {
        case .poll(let exchange): return "poll \(exchange.number) until \(seconds(exchange.deadline))"
        case .post(let exchange):
            let lines = exchange.request.body.text.split(separator: "\n").joined(separator: " ")
            return "post \(exchange.number) until \(seconds(exchange.deadline)): \(lines)"
        case .deliver(let batch):
            return "deliver \(batch.frames.map(\.bytes.text).joined(separator: " ")) of \(seconds(batch.arrival))"
        case .makeRoom: return "make room"
        case .watchClosing(let moment): return "watch closing until \(seconds(moment))"
        case .end(.closed(let close)):
            return "closed\(close.isLocal ? " by us" : "")\(close.isClean ? "" : ", not clean") "
                + "\(close.code.map { "\($0)" } ?? "-") \(close.reason)"
        case .end(.failed(let error)): return "failed \(error.code)\(error.mayHaveBeenHandled ? ", uncertain" : "")"
        }
    }
}

extension PhoenixError {
    /// Whether the text says what must not be done.
    var mayHaveBeenHandled: Bool { message.contains("may have been handled, and is not sent again") }
}
