internal import Foundation

/// Repeatable randomness (SplitMix64).
///
/// `PHOENIX_SEED` in the environment chooses the seed.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    static let seed = ProcessInfo.processInfo.environment["PHOENIX_SEED"].flatMap { UInt64($0) } ?? 42

    init(seed: UInt64) {
        state = seed
    }

    /// The generator of one round of a test.
    static func forTests(_ round: UInt64) -> SeededGenerator {
        SeededGenerator(seed: seed &+ round &* 1_000_003)
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
