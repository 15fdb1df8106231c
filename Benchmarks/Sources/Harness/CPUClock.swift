#if canImport(Glibc)
private import Glibc
#elseif canImport(Musl)
private import Musl
#else
private import Darwin
#endif

/// The CPU time of this process.
public enum CPUClock {
    /// Nanoseconds of CPU, of all threads, since the process began.
    public static var now: Int64 {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }

    /// Nanoseconds of a clock that only goes forward.
    public static var wall: Int64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }

    /// The nanoseconds of CPU that one of the `count` things done by `body` takes: the least of several passes, since whatever
    /// disturbs a pass makes it longer.
    ///
    /// Passes are repeated for about `milliseconds`, at least five.
    public static func nanoseconds(
        per count: Int,
        milliseconds: Int64 = 300,
        _ body: () throws -> Void
    ) rethrows -> Double {
        try body()
        let start = now
        var best = Int64.max
        var passes = 0
        while passes < 5 || now - start < milliseconds * 1_000_000 {
            let before = now
            try body()
            best = min(best, now - before)
            passes += 1
        }
        return Double(best) / Double(max(count, 1))
    }
}
