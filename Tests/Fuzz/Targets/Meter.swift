internal import CFuzzSupport

/// Bounds what a piece of work may hold at once.
public enum Meter {
    /// The most bytes that any work held so far.
    ///
    /// The program that examines has one thread.
    nonisolated(unsafe) public private(set) static var peak = 0

    /// What is live now; nil where malloc does not say.
    public static var live: Int? { fuzz_meter_works() == 1 ? Int(fuzz_live_bytes()) : nil }

    /// Runs `body`, during which at most `limit` bytes may be allocated at once.
    static func bounded<Result>(_ limit: Int, _ body: () -> Result) -> Result {
        fuzz_reset_peak()
        let before = fuzz_live_bytes()
        let result = body()
        let held = Int(fuzz_peak_bytes() - before)
        peak = max(peak, held)
        require(held <= limit, "at most \(limit) bytes live at once, got \(held)")
        return result
    }
}
