internal import ArgumentParser
internal import Logging
internal import Phoenix

/// What the user says about a connection.
///
/// Values are kept as text until they are used, since the parser would show a value that it cannot convert, secrets included.
struct ConnectionArguments: ParsableArguments {
    @Argument(help: ArgumentHelp("The socket, such as ws://localhost:4000/socket/websocket.", valueName: "url"))
    var url: String

    @Option(help: ArgumentHelp("The version of the protocol: 2.0.0 or 1.0.0. (default: 2.0.0)", valueName: "version"))
    var vsn: String?

    @Option(
        help: ArgumentHelp(
            "The transport, where the URL's suffix does not name it: websocket or longpoll. With auto the one that gets through.",
            valueName: "name"
        )
    )
    var transport: String?

    @Flag(help: "Compress messages with permessage-deflate, where the transport and the server can.")
    var compression = false

    @Option(
        name: .customLong("param"),
        help: ArgumentHelp("A parameter of the socket; may be repeated.", valueName: "key=value")
    )
    var parameters: [String] = []

    @Option(
        name: .customLong("header"),
        help: ArgumentHelp("A header of the handshake; may be repeated.", valueName: "name: value")
    )
    var headers: [String] = []

    @Option(
        help: ArgumentHelp(
            "The auth token. Others can see it in the list of processes: the variable PHX_AUTH_TOKEN is safer.",
            valueName: "token"
        )
    )
    var authToken: String?

    @Option(help: ArgumentHelp("A PEM file of the certificates to trust, in place of the system's.", valueName: "file"))
    var cacert: String?

    @Flag(help: "Do not check the server's certificate. Anybody on the way can then read and change everything.")
    var insecure = false

    @Option(
        help: ArgumentHelp(
            "The proxy: environment, none, or http://host:port. One with a password is safer in https_proxy or http_proxy.",
            valueName: "url"
        )
    )
    var proxy: String?

    @Option(
        name: .customLong("option"),
        help: ArgumentHelp(
            "An option of a plug-in, such as websocket.keep-alive=20 or deflate.level=9; may be repeated.",
            valueName: "key=value"
        )
    )
    var options: [String] = []

    @Option(
        help: ArgumentHelp("How long connecting, a join and a reply may take each, in seconds.", valueName: "seconds")
    )
    var timeout = 10.0

    @Flag(help: "Show every frame that goes over the wire.")
    var wire = false

    @Flag(name: .shortAndLong, help: "Show what the client does.")
    var verbose = false
}

extension ConnectionArguments {
    /// The transport that stands for all.
    private static let automatic = "auto"

    /// Whether whichever transport gets through is to be used.
    var isAutomatic: Bool { transport == Self.automatic }

    /// How to get to `target`.
    func passage(
        to target: ConnectionTarget,
        on console: Console,
        environment: (String) -> String? = System.environment
    ) throws -> Passage {
        isAutomatic
            ? try Passage(toAnyOf: target, on: console, environment: environment) : Passage(to: target, on: console)
    }

    /// Where to connect: to the URL, or to another with the same parameters, headers and token.
    func target(
        _ other: String? = nil,
        environment: (String) -> String? = System.environment
    ) throws -> ConnectionTarget {
        let endpoint = try Endpoint(other ?? url)
        var items: [QueryItem] = []
        for text in parameters {
            let (key, value) = try Self.pair(text, "--param", "key=value")
            items.append(QueryItem(key, value))
        }
        let token = authToken ?? environment("PHX_AUTH_TOKEN").flatMap { $0.isEmpty ? nil : $0 }
        return ConnectionTarget(
            endpoint: endpoint,
            parameters: Parameters(items),
            headers: try headers.map(Self.header),
            authToken: token.map { Secret($0) }
        )
    }

    /// Which plug-ins to use, and how.
    func connectionOptions() throws -> ConnectionOptions {
        var strings: [String: String] = [:]
        for text in options {
            let (key, value) = try Self.pair(text, "--option", "key=value")
            strings[key] = value
        }
        if let transport, !isAutomatic { strings["transport"] = transport }
        if let vsn { strings["vsn"] = vsn }
        if compression { strings["compression"] = "permessage-deflate" }
        if let proxy { strings["proxy"] = proxy }
        if let cacert {
            guard System.canRead(cacert) else {
                throw Failure(.usage, "Expected --cacert to name a file that can be read, got \(cacert.printable).")
            }
            guard !isAutomatic else {
                throw Failure(
                    .usage,
                    "Expected --cacert without --transport auto, got both: long polling would trust the system's certificates, "
                        + "not these. Drop one of them."
                )
            }
            strings["websocket.ca-file"] = cacert
        }
        if insecure { strings["websocket.verify"] = "none" }
        return ConnectionOptions(strings: strings)
    }

    /// How long things may take, and where the client reports what it does.
    func configuration(on console: Console? = nil) throws -> SocketConfiguration {
        guard timeout > 0, timeout <= 86_400 else {
            throw Failure(.usage, "Expected --timeout to be above 0 and at most 86400 seconds, got \(timeout).")
        }
        let duration = Duration.seconds(timeout)
        var configuration = SocketConfiguration()
        configuration.joinTimeout = duration
        configuration.pushTimeout = duration
        configuration.deadlines.connect = duration
        configuration.deadlines.tls = duration
        configuration.deadlines.upgrade = duration
        configuration.deadlines.close = min(duration, .seconds(2))
        if let console {
            let level: Logger.Level = verbose ? .debug : .info
            configuration.logger = Logger(label: "phx") { _ in ConsoleLog(console: console, level: level) }
        }
        return configuration
    }

    /// Says what is unsafe about the connection.
    func warn(on console: Console, about target: ConnectionTarget) {
        if insecure {
            let warning = "WARNING: --insecure: the certificate of the server is not checked."
            console.warn(
                console.noteStyle.bold(console.noteStyle.red(warning))
                    + " Anybody on the way can read and change everything, tokens included."
            )
        }
        let isLocal = ["localhost", "127.0.0.1", "::1"].contains(target.endpoint.host)
        if target.authToken != nil, !target.endpoint.isSecure, !isLocal {
            console.warn(
                console.noteStyle.yellow("Warning: the auth token goes over the network in the clear. Use wss://.")
            )
        }
    }

    private static func pair(_ text: String, _ option: String, _ form: String) throws -> (String, String) {
        let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, !parts[0].isEmpty else {
            throw Failure(.usage, "Expected \(option) \(form), got a text without a key or without =.")
        }
        return (String(parts[0]), String(parts[1]))
    }

    private static func header(_ text: String) throws -> HeaderField {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, !parts[0].isEmpty else {
            throw Failure(.usage, "Expected --header 'name: value', got a text without a name or without a colon.")
        }
        let value = parts[1].drop { $0 == " " || $0 == "\t" }
        return HeaderField(String(parts[0]), String(value))
    }
}
