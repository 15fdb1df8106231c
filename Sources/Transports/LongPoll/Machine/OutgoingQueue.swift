internal import PhoenixKit

/// What waits to be sent, in order, and what has been sent and not yet been acknowledged.
struct OutgoingQueue {
    /// The body of one POST.
    struct Batch: Sendable {
        let contentType: String
        let body: Bytes
        /// What the messages count for in `outstanding`.
        let size: Int
    }

    /// How many lines of a body a server reads; it drops the others without a word (Phoenix 1.8.9).
    static let lineLimit = 100

    /// The bytes that were accepted and not acknowledged.
    private(set) var outstanding = 0

    private var messages: [OutgoingMessage] = []
    /// Where in `messages` those begin that have not been taken.
    private var head = 0

    /// Whether nothing waits.
    ///
    /// A batch that was taken waits no more.
    var isEmpty: Bool { head == messages.count }

    mutating func append(_ new: [OutgoingMessage]) {
        messages += new
        for message in new { outstanding += message.size }
    }

    /// Takes as many messages as fit into one body; nil when there are none.
    ///
    /// Lines are separated, not ended, by line feeds: a server reads an empty line as a message, and fails on it.
    mutating func takeBatch() -> Batch? {
        guard head < messages.count else { return nil }
        var end = head
        var size = 0
        var separators = 0
        while end < messages.count, end - head < Self.lineLimit {
            let message = messages[end]
            let isAlone = message.form == .wholeBody
            if end > head {
                guard !isAlone, size + separators + 1 + message.size <= OutgoingMessage.bodyLimit else { break }
                separators += 1
            }
            size += message.size
            end += 1
            if isAlone { break }
        }
        let taken = messages[head..<end]
        var body: [UInt8] = []
        body.reserveCapacity(size + separators)
        for message in taken {
            if !body.isEmpty { body.append(UInt8(ascii: "\n")) }
            message.append(to: &body)
        }
        let isWhole = taken.first?.form == .wholeBody
        head = end
        if head == messages.count || head > 1_024 && head > messages.count / 2 {
            messages.removeSubrange(..<head)
            head = 0
        }
        // The type is compared literally: with a charset behind it, all lines would be one message.
        return Batch(
            contentType: isWhole ? "application/json" : "application/x-ndjson",
            body: Bytes(body),
            size: size
        )
    }

    /// Notes that a batch of `size` has been acknowledged.
    mutating func acknowledge(_ size: Int) {
        outstanding -= size
    }

    /// Forgets everything.
    mutating func clear() {
        self = OutgoingQueue()
    }
}
