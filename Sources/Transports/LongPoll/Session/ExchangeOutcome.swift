internal import PhoenixKit

/// What came of one request.
enum ExchangeOutcome: Sendable {
    case answered(HTTPResponse)
    case failed(PhoenixError)
    /// The deadline passed first.
    case expired
    /// The task that waited was cancelled.
    case cancelled

    /// Sends `request` and waits for its answer.
    init(of request: HTTPRequest, on session: any HTTPSession) async {
        do {
            self = .answered(try await session.send(request))
        } catch let error as PhoenixError {
            self = .failed(error)
        } catch is CancellationError where Task.isCancelled {
            self = .cancelled
        } catch {
            self = .failed(PhoenixError(.unreachable, "The request failed: \(error).", cause: error))
        }
    }

    /// Sends `request` and waits for its answer until `deadline`.
    init(
        of request: HTTPRequest,
        on session: any HTTPSession,
        until deadline: Timestamp,
        clock: any PhoenixClock
    ) async {
        self = await withTaskGroup(of: ExchangeOutcome.self) { group in
            group.addTask { await ExchangeOutcome(of: request, on: session) }
            group.addTask {
                do { try await clock.sleep(until: deadline) } catch { return .cancelled }
                return .expired
            }
            defer { group.cancelAll() }
            return await group.next() ?? .cancelled
        }
    }
}
