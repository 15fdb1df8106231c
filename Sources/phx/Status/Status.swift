/// What phx exits with, for scripts to tell one failure from another.
///
/// From 64 on the numbers are those of BSD's `sysexits.h`.
enum Status: Int32, Sendable, CaseIterable {
    case ok = 0
    case failure = 1
    case joinDenied = 2
    case errorReply = 3
    case usage = 64
    case badData = 65
    case unreachable = 69
    case timeout = 75
    case protocolBroken = 76
    case refused = 77

    /// What the status means, as the help says it.
    var meaning: String {
        switch self {
        case .ok: "Everything went well."
        case .failure: "Something else failed; the channel crashed, for one."
        case .joinDenied: "The server denied the join."
        case .errorReply: "The reply has a status other than ok."
        case .usage: "The command line or the URL is wrong."
        case .badData: "A payload is not JSON, or not base64, or cannot be sent."
        case .unreachable: "There is no connection: nobody answers, TLS fails, or it was lost."
        case .timeout: "Something took too long."
        case .protocolBroken: "The server does not keep to the protocol."
        case .refused: "The server refused the connection (401, 403)."
        }
    }

    /// All statuses with their meanings, one a line.
    static let list =
        "EXIT STATUS\n"
        + allCases.map { status in
            let number = String(status.rawValue)
            return "  " + number + String(repeating: " ", count: 4 - number.count) + status.meaning
        }.joined(separator: "\n")
}
