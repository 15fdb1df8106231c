extension Fallback {
    /// When a fallback moves, and how it comes back.
    public struct Settings: Sendable, Hashable {
        /// How many connections in a row may open and die unproven, or be cut soon after, before the next candidate is tried.
        ///
        /// Default: 3; below 1 it counts as 1. Some middleboxes let the upgrade pass and cut the connection a moment later
        /// (phoenix issue 6766).
        public var deathsInARow = 3
        /// For how long a connection must last for its end not to count against its candidate.
        ///
        /// Default: 5 s.
        public var shortLife: Duration = .seconds(5)
        /// The waits between tries.
        ///
        /// Default: between half and all of 1, 2, 4, … 30 s. Begins anew when a connection has proved itself.
        public var backoff = Backoff()
        /// The longest `Retry-After` that is honoured.
        ///
        /// Default: 5 min.
        public var longestRetryAfter: Duration = .seconds(300)
        /// The waits between probes of a better candidate.
        ///
        /// Default: between half and all of 2, 4, 8, … 30 min. Begins anew when a better candidate has lasted.
        public var probes = Backoff(first: .seconds(120), longest: .seconds(1_800))
        /// For how long it is remembered which candidate worked.
        ///
        /// Default: a day.
        public var memory: Duration = .seconds(86_400)

        /// The defaults.
        public init() {}
    }
}
