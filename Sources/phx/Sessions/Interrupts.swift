internal import Dispatch
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
    // Sources are safe to use from any thread; they are only made and cancelled here.
    private let sources: Mutex<[any DispatchSourceSignal]>

    /// Calls `stop` at the first signal; the second ends the process with the status shells expect.
    init(_ stop: @escaping @Sendable () -> Void) {
        let count = Count()
        sources = Mutex(
            [SIGINT, SIGTERM].map { number in
                signal(number, SIG_IGN)
                let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
                source.setEventHandler {
                    if count.next() > 1 { System.exit(128 + number) }
                    stop()
                }
                source.resume()
                return source
            }
        )
        signal(SIGPIPE, SIG_IGN)
    }

    func cancel() {
        sources.withLock { sources in
            for source in sources { source.cancel() }
            sources = []
        }
        signal(SIGINT, SIG_DFL)
        signal(SIGTERM, SIG_DFL)
    }

    private final class Count: Sendable {
        private let value = Atomic(0)

        func next() -> Int { value.wrappingAdd(1, ordering: .relaxed).newValue }
    }
}
