internal import PhoenixKit

/// The settings that can be given as strings.
enum DeflateOption: String, CaseIterable {
    case level = "deflate.level"
    case memoryLevel = "deflate.memory-level"
    case clientWindowBits = "deflate.client-window-bits"
    case serverWindowBits = "deflate.server-window-bits"
    case clientNoContextTakeover = "deflate.client-no-context-takeover"
    case serverNoContextTakeover = "deflate.server-no-context-takeover"
    case threshold = "deflate.threshold"
    case sentRatio = "deflate.sent-ratio"
    case receivedRatio = "deflate.received-ratio"

    /// - Throws: `.invalidOption` when `text` is no value of the option.
    func apply(_ text: String, to configuration: inout PermessageDeflate.Configuration) throws(PhoenixError) {
        switch self {
        case .level: configuration.level = try number(text, in: 1...9)
        case .memoryLevel: configuration.memoryLevel = try number(text, in: 1...9)
        case .clientWindowBits: configuration.clientMaxWindowBits = try bits(text)
        case .serverWindowBits: configuration.serverMaxWindowBits = try bits(text)
        case .clientNoContextTakeover: configuration.clientNoContextTakeover = try flag(text)
        case .serverNoContextTakeover: configuration.serverNoContextTakeover = try flag(text)
        case .threshold: configuration.threshold = try number(text, in: 0...Int(Int32.max))
        case .sentRatio: configuration.sentRatio = try bound(text, like: configuration.sentRatio)
        case .receivedRatio: configuration.receivedRatio = try bound(text, like: configuration.receivedRatio)
        }
    }

    private func number(_ text: String, in range: ClosedRange<Int>) throws(PhoenixError) -> Int {
        guard let number = Int(text), String(number) == text, range.contains(number) else {
            throw invalid("a number from \(range.lowerBound) to \(range.upperBound)", text)
        }
        return number
    }

    private func bits(_ text: String) throws(PhoenixError) -> WindowBits {
        guard let bits = WindowBits(text) else { throw invalid("a number from 8 to 15", text) }
        return bits
    }

    private func flag(_ text: String) throws(PhoenixError) -> Bool {
        switch text {
        case "true": return true
        case "false": return false
        default: throw invalid("true or false", text)
        }
    }

    private func bound(_ text: String, like other: RatioBound) throws(PhoenixError) -> RatioBound {
        if text == "unlimited" { return .unlimited }
        guard let number = Int(text), String(number) == text, number > 0 else {
            throw invalid("a number above 0, or unlimited,", text)
        }
        return RatioBound(number, exempt: other.exempt)
    }

    private func invalid(_ expected: String, _ came: String) -> PhoenixError {
        PhoenixError(.invalidOption, "Expected \(expected) in the option \(rawValue), got \(came). Correct it.")
    }
}
