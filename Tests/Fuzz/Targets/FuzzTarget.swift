/// Something that takes bytes from a peer or a user, and what must hold for all bytes there are.
public struct FuzzTarget: Sendable {
    public let name: String
    /// Inputs to begin with, taken from recordings where there are any.
    public let seeds: [[UInt8]]
    /// Byte strings that mean something to the target.
    let tokens: [[UInt8]]
    /// Makes an input that is nearly right; nil when seeds are all there is.
    let grow: (@Sendable (inout Dice) -> [UInt8])?
    /// Gives the input to what is examined, and calls `broken` when something does not hold.
    ///
    /// Answers whether the input was accepted.
    public let examine: @Sendable ([UInt8]) -> Bool

    init(
        _ name: String,
        seeds: [[UInt8]],
        tokens: [[UInt8]] = [],
        grow: (@Sendable (inout Dice) -> [UInt8])? = nil,
        examine: @escaping @Sendable ([UInt8]) -> Bool
    ) {
        self.name = name
        self.seeds = seeds
        self.tokens = tokens
        self.grow = grow
        self.examine = examine
    }

    /// The input number `index` of the run with `seed`.
    public func input(seed: UInt64, index: UInt64) -> [UInt8] {
        var dice = Dice(seed: seed, index: index)
        var input = seeds.isEmpty || dice.chance(3) ? grow?(&dice) ?? [] : dice.pick(seeds, or: [])
        for _ in 0..<dice.below(5) { mutate(&input, &dice) }
        return input
    }

    /// All targets, with the recordings in the folder `recordings`.
    public static func all(recordings: String) -> [FuzzTarget] {
        let corpus = Corpus(folder: recordings)
        return [
            .upgrade(corpus), .frames(corpus), .inflate(corpus), .extensionHeader(corpus), .proxy(corpus),
            .longPoll(corpus),
            .serializerV1(corpus), .serializerV2(corpus), .json(corpus), .endpoint(corpus),
        ]
    }
}

/// Ends the program because something does not hold that must.
func broken(_ rule: String) -> Never {
    fatalError("BROKEN RULE: \(rule)")
}

/// Ends the program unless `condition` holds.
func require(_ condition: Bool, _ rule: @autoclosure () -> String) {
    if !condition { broken(rule()) }
}
