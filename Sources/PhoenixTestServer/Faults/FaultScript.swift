internal import PhoenixKit

/// The faults that are to happen, in the order in which they were injected.
struct FaultScript {
    /// What is to become of one message.
    struct Plan {
        enum Delivery {
            case normal, drop, truncate
            case delay(Duration)
            case duplicate(copies: Int)
        }

        var delivery = Delivery.normal
        var cutBefore: Fault.Cut?
        var cutAfter: Fault.Cut?
        var raw: Bytes?
        /// What is done, for the journal; nil when nothing is.
        var description: String?

        init() {}

        init(_ action: Fault.Action) {
            switch action {
            case .drop: (delivery, description) = (.drop, "drop")
            case .delay(let duration): (delivery, description) = (.delay(duration), "delay by \(duration)")
            case .duplicate(let copies): (delivery, description) = (.duplicate(copies: copies), "send \(copies) times")
            case .truncate: (delivery, description) = (.truncate, "truncate")
            case .cutBefore(let cut): (cutBefore, description) = (cut, "cut before")
            case .cutAfter(let cut): (cutAfter, description) = (cut, "cut after")
            case .raw(let bytes): (raw, description) = (bytes, "\(bytes) of garbage after")
            }
        }
    }

    private struct Rule {
        var number: Int
        var kind: Fault.Kind
        var remaining: Int?
    }

    private var rules: [Rule] = []
    private var lastNumber = 0

    var isEmpty: Bool { rules.isEmpty }

    mutating func add(_ fault: Fault) -> Int {
        lastNumber += 1
        if fault.times != 0 { rules.append(Rule(number: lastNumber, kind: fault.kind, remaining: fault.times)) }
        return lastNumber
    }

    mutating func remove(_ number: Int) {
        rules.removeAll { $0.number == number }
    }

    mutating func removeAll() {
        rules.removeAll()
    }

    mutating func upgrading(path: String) -> Fault.UpgradeAction? {
        first { kind in
            if case .upgrade(let wanted, let action) = kind, wanted == nil || wanted == path { action } else { nil }
        }
    }

    mutating func requesting(
        _ request: SiteRequest,
        hasToken: Bool
    ) -> (action: Fault.RequestAction, afterHandling: Bool)? {
        first { kind in
            if case .request(let match, let action, let afterHandling) = kind,
                match.matches(request, hasToken: hasToken)
            {
                (action, afterHandling)
            } else {
                nil
            }
        }
    }

    mutating func receiving(_ message: Message, connection: UInt64) -> Plan {
        let action = first { kind in
            if case .receiving(let match, let action) = kind, match.matches(message, connection: connection) {
                action
            } else {
                nil
            }
        }
        return action.map { Plan($0) } ?? Plan()
    }

    mutating func sending(_ message: Message, connection: UInt64) -> Plan {
        let action = first { kind in
            if case .sending(let match, let action) = kind, match.matches(message, connection: connection) {
                action
            } else {
                nil
            }
        }
        return action.map { Plan($0) } ?? Plan()
    }

    /// The first answer of a rule, which is used up by one.
    private mutating func first<Action>(_ answer: (Fault.Kind) -> Action?) -> Action? {
        for index in rules.indices {
            guard let action = answer(rules[index].kind) else { continue }
            if let remaining = rules[index].remaining {
                if remaining <= 1 { rules.remove(at: index) } else { rules[index].remaining = remaining - 1 }
            }
            return action
        }
        return nil
    }
}
