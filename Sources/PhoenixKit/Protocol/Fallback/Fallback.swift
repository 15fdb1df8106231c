/// Finds the transport that gets through, and the way back to the better one.
///
/// It has a list of candidates, the most preferred first: as a rule a WebSocket, then long polling. It is told what was tried and what
/// came, and answers what to try next, after what wait, and why. It knows no clock and no network: a handler of the callback client
/// owns one and returns its decisions.
///
///     mutating func disconnected(_ reason: DisconnectReason, _ socket: inout Socket) -> Directive {
///         let decision = fallback.disconnected(reason, at: socket.now)
///         socket.logger.info("\(decision.explanation)")
///         return decision.directive
///     }
///
/// - It goes on to the next candidate on signs that something between client and server stands in the way: at once when the handshake
///   was answered with a wrong status (407, 501 and 502 among them), with nonsense, or not at all, or was cut; after several in a row when
///   connections open and die unproven, are cut soon after, or when the server answers 500.
/// - It stays on signs that another transport would not help: no address, connection refused, certificates, 401, 403, and 429 and 503,
///   whose `Retry-After` it honours.
/// - When the last candidate has failed too it begins with the first again, after a wait that grows with every round until a connection
///   proves itself (hazard B35).
/// - A candidate that cannot work at all, such as long polling for a serializer that writes binary frames alone, is left out from then on
///   (hazard B30).
/// - A lower candidate that proved itself is remembered in the store, and a later fallback to the same place begins with it.
/// - While a lower candidate is in use, the better ones are probed from time to time on a second connection; a probe that succeeds leads
///   to a decision to move.
///
/// Proven means that the server answered something: a heartbeat, a join, a push.
public struct Fallback: Sendable {
    private enum Phase: Equatable {
        case connecting
        case open(since: Timestamp, isProven: Bool)
        /// The old connection is being given up for the candidate of this index.
        case moving(Int)
    }

    private enum Probing: Equatable {
        case none
        case due(Timestamp)
        /// The candidate of this index is being probed.
        case running(Int)
    }

    /// Where it may connect, the most preferred first; at least one.
    public let candidates: [ConnectionTarget]
    /// When it moves, and how it comes back.
    public let settings: Settings
    private let store: any FallbackStore
    private var generator: SplitMix64

    /// The candidate in use.
    private var current = 0
    private var phase = Phase.connecting
    /// Candidates that cannot work.
    private var unusable: Set<Int> = []
    /// How many connections in a row died unproven or young.
    private var deaths = 0
    private var backoff: Backoff
    /// Whether a better candidate than the present one failed in this fallback's own time.
    private var hasFallen = false
    /// The index of the candidate that the store is known to remember.
    private var remembered: Int?
    private var probing = Probing.none
    private var probes: Backoff
    private var lastProbed: Int?

    /// Creates a fallback.
    ///
    /// - Parameters:
    ///   - preferred: the best candidate.
    ///   - others: the others, the better ones first. Candidates may lead to different hosts.
    ///   - settings: when to move, and how to come back.
    ///   - store: where what worked is remembered.
    ///   - seed: what chance begins with; the same seed, the same waits.
    public init(
        _ preferred: ConnectionTarget,
        _ others: [ConnectionTarget],
        settings: Settings = Settings(),
        store: any FallbackStore = InMemoryFallbackStore.shared,
        seed: UInt64 = .random(in: 0...(.max))
    ) {
        candidates = [preferred] + others
        self.settings = settings
        self.store = store
        generator = SplitMix64(seed: seed)
        backoff = settings.backoff
        probes = settings.probes
    }

    /// Where to connect: the candidate in use, or about to be.
    public var target: ConnectionTarget { candidates[current] }

    /// The transport in use, or about to be: the last component of its URL, as a rule.
    public var transport: String { name(current) }

    /// When a better candidate wants to be probed next.
    ///
    /// Nil when none does, and while there is no proven connection.
    public var nextProbe: Timestamp? {
        if case .due(let moment) = probing, case .open(_, true) = phase { moment } else { nil }
    }

    // MARK: What happens

    /// Says where to begin: with what worked last time, if that is known and not too long ago.
    public mutating func start() -> Decision {
        var note = ""
        do {
            if let memory = try store.recall(place), memory.age >= .zero, memory.age <= settings.memory,
                let index = candidates.indices.dropFirst().first(where: { name($0) == memory.choice })
            {
                remembered = index
                current = index
                return Decision(
                    .begin,
                    target,
                    "\(transport): worked \(memory.age.inWords) ago, when \(name(0)) did not; beginning with it."
                )
            }
        } catch {
            note = " The store could not be read."
        }
        return Decision(.begin, target, "\(transport): the best of \(candidates.count); beginning with it.\(note)")
    }

    /// The connection is open, which proves nothing yet.
    public mutating func connected(at now: Timestamp) {
        if case .moving(let index) = phase { adopt(index) }
        phase = .open(since: now, isProven: false)
    }

    /// The server answered something on the present connection, which may be worth remembering.
    ///
    /// The step is `stay`.
    @discardableResult
    public mutating func proven(at now: Timestamp) -> Decision {
        guard case .open(let since, false) = phase else {
            return Decision(.stay, target, "\(transport): another answer came.")
        }
        phase = .open(since: since, isProven: true)
        backoff.reset()
        if current > 0, probing == .none, !betterOnes.isEmpty {
            probing = .due(now + probes.next(using: &generator))
        }
        return Decision(.stay, target, "\(transport): proved itself\(keepInMind()).")
    }

    /// The connection is gone or could not be opened: says what to do.
    public mutating func disconnected(_ reason: DisconnectReason, at now: Timestamp) -> Decision {
        if case .moving(let index) = phase { adopt(index) }
        if reason.kind == .replaced {
            phase = .connecting
            return Decision(.move, target, "\(transport): takes the place of the connection before.")
        }
        let life: FallbackSign.Life =
            switch phase {
            case .open(let since, true): .proven(now - since)
            case .open: .unproven
            case .connecting, .moving: .neverOpened
            }
        phase = .connecting
        if case .proven(let duration) = life, current == 0, duration >= settings.shortLife { probes.reset() }
        return decide(FallbackSign(reason, after: life, shortLife: settings.shortLife), life)
    }

    // MARK: Probes

    /// The candidate to probe, when it is time for it.
    ///
    /// Nil when it is not, when a probe is running, or when there is no proven connection that another could be better than. Whoever gets a
    /// target here must report the outcome to `probed`.
    public mutating func probeDue(at now: Timestamp) -> ConnectionTarget? {
        guard let nextProbe, nextProbe <= now else { return nil }
        // One after the other, from the best on.
        let better = betterOnes
        guard let index = better.first(where: { $0 > lastProbed ?? -1 }) ?? better.first else { return nil }
        lastProbed = index
        probing = .running(index)
        return candidates[index]
    }

    /// The probe has ended: says whether to move.
    ///
    /// The step is `move` or `stay`; on a `stay`, `nextProbe` says when to try again.
    public mutating func probed(_ outcome: ProbeOutcome, at now: Timestamp) -> Decision {
        guard case .running(let index) = probing else {
            return Decision(.stay, target, "\(transport): no probe was running.")
        }
        probing = .none
        guard index < current else {
            return Decision(.stay, target, "\(transport): in use before the probe of \(name(index)) had ended.")
        }
        switch outcome {
        case .proven(let roundTrip):
            let former = transport
            if case .open = phase { phase = .moving(index) } else { adopt(index) }
            return Decision(
                .move,
                candidates[index],
                "\(name(index)): a second connection proved itself (round trip \(roundTrip.inWords)); moving to it from \(former)."
            )
        case .failed(let reason):
            let sign = FallbackSign(reason, after: .neverOpened, shortLife: settings.shortLife)
            if sign.verdict == .unusable { unusable.insert(index) }
            var next = "it is left out from now on."
            if !betterOnes.isEmpty {
                let wait = probes.next(using: &generator)
                probing = .due(now + wait)
                next = "probing again in \(wait.inWords)."
            }
            return Decision(
                .stay,
                target,
                "\(name(index)): the probe failed: \(sign.words). Staying with \(transport); \(next)"
            )
        }
    }

    // MARK: Inside

    private mutating func decide(_ sign: FallbackSign, _ life: FallbackSign.Life) -> Decision {
        let came = "\(transport): \(sign.words)"
        switch sign.verdict {
        case .moves: return moveOn(came, sign)
        case .counts: return count(came, sign)
        case .staysAtPlace where !sharesPlaceWithNext: return count(came, sign)
        case .unusable:
            unusable.insert(current)
            return moveOn(came + "; it is left out from now on", sign)
        case .ours: return again(came, sign)
        case .stays, .staysAtPlace:
            deaths = 0
            // What another transport to the same place cannot help may help one that is no longer the best.
            if life == .neverOpened, current > 0 { return moveOn(came, sign) }
            let why = life == .neverOpened && candidates.count > 1 ? "; another transport would not help" : ""
            return again(came + why, sign)
        }
    }

    private mutating func count(_ came: String, _ sign: FallbackSign) -> Decision {
        deaths += 1
        let limit = max(settings.deathsInARow, 1)
        let tally = "\(came), \(deaths) of \(limit) in a row"
        return deaths >= limit ? moveOn(tally, sign) : again(tally, sign)
    }

    /// Goes on to the next candidate, or begins with the best again.
    private mutating func moveOn(_ came: String, _ sign: FallbackSign) -> Decision {
        let usable = candidates.indices.filter { !unusable.contains($0) }
        if let next = usable.first(where: { $0 > current }) {
            adopt(next)
            hasFallen = true
            return Decision(.fallBack, target, "\(came). Trying \(transport) at once.")
        }
        deaths = 0
        let best = usable.first ?? 0
        guard best != current else { return again("\(came); there is nothing else to try", sign) }
        adopt(best)
        let wait = wait(sign)
        return Decision(
            .startOver,
            target,
            after: wait,
            "\(came). Beginning with \(transport) again in \(wait.inWords)."
        )
    }

    private mutating func again(_ came: String, _ sign: FallbackSign) -> Decision {
        let wait = wait(sign)
        return Decision(.retry, target, after: wait, "\(came). Trying again in \(wait.inWords).")
    }

    private mutating func wait(_ sign: FallbackSign) -> Duration {
        max(backoff.next(using: &generator), min(sign.retryAfter ?? .zero, settings.longestRetryAfter))
    }

    private mutating func adopt(_ index: Int) {
        if index < current { hasFallen = false }
        if index == 0, case .due = probing { probing = .none }
        current = index
        deaths = 0
        phase = .connecting
    }

    /// Brings the store up to date with the candidate that has just proved itself.
    private mutating func keepInMind() -> String {
        do {
            if current == 0 {
                guard remembered != nil else { return "" }
                remembered = nil
                try store.forget(place)
                return "; that another was better once is forgotten"
            }
            guard hasFallen, remembered != current else { return "" }
            remembered = current
            try store.remember(transport, at: place)
            return ", and is remembered"
        } catch {
            return "; the store could not be written"
        }
    }

    private var betterOnes: [Int] {
        (0..<current).filter { !unusable.contains($0) }
    }

    /// Whether the next candidate leads to the same place as the present one.
    private var sharesPlaceWithNext: Bool {
        let next = candidates.indices.first { $0 > current && !unusable.contains($0) }
        return next.map { candidates[$0].endpoint.origin == target.endpoint.origin } ?? true
    }

    /// What the store knows the candidates by: the best one's address without its transport's suffix and its query.
    private var place: String {
        let endpoint = candidates[0].endpoint
        let path = endpoint.path.prefix(upTo: endpoint.path.lastIndex(of: "/") ?? endpoint.path.endIndex)
        return endpoint.origin + path
    }

    private func name(_ index: Int) -> String {
        let endpoint = candidates[index].endpoint
        let suffix = endpoint.lastPathComponent
        let isAlone = candidates.count { $0.endpoint.lastPathComponent == suffix } == 1
        return suffix.flatMap { isAlone ? $0 : nil } ?? Endpoint.withoutQuery(endpoint).redacted
    }
}

extension Fallback.Decision {
    fileprivate init(_ step: Step, _ target: ConnectionTarget, after delay: Duration = .zero, _ explanation: String) {
        self.init(step: step, target: target, delay: delay, explanation: explanation)
    }
}

extension Endpoint {
    /// Host, port and whether TLS is used, whatever the scheme calls it.
    fileprivate var origin: String {
        "\(isSecure ? "wss" : "ws")://\(bracketedHost.lowercased()):\(port ?? (isSecure ? 443 : 80))"
    }

    fileprivate static func withoutQuery(_ endpoint: Endpoint) -> Endpoint {
        var copy = endpoint
        copy.query = nil
        return copy
    }
}

extension Duration {
    /// The duration for people: `85 ms`, `1.4 s`, `12 min`, `3 h`.
    fileprivate var inWords: String {
        let milliseconds = clampedNanoseconds / 1_000_000
        return switch milliseconds {
        case ..<1: "under 1 ms"
        case ..<1_000: "\(milliseconds) ms"
        case ..<60_000: "\(milliseconds / 1_000).\(milliseconds % 1_000 / 100) s"
        case ..<7_200_000: "\(milliseconds / 60_000) min"
        default: "\(milliseconds / 3_600_000) h"
        }
    }
}
