internal import PhoenixKit

/// A rule of RFC 6455 that the peer broke, with the close code it is told.
struct ProtocolViolation: Error, Hashable {
    /// What goes into our close frame: 1002, 1007 or 1009 (RFC 6455 section 7.4.1).
    let closeCode: UInt16
    /// What was expected and what came.
    let message: String

    /// A broken rule of framing: 1002.
    static func framing(_ message: String) -> ProtocolViolation {
        ProtocolViolation(closeCode: 1002, message: message)
    }

    /// Contents that are not what their frame says they are: 1007.
    static func contents(_ message: String) -> ProtocolViolation {
        ProtocolViolation(closeCode: 1007, message: message)
    }

    /// Something larger than a limit: 1009.
    static func size(_ message: String) -> ProtocolViolation {
        ProtocolViolation(closeCode: 1009, message: message)
    }

    /// The error that the reader of the connection gets.
    var error: PhoenixError {
        PhoenixError(closeCode == 1009 ? .limitExceeded : .transportProtocol, message, cause: nil)
    }
}
