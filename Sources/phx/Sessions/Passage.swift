internal import Phoenix

/// How a session gets to its socket: over one transport, or over whichever of several gets through.
struct Passage: Sendable {
    /// What follows the end of a connection.
    enum Verdict {
        /// It goes on by itself.
        case goOn(Directive)
        /// It is for the command to say whether to try again, and if so as the decision says.
        case broken(Fallback.Decision)
    }

    /// What `--transport auto` tries, the best first.
    static let automatic = ["websocket", "longpoll"]

    private var fallback: Fallback
    private let console: Console
    private var hasProven = false

    init(_ fallback: Fallback, on console: Console) {
        self.fallback = fallback
        self.console = console
    }

    /// A way to `target` as it is.
    init(to target: ConnectionTarget, on console: Console) {
        self.init(Fallback(target, [], store: InMemoryFallbackStore()), on: console)
    }

    /// A way to `target` over whatever gets through, which it remembers in the user's cache for an hour.
    ///
    /// - Throws: `.invalidURL`.
    init(toAnyOf target: ConnectionTarget, on console: Console, environment: (String) -> String?) throws {
        let registry = PluginRegistry.standard
        let names = Self.automatic.filter { name in registry.transports.contains { $0.name == name } }
        var settings = Fallback.Settings()
        // A run that lasts comes back by probes; one that does not has no time for them.
        settings.memory = .seconds(3_600)
        let store = Self.memory(environment)
        self.init(try Fallback(target, over: names, in: registry, settings: settings, store: store), on: console)
    }

    /// Where it is remembered which transport got through.
    static func memory(_ environment: (String) -> String? = System.environment) -> any FallbackStore {
        memoryPath(environment).map { FileFallbackStore(path: $0) } ?? InMemoryFallbackStore.shared
    }

    /// Where the connection leads, or is to lead.
    var target: ConnectionTarget { fallback.target }

    private var isAutomatic: Bool { fallback.candidates.count > 1 }

    /// When to call `probeDue` next.
    var nextProbe: Timestamp? { fallback.nextProbe }

    mutating func start() -> Start {
        let decision = fallback.start()
        note(decision)
        return .connect(decision.target)
    }

    mutating func connected<Handler>(_ socket: inout SocketContext<Handler>) {
        fallback.connected(at: socket.now)
        // Soon there is proof, or none.
        if isAutomatic { _ = try? socket.ping() }
    }

    mutating func proven(at now: Timestamp) {
        hasProven = true
        note(fallback.proven(at: now))
    }

    mutating func disconnected(_ reason: DisconnectReason, at now: Timestamp) -> Verdict {
        let decision = fallback.disconnected(reason, at: now)
        switch decision.step {
        case .fallBack, .move: break
        // Nothing has been sent that counts, and the next transport may be one death away.
        case .retry where isAutomatic && !hasProven && reason.kind != .failedToConnect && reason.close?.isLocal != true:
            break
        default: return .broken(decision)
        }
        note(decision)
        return .goOn(decision.directive)
    }

    /// The target to probe, when it is time for it.
    mutating func probeDue(at now: Timestamp) -> ConnectionTarget? { fallback.probeDue(at: now) }

    mutating func probed(_ outcome: ProbeOutcome, at now: Timestamp) -> Directive {
        let decision = fallback.probed(outcome, at: now)
        note(decision)
        return decision.directive
    }

    /// Says that it will be tried again, because of `message`.
    func tellRetry(_ decision: Fallback.Decision, because message: String) {
        note(decision)
        if !isAutomatic {
            console.note(console.noteStyle.yellow("\(message) Trying again in \(decision.delay.brief)."))
        }
    }

    private func note(_ decision: Fallback.Decision) {
        if isAutomatic { console.note(console.noteStyle.dim(decision.explanation.printable)) }
    }

    /// The file in the user's cache (XDG Base Directory Specification); nil where there is no place for one.
    private static func memoryPath(_ environment: (String) -> String?) -> String? {
        if let cache = environment("XDG_CACHE_HOME"), cache.hasPrefix("/") { return cache + "/phx/transports" }
        if let home = environment("HOME"), home.hasPrefix("/") { return home + "/.cache/phx/transports" }
        return nil
    }
}
