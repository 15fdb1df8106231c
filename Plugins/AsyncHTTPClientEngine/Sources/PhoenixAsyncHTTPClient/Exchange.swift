internal import AsyncHTTPClient
internal import NIOCore
internal import NIOHTTP1
internal import PhoenixKit
internal import PhoenixLongPoll

/// One request on its way, and what has come of its answer.
final class Exchange: HTTPClientResponseDelegate {
    private struct State {
        var task: HTTPClient.Task<HTTPResponse>?
        var isCancelled = false
        var response = HTTPResponse(status: 0)
        var body: [UInt8] = []
    }

    private let eventLoop: any EventLoop
    private let state: NIOLoopBoundBox<State>
    private let limit: Int

    init(limit: Int, on eventLoop: any EventLoop) {
        state = .makeBoxSendingValue(State(), eventLoop: eventLoop)
        self.eventLoop = eventLoop
        self.limit = limit
    }

    /// Sends the request, on the event loop.
    func start(_ send: () -> HTTPClient.Task<HTTPResponse>) -> EventLoopFuture<HTTPResponse> {
        if state.value.isCancelled { return eventLoop.makeFailedFuture(CancellationError()) }
        let task = send()
        state.value.task = task
        return task.futureResult
    }

    /// Ends the request, on the event loop, whether or not it has been sent.
    func cancel() {
        state.value.isCancelled = true
        state.value.task?.cancel()
    }

    func didReceiveHead(task: HTTPClient.Task<HTTPResponse>, _ head: HTTPResponseHead) -> EventLoopFuture<Void> {
        state.value.response.status = Int(head.status.code)
        state.value.response.headers = head.headers.map { HeaderField($0.name.lowercased(), $0.value) }
        return task.eventLoop.makeSucceededVoidFuture()
    }

    func didReceiveBodyPart(task: HTTPClient.Task<HTTPResponse>, _ part: ByteBuffer) -> EventLoopFuture<Void> {
        guard state.value.body.count + part.readableBytes <= limit else {
            return task.eventLoop.makeFailedFuture(
                PhoenixError(
                    .limitExceeded,
                    "Expected an answer of at most \(limit) bytes, got more; the rest was not read."
                )
            )
        }
        state.value.body.append(contentsOf: part.readableBytesView)
        return task.eventLoop.makeSucceededVoidFuture()
    }

    func didFinishRequest(task: HTTPClient.Task<HTTPResponse>) -> HTTPResponse {
        var response = state.value.response
        response.body = Bytes(state.value.body)
        // The task holds on to this as its delegate.
        state.value.task = nil
        return response
    }

    func didReceiveError(task: HTTPClient.Task<HTTPResponse>, _ error: any Error) {
        state.value.task = nil
    }
}
