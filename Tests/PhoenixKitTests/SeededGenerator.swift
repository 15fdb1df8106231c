import Foundation

/// A small random generator with a seed (splitmix64), so that a failure can be run again.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    /// A generator whose seed is printed, or given by the environment variable PHOENIX_SEED.
    static func announced(_ purpose: String = #function) -> SeededGenerator {
        let seed = ProcessInfo.processInfo.environment["PHOENIX_SEED"].flatMap { UInt64($0) } ?? .random(in: 0...(.max))
        print("\(purpose): PHOENIX_SEED=\(seed)")
        return SeededGenerator(seed: seed)
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
