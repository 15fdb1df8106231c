internal import Phoenix

extension FuzzTarget {
    /// A URL and options as a configuration has them: the first line is the URL, each line after it `key=value`.
    ///
    /// What is parsed must come back from its text, and what is resolved must be fit to be sent; no error tells the value of a
    /// parameter.
    static func endpoint(_ corpus: Corpus) -> FuzzTarget {
        let urls = corpus.targets.map { "ws://127.0.0.1:4000\($0)" }
        let more = [
            "wss://example.org/socket/websocket?token=\(planted)&vsn=2.0.0\nserializer=json",
            "https://[2001:db8::1]:8443/live/websocket?vsn=1.0.0#fragment\nvsn=1.0.0\ncompression=none",
            "http://example.org\ntransport=websocket\nserializer=json\nversion=2.0.0\nwebsocket.keep-alive=30",
            "ws://u:p@example.org/socket/websocket", "ws://example.org:65535/%ff/websocket?a[b][]=%zz+&a",
            "wss://example.org/socket/websocket?vsn=1.0.0&vsn=2.0.0\nwebsocket.verify=none\nwebsocket.ca-file=/x",
            "ws://h/longpoll\ntransport=longpoll", "ws://h/websocket\nserializer=json+permessage-deflate",
        ]
        let words = [
            "ws://", "wss://", "http://", "https://", "://", "/websocket", "/longpoll", "?", "&", "=", "#", "%", "%2F",
            "%00", "@", ":", "[", "]",
            "[::1]", "vsn=2.0.0", "vsn=1.0.0", "vsn=2.0.1", "vsn=3.0.0", "vsn=", "\n", "\ntransport=websocket",
            "\nserializer=json",
            "\ncompression=permessage-deflate", "\nwebsocket.keep-alive=", "\nwebsocket.verify=none", "\nversion=",
            "token=\(planted)", "+", "..",
            "ä", "\u{0}", "65536", "00080",
        ]
        return FuzzTarget(
            "endpoint",
            seeds: (urls + more).map { Array($0.utf8) },
            tokens: words.map { Array($0.utf8) },
            examine: { examineEndpoint($0) }
        )
    }

    private static func examineEndpoint(_ input: [UInt8]) -> Bool {
        let lines = String(decoding: input, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
        let text = lines.first.map { String($0) } ?? ""
        let endpoint: Endpoint
        do throws(PhoenixError) {
            endpoint = try Endpoint(text)
        } catch {
            require(error.code == .invalidURL, "an error of the URL, got \(error.code)")
            require(!"\(error)".contains(planted), "no secrets in errors, got \(error)")
            return false
        }
        examineParts(of: endpoint)
        var options: ConnectionOptions = [:]
        for line in lines.dropFirst() {
            let pair = line.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            options.strings[String(pair[0])] = pair.count > 1 ? String(pair[1]) : ""
        }
        do throws(PhoenixError) {
            let resolution = try PluginRegistry.standard.resolve(endpoint, options, parameters: ["user": "ä&=?"])
            let url = resolution.url
            let schemes = resolution.transport.capabilities.schemes
            require(
                [schemes.plain, schemes.secure].contains(url.scheme),
                "a scheme of the transport, got \(url.scheme)"
            )
            require(url.isSecure == endpoint.isSecure, "TLS exactly where it was asked for")
            require(url.lastPathComponent == resolution.transport.capabilities.name, "the transport's suffix")
            require(url.queryItems.contains { $0.name == "user" && $0.value == "ä&=?" }, "the parameters in the query")
            let version = url.queryItems.last(where: { $0.name == "vsn" })?.value ?? ""
            require(
                version.hasPrefix(String(resolution.serializer.version.prefix(4))),
                "the serializer's vsn, got \(version)"
            )
            require((url.query ?? "").hasPrefix(endpoint.query ?? ""), "the caller's query to survive")
            examineParts(of: url)
            return true
        } catch {
            let codes: [PhoenixError.Code] = [
                .unknownTransport, .unknownSerializer, .unknownExtension, .invalidOption, .invalidURL, .versionConflict,
                .incompatible,
            ]
            require(codes.contains(error.code), "an error of the resolution, got \(error.code)")
            return false
        }
    }

    private static func examineParts(of endpoint: Endpoint) {
        require(endpoint.requestTarget.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }, "a target that fits a request line")
        require(endpoint.requestTarget.hasPrefix("/"), "a target that begins with a slash")
        let port = endpoint.port.map { ":\($0)" } ?? ""
        let query = endpoint.query.map { "?" + $0 } ?? ""
        let text = "\(endpoint.scheme)://\(endpoint.bracketedHost)\(port)\(endpoint.path)\(query)"
        // What was added may have made it longer than what is parsed.
        require(
            text.utf8.count > 16_384 || (try? Endpoint(text)) == endpoint,
            "\(text) to be parsed as what it was made of"
        )
        let names = endpoint.queryItems.map(\.name).joined(separator: " ")
        let isShown = "\(endpoint.host) \(endpoint.path) \(names)".contains(planted)
        require(isShown || !"\(endpoint)".contains(planted), "no values of parameters in a description")
        let again = Endpoint(scheme: "ws", host: "h", path: "/").appending(endpoint.queryItems)
        require(again.queryItems == endpoint.queryItems, "parameters to come back from the query they are written to")
    }
}
