/// What is to be tried on one route, and what came of it so far.
///
/// It is told the outcomes and knows which steps can no longer be tried.
struct Chart: Sendable {
    /// A step whose outcome is known.
    struct Row: Sendable, Hashable {
        var route: Route
        var step: Step
        var outcome: Outcome
    }

    /// What decides about the steps of a route.
    struct Plan: Sendable, Hashable {
        var route: Route
        var isSecure: Bool
        var joins: Bool
        var transports: Set<TransportName>
        var triesCompression: Bool
    }

    let route: Route
    /// All steps, in order.
    let steps: [Step]
    /// Those whose outcome is known, in the order in which it became known.
    private(set) var rows: [Row] = []

    init(_ plan: Plan) {
        route = plan.route
        steps = Step.allCases.filter { step in
            guard step.transport.map(plan.transports.contains) ?? true else { return false }
            return switch step {
            case .settings: plan.route == .proxy
            case .name, .connect, .upgrade, .heartbeat, .longPollOpen, .longPollExchange: true
            // Long polling has its own library open tunnels and speak TLS.
            case .tunnel: plan.route == .proxy && plan.transports.contains(.webSocket)
            case .tls: plan.isSecure && plan.transports.contains(.webSocket)
            case .join, .longPollJoin: plan.joins
            case .compression: plan.triesCompression
            }
        }
    }

    /// Takes the outcome of a step.
    ///
    /// - Returns: the rows that are known by it: its own, then those of the steps that cannot be tried any more. Nothing for a
    ///   step that is not planned or whose outcome is known already.
    mutating func record(_ outcome: Outcome, of step: Step) -> [Row] {
        guard isOpen(step) else { return [] }
        var known = [Row(route: route, step: step, outcome: outcome)]
        rows += known
        guard !outcome.isPassed else { return known }
        for other in steps where isOpen(other) && needs(other, step) {
            known.append(Row(route: route, step: other, outcome: .notTried(because: step)))
        }
        rows += known.dropFirst()
        return known
    }

    /// What came of `step`; nil while it is not known, and for a step that is not planned.
    func outcome(of step: Step) -> Outcome? {
        rows.first { $0.step == step }?.outcome
    }

    func passed(_ step: Step) -> Bool { outcome(of: step)?.isPassed ?? false }

    /// Whether `step` is planned and its outcome is not known.
    func isOpen(_ step: Step) -> Bool {
        steps.contains(step) && outcome(of: step) == nil
    }

    /// Whether a client that goes this way with `transport` gets all it needs: answers, and its join where one was asked for.
    func works(_ transport: TransportName) -> Bool {
        let needed: [Step] =
            switch transport {
            case .webSocket: [.upgrade, .heartbeat, .join]
            case .longPoll: [.longPollOpen, .longPollExchange, .longPollJoin]
            }
        let planned = needed.filter(steps.contains)
        return !planned.isEmpty && planned.allSatisfy(passed)
    }

    /// Whether the server answers by this way with `transport`, whatever becomes of a join.
    func answers(_ transport: TransportName) -> Bool {
        passed(transport == .webSocket ? .heartbeat : .longPollExchange)
    }

    /// Whether `step` cannot be tried without `other`.
    private func needs(_ step: Step, _ other: Step) -> Bool {
        guard let direct = prerequisite(of: step) else { return false }
        return direct == other || needs(direct, other)
    }

    private func prerequisite(of step: Step) -> Step? {
        let candidates: [Step] =
            switch step {
            case .settings: []
            case .name: [.settings]
            case .connect: [.name]
            case .tunnel: [.connect]
            case .tls: [.tunnel, .connect]
            case .upgrade: [.tls, .tunnel, .connect]
            case .heartbeat: [.upgrade]
            case .join, .compression: [.heartbeat]
            case .longPollOpen: [.connect]
            case .longPollExchange: [.longPollOpen]
            case .longPollJoin: [.longPollExchange]
            }
        return candidates.first(where: steps.contains)
    }
}
