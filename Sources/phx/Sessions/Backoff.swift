/// How long to wait before the next try: twice as long each time, up to a bound, scattered so that many clients do not come
/// back at once.
struct Backoff {
    private static let first = Duration.seconds(1)
    private static let longest = Duration.seconds(30)
    private var tries = 0

    /// The wait before the next try: between half and all of 1, 2, 4, … 30 seconds.
    mutating func next(using generator: inout some RandomNumberGenerator) -> Duration {
        let full = min(Self.longest, Self.first * (1 << min(tries, 5)))
        tries += 1
        return full * Double.random(in: 0.5...1, using: &generator)
    }

    /// Begins anew; to be called when a connection has proved itself.
    mutating func reset() { tries = 0 }
}
