import PhoenixKit
import PhoenixTestServer

/// What a scenario client said it did, line by line.
struct Account {
    /// The transport of the present connection; nil while there is none.
    private(set) var transport: String?
    /// Whether the room is joined.
    private(set) var isJoined = false
    /// The numbers pushed.
    private(set) var pushed: Set<Int64> = []
    /// The numbers the server's reply came for.
    private(set) var answered: Set<Int64> = []
    /// The numbers that ended without a reply.
    private(set) var ended: Set<Int64> = []
    /// The broadcasts of each join, in order of arrival.
    private(set) var ticks: [[Int64]] = []
    /// Why connections ended or did not come about.
    private(set) var disconnections: [String] = []
    /// The transports that connected, in order.
    private(set) var transports: [String] = []
    private(set) var lines: [String] = []
    /// What the client said that cannot be.
    private var contradictions: [String] = []

    /// Answers and broadcasts that came since the last join.
    private(set) var answeredSinceJoin = 0
    var ticksSinceJoin: Int { isJoined ? ticks.last?.count ?? 0 : 0 }

    /// Whether messages go both ways on a joined room over `transport`: at least so many each way.
    func isExchanging(_ count: Int, over transport: String) -> Bool {
        self.transport == transport && isJoined && answeredSinceJoin >= count && ticksSinceJoin >= count
    }

    mutating func take(_ line: String) {
        lines.append(line)
        let words = line.split(separator: " ", maxSplits: 1).map(String.init)
        let rest = words.count > 1 ? words[1] : ""
        let number = rest.split(separator: " ").first.flatMap { Int64($0) } ?? 0
        switch words.first {
        case "connected":
            transport = rest
            transports.append(rest)
        case "joined":
            isJoined = true
            answeredSinceJoin = 0
            ticks.append([])
        case "refused":
            isJoined = false
        case "disconnected":
            (transport, isJoined) = (nil, false)
            disconnections.append(rest)
        case "pushed":
            if !pushed.insert(number).inserted { contradictions.append("\(number) was pushed twice") }
        case "answered":
            if !answered.insert(number).inserted { contradictions.append("\(number) was answered twice") }
            answeredSinceJoin += 1
        case "ended":
            if !ended.insert(number).inserted { contradictions.append("\(number) ended twice") }
        case "tick":
            if isJoined {
                ticks[ticks.count - 1].append(number)
            } else {
                contradictions.append("\(line) outside a join")
            }
        default:
            break
        }
    }

    /// Holds the account against what the servers say that they received.
    ///
    /// A push that got its reply was received exactly once, any other at most once, and nothing was received that was not
    /// pushed. The broadcasts of a join are without gap and without repetition.
    func problems(_ journals: [Journal]) -> [String] {
        let dropped = journals.map(\.dropped).reduce(0, +)
        let numbers = journals.flatMap { $0.received(event: "count") }.map { $0.payload["n"]?.integer ?? -1 }
        return problems(received: numbers)
            + (dropped > 0
                ? ["the journals have dropped \(dropped) entries, and the account cannot be held against them"] : [])
    }

    /// Holds the account against the numbers that servers received.
    func problems(received numbers: [Int64]) -> [String] {
        var problems = contradictions
        let received = Dictionary(numbers.map { ($0, 1) }, uniquingKeysWith: +)
        for number in answered where received[number] != 1 {
            problems.append("\(number) was answered and received \(received[number] ?? 0) times")
        }
        for (number, count) in received where count > 1 || !pushed.contains(number) {
            problems.append("\(number) was received \(count) times and \(pushed.contains(number) ? "" : "not ")pushed")
        }
        for ended in answered.intersection(ended) { problems.append("\(ended) was answered and ended without a reply") }
        for join in ticks {
            for (one, next) in zip(join, join.dropFirst()) where next != one + 1 {
                problems.append("within a join broadcast \(one) was followed by \(next)")
            }
        }
        return problems
    }
}
