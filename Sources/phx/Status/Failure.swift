internal import Phoenix

/// Why a command ends badly: what to exit with, and what to tell the user.
struct Failure: Error, Sendable {
    var status: Status
    /// What was expected, what came and what to try; empty when all has been said already.
    var message: String

    init(_ status: Status, _ message: String) {
        self.status = status
        self.message = message
    }
}

extension Failure {
    /// The failure that `error` means.
    init(_ error: PhoenixError) {
        // What the serializer says about a message it cannot write is the better half of the error.
        let innermost = error.code == .encoding ? error.cause as? PhoenixError ?? error : error
        self.init(Self.status(of: error), innermost.message.printable + Self.advice(on: error))
    }

    /// The failure that the end of a connection means.
    init(_ reason: DisconnectReason) {
        if let error = reason.error {
            self.init(error)
        } else if let close = reason.close, close.isLocal {
            self.init(.unreachable, "The connection was closed from here.")
        } else if let close = reason.close, close.code == nil, !close.isClean {
            self.init(.unreachable, "The connection was gone, without a word from the server.")
        } else if let close = reason.close {
            let code = close.code.map { "code \($0)" } ?? "no close code"
            let text = close.reason.isEmpty ? "" : ", \"\(close.reason.printable)\""
            self.init(.unreachable, "The server closed the connection (\(code)\(text)).\(Self.meaning(of: close.code))")
        } else {
            self.init(.unreachable, "The connection was lost.")
        }
    }

    /// Whether trying again later may help.
    static func isTransient(_ reason: DisconnectReason) -> Bool {
        guard let error = reason.error else { return true }
        if let refusal = reason.refusal { return refusal.status >= 500 || [408, 425, 429].contains(refusal.status) }
        switch status(of: error) {
        case .unreachable: return error.code != .tls
        case .timeout, .failure: return true
        case .ok, .joinDenied, .errorReply, .usage, .badData, .protocolBroken, .refused: return false
        }
    }

    private static func status(of error: PhoenixError) -> Status {
        switch error.code {
        case .disconnected, .unreachable, .tls, .transportDown: .unreachable
        case .upgradeRefused:
            switch (error.cause as? UpgradeRefusal)?.status {
            case 401, 403, 407: .refused
            default: .unreachable
            }
        case .timeout: .timeout
        case .upgradeInvalid, .transportProtocol, .decoding, .limitExceeded: .protocolBroken
        case .encoding: .badData
        case .invalidURL, .unknownTransport, .unknownSerializer, .unknownExtension, .versionConflict, .invalidOption,
            .incompatible, .endpointMismatch:
            .usage
        default: .failure
        }
    }

    private static func advice(on error: PhoenixError) -> String {
        switch error.code {
        case .unknownTransport:
            " With phx the option is --transport; the suffix for WebSocket is /websocket."
        case .tls where error.message.contains("trusted"): " With phx: --cacert FILE names the roots to trust."
        default: ""
        }
    }

    private static func meaning(of code: UInt16?) -> String {
        switch code {
        case 1001: " It asked this socket to go."
        case 1002: " It saw a breach of the protocol, or nothing from us for too long."
        case 1009: " A message was too large for it."
        case 1011: " It failed, or could not read a message."
        case 1012: " It restarts."
        default: ""
        }
    }
}
