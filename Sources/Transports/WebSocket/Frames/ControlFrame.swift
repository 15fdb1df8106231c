internal import PhoenixKit

/// A control frame (RFC 6455 section 5.5).
enum ControlFrame: Hashable {
    case ping(Bytes)
    case pong(Bytes)
    case close(CloseFrame)
}

/// What a close frame says (RFC 6455 section 5.5.1).
struct CloseFrame: Hashable {
    /// The close code; nil when the frame was empty.
    var code: UInt16?
    var reason: String

    init(code: UInt16?, reason: String) {
        self.code = code
        self.reason = reason
    }

    /// Reads the payload of a close frame.
    ///
    /// - Throws: 1002 for one lone byte and for codes that must not be sent (RFC 6455 section 7.4), 1007 for a reason
    ///   that is not UTF-8.
    init(_ payload: Bytes) throws(ProtocolViolation) {
        guard let high = payload[0] else {
            self.init(code: nil, reason: "")
            return
        }
        guard let low = payload[1] else {
            throw .framing("Expected a close frame to be empty or start with a code of two bytes, got one byte.")
        }
        let code = UInt16(high) << 8 | UInt16(low)
        guard Self.isSendable(code) else {
            throw .framing("Expected a close code that may be sent, got \(code).")
        }
        guard let reason = payload[2..<payload.count].validatedText else {
            throw .contents("Expected the reason of a close frame to be UTF-8, got other bytes.")
        }
        self.init(code: code, reason: reason)
    }

    /// The close frame nearest to what was asked for that may be sent: another code than those allowed becomes 1000,
    /// and the reason is cut to 123 bytes at the end of a character.
    init(fittingCode code: UInt16, reason: String) {
        var kept = ""
        var room = 123
        for character in reason {
            room -= character.utf8.count
            guard room >= 0 else { break }
            kept.append(character)
        }
        self.init(code: Self.isSendable(code) ? code : 1000, reason: kept)
    }

    /// The payload of the frame.
    var payload: Bytes {
        guard let code else { return Bytes() }
        return Bytes([UInt8(code >> 8), UInt8(code & 0xFF)] + Array(reason.utf8))
    }

    /// Whether a close frame may carry `code`: those of RFC 6455 section 7.4.1 and of IANA's registry that are not
    /// reserved for local use, and the ranges of libraries and applications.
    static func isSendable(_ code: UInt16) -> Bool {
        switch code {
        case 1000...1003, 1007...1014, 3000...4999: true
        default: false
        }
    }
}
