import Foundation

/// The cache that libdispatch keeps of the small records it queues work with: up to a thousand a thread, filled by threads that
/// finish work which other threads had queued.
///
/// It grows with the first thousands of wake-ups of a process, whatever they are for, and would hide in the figures what a client
/// leaves behind. So it is filled first.
enum DispatchCache {
    static func fill() async {
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<4 {
                group.addTask {
                    for _ in 0..<20 {
                        for await _ in wakeUps(1_000) {}
                    }
                }
            }
        }
    }

    /// A sequence whose every element is brought by a thread outside of Swift's pool, after the one before was taken.
    private static func wakeUps(_ count: Int) -> AsyncStream<Void> {
        let taken = DispatchSemaphore(value: 0)
        let (stream, continuation) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
        Thread.detachNewThread {
            for _ in 0..<count {
                continuation.yield()
                _ = taken.wait(timeout: .now() + .microseconds(20))
            }
            continuation.finish()
        }
        return stream
    }
}
