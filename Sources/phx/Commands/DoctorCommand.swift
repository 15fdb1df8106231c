internal import ArgumentParser
internal import Phoenix

struct DoctorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Tries what leads to a server, and says what works and what to set.",
        discussion: """
            Tries DNS, TCP, TLS, the WebSocket upgrade, a heartbeat, a join where a
            TOPIC is given, permessage-deflate, and long polling; directly, and
            through the proxy of the environment (https_proxy, http_proxy, all_proxy)
            or of --proxy. Each step shows how long it took; each failure its likely
            cause and the setting that helps. Both transports are tried, whatever the
            URL's suffix says; --transport websocket or longpoll tries one alone.
            Nothing is pushed. Tokens, passwords and values of the query are not shown.

            EXAMPLES
              phx doctor wss://example.org/socket/websocket
              phx doctor ws://localhost:4000/socket room:lobby --timeout 3
              phx doctor wss://example.org/socket --proxy http://proxy:3128
              phx doctor wss://example.org/socket --json | jq -r .verdict.text

            JSON
            --json prints one object:
              url, topic    what was asked for
              proxy         null, or url and from (environment or option)
              steps         in the order of their results; each has route (direct or
                            proxy), step (proxy, dns, tcp, tunnel, tls, upgrade,
                            heartbeat, join, compression, longpoll-open,
                            longpoll-poll, longpoll-join), outcome (ok, failed or
                            not-tried), and where there are any: milliseconds, detail,
                            kind, status (of HTTP), message, answeredBy, cause,
                            help, because (the step that failed)
              verdict       works, text, and if it works: transport, route, url,
                            settings (option and value each)
              status        the exit status

            EXIT STATUS
              0   A way works, the join included where a topic is given.
              2   A way works, but the server denies the join.
              64  The command line or the URL is wrong.
              65  --join-payload is not JSON.
              69  No way works.
              77  The server refuses the connection (401, 403).
            """
    )

    @OptionGroup(title: "Connection") var connection: ConnectionArguments

    @Argument(help: "A topic to join.")
    var topic: String?

    @Option(help: ArgumentHelp("What the join carries. (default: {})", valueName: "json"))
    var joinPayload: String?

    @Flag(help: "Print one object of JSON.")
    var json = false

    func validate() throws {
        if let topic { try TopicArguments.check([topic]) }
        if joinPayload != nil, topic == nil {
            throw ValidationError("Expected a topic beside --join-payload, got none.")
        }
    }

    func run() async throws {
        System.ignoreBrokenPipes()
        let console = Console(json: json, plain: !json)
        let doctor = try Doctor(connection, topic: topic, joinPayload: joinPayload)
        connection.warn(on: console, about: try connection.target())
        let table = DoctorTable(style: console.style)
        let evidence = try await doctor.examine(
            begin: { evidence, route in
                if !console.isJSON { console.line(table.title(of: route, evidence)) }
            },
            show: { row in
                if !console.isJSON { console.line(table.line(of: row)) }
            }
        )
        let verdict = Verdict(evidence)
        if console.isJSON {
            console.line(try DoctorJSON(evidence, verdict).line)
        } else {
            for line in table.ending(evidence.findings, verdict) { console.line(line) }
        }
        if verdict.status != .ok { throw Failure(verdict.status, "") }
    }
}
