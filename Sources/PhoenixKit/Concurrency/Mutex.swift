#if THREAD_SANITIZER

#if canImport(Glibc)
private import Glibc
#else
private import Darwin
#endif

/// The mutex of builds for the thread sanitizer, which does not see through the one of `Synchronization` on Linux
/// (a futex without annotations) and would report every value it guards.
///
/// All other builds use that one.
package final class Mutex<Value>: @unchecked Sendable {
    // `value` is only touched in `withLock`, between lock and unlock of `handle`, and `handle` never changes: hence Sendable.
    private var value: Value
    private let handle: UnsafeMutablePointer<pthread_mutex_t>

    package init(_ initialValue: consuming sending Value) {
        value = initialValue
        handle = .allocate(capacity: 1)
        pthread_mutex_init(handle, nil)
    }

    deinit {
        pthread_mutex_destroy(handle)
        handle.deallocate()
    }

    package func withLock<Result, Failure: Error>(
        _ body: (inout sending Value) throws(Failure) -> sending Result
    ) throws(Failure) -> sending Result {
        pthread_mutex_lock(handle)
        defer { pthread_mutex_unlock(handle) }
        return try body(&value)
    }
}

#endif
