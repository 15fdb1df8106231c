internal import AsyncHTTPClient
internal import Foundation
internal import Harness
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix

/// One long-poll session, opened by hand, all of whose work is done on one event loop.
///
/// The requests have the headers of those of the transport.
final class Peer: BareEchoPeer, Sendable {
    private struct State {
        var reference = 1
        var wanted = 0
        var sum: Int64 = 0
        var trips: [Int64] = []
        var sentAt: Int64 = 0
        /// Requests of the echo at hand that are not yet answered.
        var pending = 0
        var finished: EventLoopPromise<Void>?
    }

    private let eventLoop: any EventLoop
    private let state: NIOLoopBoundBox<State>
    private let client: HTTPClient
    private let poll: HTTPClient.Request
    private let pad: String

    init(port: Int, size: Int) async throws {
        eventLoop = MultiThreadedEventLoopGroup.singleton.next()
        state = .makeBoxSendingValue(State(), eventLoop: eventLoop)
        var configuration = HTTPClient.Configuration(redirectConfiguration: .disallow)
        configuration.httpVersion = .http1Only
        client = HTTPClient(eventLoopGroup: eventLoop, configuration: configuration)
        pad = String(repeating: "x", count: size - 20)

        let url = "http://127.0.0.1:\(port)/socket/longpoll?vsn=2.0.0"
        let answer = try await client.execute(request: HTTPClient.Request(url: url)).get()
        guard let body = answer.body,
            let token = try JSONDecoder().decode(Session.self, from: Data(body.readableBytesView)).token,
            let escaped = token.addingPercentEncoding(withAllowedCharacters: .alphanumerics)
        else { throw BareFailure.noSession }
        poll = try HTTPClient.Request(
            url: "\(url)&token=\(escaped)",
            headers: [
                "accept": "application/json", "accept-encoding": "gzip, deflate", "x-phoenix-longpoll-token": token,
            ]
        )
    }

    deinit {
        client.shutdown { _ in }
    }

    private struct Session: Decodable {
        let token: String?
    }

    private func post(_ text: String) throws -> HTTPClient.Request {
        var headers = poll.headers
        headers.add(name: "content-type", value: "application/x-ndjson")
        return try HTTPClient.Request(url: poll.url, method: .POST, headers: headers, body: .string(text))
    }

    /// Sends `text` and waits for what comes of it, whatever it is.
    func exchange(_ text: String) async throws {
        _ = try await client.execute(request: post(text)).get()
        _ = try await client.execute(request: poll).get()
    }

    /// Does `count` echoes one after the other; the sum of their integers and what each took.
    func echo(_ count: Int) async throws -> (sum: Int64, trips: [Int64]) {
        try await eventLoop.flatSubmit { [self] in
            let finished = eventLoop.makePromise(of: Void.self)
            (state.value.wanted, state.value.sum, state.value.trips) = (count, 0, [])
            state.value.trips.reserveCapacity(count)
            state.value.sentAt = CPUClock.wall
            state.value.finished = finished
            next()
            return finished.futureResult
        }.get()
        return try await eventLoop.submit { [state] in (state.value.sum, state.value.trips) }.get()
    }

    /// Sends the push, and the poll that is to fetch its reply.
    private func next() {
        state.value.pending = 2
        state.value.reference += 1
        let text =
            "[\"1\",\"\(state.value.reference)\",\"blast:0\",\"echo\",{\"i\":1000000,\"pad\":\"\(pad)\"}]"
        client.execute(request: poll).whenComplete { [self] in answered($0, isPoll: true) }
        do {
            client.execute(request: try post(text)).whenComplete { [self] in answered($0, isPoll: false) }
        } catch {
            state.value.finished?.fail(error)
        }
    }

    private func answered(_ result: Result<HTTPClient.Response, any Error>, isPoll: Bool) {
        guard case .success(let response) = result, let body = response.body else {
            state.value.finished?.fail(BareFailure.noAnswer)
            return
        }
        if isPoll {
            // As it stands in a message that is a string.
            guard let integer = body.withUnsafeReadableBytes({ integer(behind: "i\\\":", in: $0) }) else {
                state.value.finished?.fail(BareFailure.noAnswer)
                return
            }
            // From reply to reply: what a push waits for the answer to the POST before it counts.
            let now = CPUClock.wall
            state.value.trips.append(now - state.value.sentAt)
            state.value.sentAt = now
            state.value.sum &+= integer
        }
        state.value.pending -= 1
        guard state.value.pending == 0 else { return }
        if state.value.trips.count == state.value.wanted { state.value.finished?.succeed() } else { next() }
    }
}
