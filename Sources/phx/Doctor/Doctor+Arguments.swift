internal import Phoenix

extension Doctor {
    /// Reads what the user said.
    ///
    /// - Throws: `Failure` and `PhoenixError` for what is wrong.
    init(_ arguments: ConnectionArguments, topic: String?, joinPayload: String?) throws {
        let target = try arguments.target()
        _ = try arguments.configuration()
        var options = try arguments.connectionOptions().strings
        if let joinPayload { _ = try PayloadArguments.json(joinPayload, called: "--join-payload") }

        let chosen = options.removeValue(forKey: "transport")
        let suffix = target.endpoint.lastPathComponent.flatMap(TransportName.init)
        var base = target.endpoint
        if let suffix { base.path.removeLast(suffix.rawValue.count + 1) }
        transports = try Self.transports(chosen)
        proxy = try Self.proxy(
            for: base,
            option: options.removeValue(forKey: "proxy"),
            except: options.removeValue(forKey: "no-proxy")
        )
        endpoint = base
        self.suffix = suffix
        assignment = Assignment(
            url: "\(base.scheme)://\(base.bracketedHost)\(base.port.map { ":\($0)" } ?? "")\(base.requestTarget)",
            parameters: target.parameters.items.map { Assignment.Pair(name: $0.name, value: $0.value) },
            headers: target.headers.map { Assignment.Pair(name: $0.name, value: $0.value) },
            authToken: target.authToken?.revealed,
            options: options,
            topic: topic,
            joinPayload: joinPayload ?? "{}",
            timeout: arguments.timeout,
            showsFrames: arguments.wire,
            isVerbose: arguments.verbose
        )
        // What the options are wrong about shows before anything is tried.
        for transport in transports { _ = try assignment.resolution(transport) }
    }

    private static func transports(_ chosen: String?) throws -> Set<TransportName> {
        guard let chosen, chosen != "auto" else {
            let names = PluginRegistry.standard.transports.map(\.name)
            return Set(TransportName.allCases.filter { names.contains($0.rawValue) })
        }
        guard let transport = TransportName(rawValue: chosen) else {
            throw Failure(.usage, "Expected --transport auto, websocket or longpoll, got \(chosen.printable).")
        }
        return [transport]
    }

    private static func proxy(for endpoint: Endpoint, option: String?, except: String?) throws -> ProxyChoice {
        let exclusions = ProxyExclusions(except ?? "")
        guard let option, option != "environment" else {
            var settings = ProxySettings.environment
            settings.exclusions = exclusions
            do {
                return try settings.proxy(for: endpoint).map { .proxy($0, isFromEnvironment: true) } ?? .none
            } catch {
                return .unusable(Symptom(error))
            }
        }
        let settings = try ProxySettings.option(option, except: exclusions)
        return try settings.proxy(for: endpoint).map { .proxy($0, isFromEnvironment: false) } ?? .none
    }
}
