internal import Foundation
internal import Harness
internal import Synchronization

#if canImport(FoundationNetworking)
internal import FoundationNetworking
#endif

/// One long-poll session, opened by hand.
///
/// Completion handlers, which cost least; they run one at a time. The session has the settings of the transport's and the requests
/// have their headers.
final class Peer: BareEchoPeer, Sendable {
    private struct State {
        var reference = 1
        var wanted = 0
        var sum: Int64 = 0
        var trips: [Int64] = []
        var sentAt: Int64 = 0
        /// Requests of the echo at hand that are not yet answered.
        var pending = 0
        var finished: CheckedContinuation<Void, any Error>?
    }

    private let state = Mutex(State())
    private let session: URLSession
    private let poll: URLRequest
    private let post: URLRequest
    private let pad: String

    init(port: Int, size: Int) async throws {
        let configuration = URLSessionConfiguration.ephemeral
        configuration.httpCookieStorage = nil
        configuration.httpShouldSetCookies = false
        configuration.httpCookieAcceptPolicy = .never
        configuration.urlCache = nil
        configuration.urlCredentialStorage = nil
        session = URLSession(configuration: configuration)
        pad = String(repeating: "x", count: size - 20)

        let url = "http://127.0.0.1:\(port)/socket/longpoll?vsn=2.0.0"
        guard let opening = URL(string: url) else { throw BareFailure.misuse }
        let body = try await session.data(for: Self.request(opening)).0
        guard let token = try JSONDecoder().decode(Session.self, from: body).token,
            let escaped = token.addingPercentEncoding(withAllowedCharacters: .alphanumerics),
            let named = URL(string: "\(url)&token=\(escaped)")
        else { throw BareFailure.noSession }
        poll = Self.request(named, token)
        var post = poll
        post.httpMethod = "POST"
        post.setValue("application/x-ndjson", forHTTPHeaderField: "content-type")
        self.post = post
    }

    private struct Session: Decodable {
        let token: String?
    }

    private static func request(_ url: URL, _ token: String? = nil) -> URLRequest {
        var request = URLRequest(url: url)
        request.cachePolicy = .reloadIgnoringLocalCacheData
        request.httpShouldHandleCookies = false
        request.setValue("application/json", forHTTPHeaderField: "accept")
        if let token { request.setValue(token, forHTTPHeaderField: "x-phoenix-longpoll-token") }
        return request
    }

    /// Sends `text` and waits for what comes of it, whatever it is.
    func exchange(_ text: String) async throws {
        var post = post
        post.httpBody = Data(text.utf8)
        _ = try await session.data(for: post)
        _ = try await session.data(for: poll)
    }

    /// Does `count` echoes one after the other; the sum of their integers and what each took.
    func echo(_ count: Int) async throws -> (sum: Int64, trips: [Int64]) {
        try await withCheckedThrowingContinuation { continuation in
            state.withLock { state in
                (state.wanted, state.sum, state.trips) = (count, 0, [])
                state.trips.reserveCapacity(count)
                state.sentAt = CPUClock.wall
                state.finished = continuation
            }
            next()
        }
        return state.withLock { ($0.sum, $0.trips) }
    }

    /// Sends the push, and the poll that is to fetch its reply.
    private func next() {
        let reference = state.withLock { state in
            state.pending = 2
            state.reference += 1
            return state.reference
        }
        session.dataTask(with: poll) { body, _, _ in self.answered(body, isPoll: true) }.resume()
        var post = post
        post.httpBody = Data(
            "[\"1\",\"\(reference)\",\"blast:0\",\"echo\",{\"i\":1000000,\"pad\":\"\(pad)\"}]".utf8
        )
        session.dataTask(with: post) { body, _, _ in self.answered(body, isPoll: false) }.resume()
    }

    private func answered(_ body: Data?, isPoll: Bool) {
        // As it stands in a message that is a string.
        let found = isPoll ? body.flatMap { $0.withUnsafeBytes { integer(behind: "i\\\":", in: $0) } } : 0
        let (goesOn, finished) = state.withLock { state -> (Bool, CheckedContinuation<Void, any Error>?) in
            defer { if body == nil || found == nil { state.finished = nil } }
            guard body != nil, let found else { return (false, state.finished) }
            if isPoll {
                // From reply to reply: what a push waits for the answer to the POST before it counts.
                let now = CPUClock.wall
                state.trips.append(now - state.sentAt)
                state.sentAt = now
                state.sum &+= found
            }
            state.pending -= 1
            guard state.pending == 0 else { return (false, nil) }
            guard state.trips.count == state.wanted else { return (true, nil) }
            defer { state.finished = nil }
            return (false, state.finished)
        }
        if goesOn { return next() }
        if body == nil || found == nil {
            finished?.resume(throwing: BareFailure.noAnswer)
        } else {
            finished?.resume()
        }
    }
}
