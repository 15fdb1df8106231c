internal import PhoenixKit

/// A server's answer to the upgrade that was found right (RFC 6455 sections 4.1 and 4.2.2).
struct UpgradeAnswer {
    let subprotocol: String?
    let headers: [HeaderField]
    /// The names of the extensions in use.
    let extensions: [String]
    let codec: (any WireCodec)?

    /// Judges the headers of a 101.
    ///
    /// The names of `headers` are in lower case.
    ///
    /// - Throws: `.upgradeInvalid`, or what an extension throws.
    init(_ headers: [HeaderField], to request: UpgradeRequest, limits: ConnectionLimits) throws {
        func refuse(_ expected: String) -> PhoenixError {
            PhoenixError(
                .upgradeInvalid,
                "The server answered 101, but \(expected). Check that the URL leads to a WebSocket and no proxy changes it."
            )
        }
        guard HeaderRules.list("upgrade", in: headers).contains(where: { $0.lowercased() == "websocket" }) else {
            throw refuse("without “Upgrade: websocket”")
        }
        guard HeaderRules.list("connection", in: headers).contains(where: { $0.lowercased() == "upgrade" }) else {
            throw refuse("without “Connection: Upgrade”")
        }
        let proofs = headers.filter { $0.name == "sec-websocket-accept" }.map { HeaderRules.trimmed($0.value) }
        guard proofs == [Self.proof(for: request.key)] else {
            throw refuse("\(proofs.isEmpty ? "without a" : "with a wrong") Sec-WebSocket-Accept")
        }

        let chosen = headers.filter { $0.name == "sec-websocket-protocol" }.map { HeaderRules.trimmed($0.value) }
        guard chosen.count <= 1, chosen.allSatisfy({ request.protocols.contains($0) }) else {
            throw refuse("with a subprotocol that was not offered")
        }
        subprotocol = chosen.first
        self.headers = headers

        var answers: [String: String] = [:]
        for element in HeaderRules.list("sec-websocket-extensions", in: headers) {
            let name = HeaderRules.trimmed(element.prefix { $0 != ";" })
            guard request.extensions.contains(where: { $0.name == name }) else {
                throw refuse("with an extension that was not offered")
            }
            guard answers.updateValue(element, forKey: name) == nil else {
                throw refuse("with the extension \(name) twice")
            }
        }
        var names: [String] = []
        var codec: (any WireCodec)?
        for item in request.extensions {
            guard let accepted = try item.accept(answers[item.name], limits: limits) else { continue }
            guard codec == nil else {
                throw refuse("with two extensions that both use RSV1")
            }
            codec = accepted
            names.append(item.name)
        }
        self.codec = codec
        extensions = names
    }

    /// What `Sec-WebSocket-Accept` says to `key` (RFC 6455 section 4.2.2).
    static func proof(for key: String) -> String {
        Base64.encode(SHA1.hash(Array((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").utf8)))
    }
}
