import Foundation

/// A generator that repeats itself: the seed is printed, and `PHOENIX_SEED` sets it.
struct Seed: RandomNumberGenerator {
    private var state: UInt64

    init(_ purpose: String) {
        let seed =
            ProcessInfo.processInfo.environment["PHOENIX_SEED"].flatMap(UInt64.init)
            ?? UInt64.random(in: 0...UInt64.max)
        print("PHOENIX_SEED=\(seed) for \(purpose)")
        state = seed
    }

    /// SplitMix64 (Steele, Lea, Flood 2014).
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    mutating func below(_ bound: Int) -> Int { Int.random(in: 0..<max(bound, 1), using: &self) }
    mutating func chance(_ one: Int) -> Bool { below(one) == 0 }
}
