/// Repeatable randomness (SplitMix64).
public struct Dice: RandomNumberGenerator {
    private var state: UInt64

    public init(seed: UInt64) {
        state = seed
    }

    /// The dice of one input of a run.
    ///
    /// They depend on nothing that came before, so that any input can be made again alone.
    public init(seed: UInt64, index: UInt64) {
        var mixer = Dice(seed: seed)
        state = mixer.next() ^ (index &* 0xD134_2543_DE82_EF95)
    }

    public mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// A number from 0 up to but not including `bound`; 0 when there is none.
    mutating func below(_ bound: Int) -> Int {
        guard bound > 1 else { return 0 }
        return Int(truncatingIfNeeded: ((next() >> 32) &* UInt64(bound & 0xFFFF_FFFF)) >> 32)
    }

    /// True once in `times`.
    mutating func chance(_ times: Int) -> Bool {
        below(times) == 0
    }

    mutating func byte() -> UInt8 {
        UInt8(truncatingIfNeeded: next())
    }

    mutating func bytes(_ count: Int) -> [UInt8] {
        (0..<count).map { _ in byte() }
    }

    mutating func pick<Element>(_ elements: [Element], or other: Element) -> Element {
        elements.isEmpty ? other : elements[below(elements.count)]
    }
}
