private import Logging
internal import Phoenix

/// What to try, in a form that can be handed to another process; it holds secrets, and goes through a pipe.
struct Assignment: Sendable, Codable {
    /// A name and a value.
    struct Pair: Sendable, Codable {
        var name: String
        var value: String
    }

    /// The socket's URL, without a transport's suffix, with its query.
    var url: String
    var parameters: [Pair]
    var headers: [Pair]
    var authToken: String?
    /// Options as strings, without `transport`, `proxy` and `no-proxy`.
    var options: [String: String]
    /// The topic to join; nil for none.
    var topic: String?
    /// What the join carries, in JSON.
    var joinPayload: String
    /// How long each step may take, in seconds.
    var timeout: Double
    /// Whether frames are shown on standard error.
    var showsFrames: Bool
    /// Whether what the transports do is shown on standard error.
    var isVerbose: Bool

    var deadline: Duration { .seconds(timeout) }

    var target: ConnectionTarget {
        get throws(PhoenixError) {
            ConnectionTarget(
                endpoint: try Endpoint(url),
                parameters: Parameters(parameters.map { QueryItem($0.name, $0.value) }),
                headers: headers.map { HeaderField($0.name, $0.value) },
                authToken: authToken.map { Secret($0) }
            )
        }
    }

    /// The pair for `transport`, offering `extensions`.
    func resolution(
        _ transport: TransportName,
        offering extensions: [String] = []
    ) throws(PhoenixError) -> Resolution<AnyTransport, AnySerializer> {
        let target = try target
        let registry = PluginRegistry.standard
        var resolution = try registry.resolve(
            target.endpoint,
            ConnectionOptions(
                transport: .named(transport.rawValue),
                wireExtensions: extensions.map { .named($0) },
                strings: options
            ),
            parameters: target.parameters
        )
        resolution.wireExtensions.removeAll { !extensions.contains($0.name) }
        return resolution
    }

    /// What a transport is asked for.
    func request(
        for resolution: Resolution<AnyTransport, AnySerializer>,
        proxy: ProxySettings,
        clock: any PhoenixClock
    ) throws(PhoenixError) -> ConnectionRequest {
        let target = try target
        var deadlines = ConnectionDeadlines()
        (deadlines.connect, deadlines.tls, deadlines.upgrade) = (deadline, deadline, deadline)
        deadlines.write = deadline
        deadlines.close = min(deadline, .seconds(2))
        let console = Console(plain: true)
        return ConnectionRequest(
            url: resolution.url,
            headers: target.headers,
            authToken: target.authToken,
            serializer: resolution.serializer.capabilities,
            wireExtensions: resolution.wireExtensions,
            proxy: proxy,
            deadlines: deadlines,
            clock: clock,
            logger: Logger(label: "phx") { [isVerbose] _ -> any LogHandler in
                guard isVerbose else { return SwiftLogNoOpLogHandler() }
                return ConsoleLog(console: console, level: .debug)
            }
        )
    }

    /// What is said on an open connection.
    func exchange(joins: Bool = true, clock: any PhoenixClock) -> Exchange {
        Exchange(
            topic: joins ? topic : nil,
            joinPayload: Payload(Bytes(joinPayload), format: JSONFormat()),
            timeout: deadline,
            clock: clock
        )
    }

    /// `connection`, with its frames shown where they are to be.
    func watched(_ connection: Connection, clock: any PhoenixClock) -> Connection {
        connection.tapped(by: showsFrames ? ConsoleTap(console: Console(plain: true)) : nil, clock: clock)
    }
}
