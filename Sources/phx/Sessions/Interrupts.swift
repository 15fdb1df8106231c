private import Synchronization

#if canImport(Glibc)
private import Glibc
#elseif canImport(Musl)
private import Musl
#else
private import Darwin
#endif

/// Turns SIGINT and SIGTERM into a call, as long as it is not cancelled.
final class Interrupts: Sendable {
    private let watch: SignalWatch

    /// Calls `stop` at the first signal; the second ends the process with the status that shells expect.
    init(_ stop: @escaping @Sendable () -> Void) {
        let count = Count()
        watch = SignalWatch([SIGINT, SIGTERM]) { number in
            if count.next() > 1 { System.exit(128 + number) }
            stop()
        }
        // A reader of our output that has gone is noticed when we write.
        signal(SIGPIPE, SIG_IGN)
    }

    func cancel() { watch.cancel() }

    private final class Count: Sendable {
        private let value = Atomic(0)

        func next() -> Int { value.wrappingAdd(1, ordering: .relaxed).newValue }
    }
}

extension SignalWatch {
    /// Calls `changed` when the window of the terminal changes its size.
    static func windowSize(_ changed: @escaping @Sendable () -> Void) -> SignalWatch {
        SignalWatch([SIGWINCH]) { _ in changed() }
    }
}
