internal import Dispatch
private import Phoenix
private import Synchronization

#if canImport(Glibc)
private import Glibc
#elseif canImport(Musl)
private import Musl
#else
private import Darwin
#endif

/// Calls back when a signal comes, in place of what the signal does by default, until it is cancelled.
final class SignalWatch: Sendable {
    private let numbers: [Int32]
    private let sources: Mutex<[any DispatchSourceSignal]>

    init(_ numbers: [Int32], _ came: @escaping @Sendable (Int32) -> Void) {
        self.numbers = numbers
        sources = Mutex(
            numbers.map { number in
                signal(number, SIG_IGN)
                let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
                source.setEventHandler { came(number) }
                source.resume()
                return source
            }
        )
    }

    /// Lets the signals do again what they do by default.
    func cancel() {
        sources.withLock { sources in
            for source in sources { source.cancel() }
            sources = []
        }
        for number in numbers { signal(number, SIG_DFL) }
    }
}
