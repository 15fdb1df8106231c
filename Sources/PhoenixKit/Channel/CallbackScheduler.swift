public import Dispatch

/// Where callbacks run.
///
/// Callbacks of one subscription run one at a time and in order, wherever that is.
public struct CallbackScheduler: Sendable {
    /// Runs a piece of work soon; nil runs it at once, in the driver.
    let submit: (@Sendable (_ work: @escaping @Sendable () -> Void) -> Void)?

    /// At once, in the task of the socket's driver: the cheapest; a callback that blocks holds up the socket's other callbacks, though not
    /// its heartbeats.
    public static let driver = CallbackScheduler(submit: nil)

    /// On the main actor.
    public static let mainActor = CallbackScheduler { work in Task { @MainActor in work() } }

    /// On `queue`.
    public static func queue(_ queue: DispatchQueue) -> CallbackScheduler {
        CallbackScheduler { work in queue.async(execute: work) }
    }

    /// Wherever `submit` runs the work it gets; it must run it, once.
    public static func custom(
        _ submit: @escaping @Sendable (_ work: @escaping @Sendable () -> Void) -> Void
    ) -> CallbackScheduler {
        CallbackScheduler(submit: submit)
    }

    func run(_ work: @escaping @Sendable () -> Void) {
        if let submit { submit(work) } else { work() }
    }
}
