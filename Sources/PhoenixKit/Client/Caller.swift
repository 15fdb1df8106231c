/// Somebody who waits for the answer to a request.
///
/// The first answer counts; one that comes after the caller's timeout is ignored.
public struct Caller<Response: Sendable>: Sendable {
    let answer: @Sendable (Response) -> Void

    /// Answers.
    ///
    /// May be called from any task, once the handler's callback has returned as well.
    public func reply(_ response: Response) {
        answer(response)
    }
}
