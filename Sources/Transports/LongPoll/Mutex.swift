#if THREAD_SANITIZER
internal import PhoenixKit

/// See `PhoenixKit.Mutex`: the one that the thread sanitizer sees through.
typealias Mutex = PhoenixKit.Mutex
#endif
