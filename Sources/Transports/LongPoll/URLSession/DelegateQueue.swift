internal import Dispatch
internal import Foundation

/// Where a session's delegate is called, and its requests made: one thing at a time, on a dispatch queue.
///
/// The superclass is as safe to send, and all that is added to it is constant.
final class DelegateQueue: OperationQueue, @unchecked Sendable {
    let queue: DispatchQueue

    init(label: String) {
        queue = DispatchQueue(label: label)
        super.init()
        maxConcurrentOperationCount = 1
        underlyingQueue = queue
    }

    #if canImport(FoundationNetworking)
    /// Runs the block without an operation around it, which on Linux would cost several times what the delegate does.
    override func addOperation(_ block: @escaping @Sendable () -> Void) {
        queue.async(execute: block)
    }
    #endif
}
