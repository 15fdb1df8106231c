public import PhoenixKit

extension PermessageDeflate {
    /// Chooses among a client's offers, as Bandit and Cowboy do: the first one that is right wins.
    ///
    /// An offer with an unknown parameter, one said twice, or a value out of range is passed over. What a client asks for is
    /// granted, windows as small as it likes; `client_max_window_bits` without a value is answered with the largest window
    /// allowed. A client that does not offer to limit itself is accepted with 15 bits, whatever the configuration says.
    ///
    /// ```swift
    /// let deflate = PermessageDeflate()
    /// if let agreement = try deflate.agreement(onOffers: request.values(of: "sec-websocket-extensions")) {
    ///     response.add("sec-websocket-extensions", agreement.answer())
    ///     codec = deflate.codec(for: agreement, as: .server)
    /// }
    /// ```
    ///
    /// - Parameter offers: the values of all `Sec-WebSocket-Extensions` headers of the request, other extensions included.
    /// - Returns: nil when no offer will do, or there is none.
    /// - Throws: `.upgradeInvalid` when a header is not in the grammar of RFC 6455 section 9.1; the upgrade is to be refused.
    public func agreement(onOffers offers: [String]) throws(PhoenixError) -> DeflateAgreement? {
        for header in offers {
            guard let elements = ExtensionHeader.read(header) else {
                throw PhoenixError(
                    .upgradeInvalid,
                    "Expected Sec-WebSocket-Extensions in the grammar of RFC 6455 section 9.1, got another value."
                )
            }
            for element in elements where element.name == name {
                if let parameters = try? DeflateParameters(element.parameters) { return agreement(on: parameters) }
            }
        }
        return nil
    }

    private func agreement(on offer: DeflateParameters) -> DeflateAgreement {
        let allowed = configuration.clientMaxWindowBits ?? .fifteen
        let clientBits: WindowBits? =
            switch offer.clientMaxWindowBits {
            case nil: nil
            case .anySize: allowed
            case .atMost(let bits): min(bits, allowed)
            }
        return DeflateAgreement(
            serverNoContextTakeover: offer.serverNoContextTakeover || configuration.serverNoContextTakeover,
            clientNoContextTakeover: offer.clientNoContextTakeover || configuration.clientNoContextTakeover,
            serverMaxWindowBits: [offer.serverMaxWindowBits, configuration.serverMaxWindowBits].compactMap { $0 }.min(),
            clientMaxWindowBits: clientBits
        )
    }
}
