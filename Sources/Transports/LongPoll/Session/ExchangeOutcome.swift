internal import PhoenixKit

/// What came of one request.
enum ExchangeOutcome: Sendable {
    case answered(HTTPResponse)
    case failed(PhoenixError)
    /// The deadline passed first.
    case expired
    /// The task that waited was cancelled.
    case cancelled

    /// Sends `request` and waits for its answer until `deadline`.
    init(
        of request: HTTPRequest,
        on session: any HTTPSession,
        until deadline: Timestamp,
        clock: any PhoenixClock
    ) async {
        self = await withTaskGroup(of: ExchangeOutcome.self) { group in
            group.addTask {
                do {
                    return .answered(try await session.send(request))
                } catch let error as PhoenixError {
                    return .failed(error)
                } catch is CancellationError where Task.isCancelled {
                    return .cancelled
                } catch {
                    return .failed(PhoenixError(.unreachable, "The request failed: \(error).", cause: error))
                }
            }
            group.addTask {
                do { try await clock.sleep(until: deadline) } catch { return .cancelled }
                return .expired
            }
            defer { group.cancelAll() }
            return await group.next() ?? .cancelled
        }
    }
}
