import PhoenixTestServer
import Synchronization

/// Keeps the reply tokens that handlers take.
final class Tokens: Sendable {
    private let tokens = Mutex<[ReplyToken]>([])

    var all: [ReplyToken] { tokens.withLock { $0 } }

    func keep(_ token: ReplyToken) {
        tokens.withLock { $0.append(token) }
    }
}
