/// Somebody who waits for the answer to a request.
///
/// The first answer counts; one that comes after the caller's timeout is ignored.
public struct Caller<Response: Sendable>: Sendable {
    let answer: @Sendable (Response) -> Bool

    /// Answers; may be called from any task, once the handler's callback has returned as well.
    ///
    /// - Returns: whether the caller still waited. False after another answer, the caller's timeout or its cancellation.
    @discardableResult
    public func reply(_ response: Response) -> Bool {
        answer(response)
    }
}
