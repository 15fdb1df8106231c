internal import PhoenixKit

/// A topic, or the beginning of topics: `lobby` fits itself, `room:*` all that begin with `room:`.
struct TopicPattern: Sendable, Hashable {
    private let stem: Bytes
    private let isPrefix: Bool

    init(_ pattern: String) {
        isPrefix = pattern.hasSuffix("*")
        stem = Bytes(isPrefix ? String(pattern.dropLast()) : pattern)
    }

    func matches(_ topic: Bytes) -> Bool {
        isPrefix ? topic[0..<stem.count] == stem : topic == stem
    }
}
