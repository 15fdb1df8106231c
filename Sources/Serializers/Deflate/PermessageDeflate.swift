public import PhoenixKit

/// Compresses the messages of a WebSocket (RFC 7692).
///
/// ```swift
/// let options = ConnectionOptions.webSocket(compression: .permessageDeflate)
/// ```
///
/// A server that does not take up the offer is spoken to plain. An answer that does not fit the offer fails the connection with
/// `.upgradeInvalid`. Each message is compressed or sent plain as the configuration says; what does not become smaller goes
/// plain as well.
///
/// Compressing and inflating run where the frames are written and read, on the event loop of the connection.
///
/// TLS hides what is said but not how long it is: where secrets and words of an attacker's choosing share a message, or a
/// window, the length gives the secrets away (CRIME, BREACH). Leave compression off there.
public struct PermessageDeflate: WireExtension, Hashable {
    /// The settings.
    public var configuration: Configuration

    /// The extension, with these settings.
    public init(_ configuration: Configuration = Configuration()) {
        self.configuration = configuration
    }

    static let name = "permessage-deflate"

    public var name: String { Self.name }

    public var offer: String {
        var parts = [Self.name]
        if configuration.serverNoContextTakeover { parts.append("server_no_context_takeover") }
        if configuration.clientNoContextTakeover { parts.append("client_no_context_takeover") }
        if let bits = configuration.serverMaxWindowBits { parts.append("server_max_window_bits=\(bits.rawValue)") }
        switch configuration.clientMaxWindowBits {
        case nil: break
        case .fifteen: parts.append("client_max_window_bits")
        case let bits?: parts.append("client_max_window_bits=\(bits.rawValue)")
        }
        return parts.joined(separator: "; ")
    }

    public func accept(_ answer: String?, limits: ConnectionLimits) throws -> (any WireCodec)? {
        guard let answer else { return nil }
        return codec(for: try agreement(from: answer), as: .client, limits: limits)
    }

    /// What one end of a connection does to its messages.
    public func codec(
        for agreement: DeflateAgreement,
        as role: Role,
        limits: ConnectionLimits = ConnectionLimits()
    ) -> DeflateCodec {
        DeflateCodec(agreement, as: role, configuration: configuration, limits: limits)
    }

    /// Reads a server's answer and checks it against the offer (RFC 7692 sections 5.1 and 7.1).
    ///
    /// - Throws: `.upgradeInvalid` for what is malformed, unknown, said twice or out of range, for a window larger than
    ///   offered, for a limit on a client that offered none, and for a wish that is not answered.
    func agreement(from answer: String) throws(PhoenixError) -> DeflateAgreement {
        let parameters: DeflateParameters
        do throws(DeflateParameters.Fault) {
            guard let elements = ExtensionHeader.read(answer), elements.count == 1, elements[0].name == name else {
                throw DeflateParameters.Fault(words: "words that are not in its grammar")
            }
            parameters = try DeflateParameters(elements[0].parameters)
        } catch {
            throw Self.misfit(error.words)
        }
        if configuration.serverNoContextTakeover, !parameters.serverNoContextTakeover {
            throw Self.misfit("no server_no_context_takeover, which was asked for")
        }
        if let wish = configuration.serverMaxWindowBits {
            guard let bits = parameters.serverMaxWindowBits else {
                throw Self.misfit("no server_max_window_bits, which was asked for")
            }
            guard bits <= wish else {
                throw Self.misfit("server_max_window_bits=\(bits.rawValue), more than the \(wish.rawValue) asked for")
            }
        }
        return DeflateAgreement(
            serverNoContextTakeover: parameters.serverNoContextTakeover,
            clientNoContextTakeover: parameters.clientNoContextTakeover,
            serverMaxWindowBits: parameters.serverMaxWindowBits,
            clientMaxWindowBits: try clientBits(parameters.clientMaxWindowBits)
        )
    }

    private func clientBits(_ answer: DeflateParameters.ClientWindow?) throws(PhoenixError) -> WindowBits? {
        switch answer {
        case nil: return nil
        case .anySize: throw Self.misfit("client_max_window_bits without a value")
        case .atMost(let bits):
            guard let offered = configuration.clientMaxWindowBits else {
                throw Self.misfit("client_max_window_bits, which was not offered")
            }
            guard bits <= offered else {
                throw Self.misfit(
                    "client_max_window_bits=\(bits.rawValue), more than the \(offered.rawValue) offered"
                )
            }
            return bits
        }
    }

    private static func misfit(_ got: String) -> PhoenixError {
        PhoenixError(
            .upgradeInvalid,
            "Expected an answer that fits the offer of permessage-deflate (RFC 7692 section 7.1), got \(got). "
                + "Turn compression off for this server, or look for a proxy that changes headers."
        )
    }
}
