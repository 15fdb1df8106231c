extension FuzzTarget {
    /// The longest input that mutation makes.
    private static let longest = 4_096

    /// Damages `input` in one of the ways that parsers are known to fall for.
    func mutate(_ input: inout [UInt8], _ dice: inout Dice) {
        switch dice.below(14) {
        case 0: change(&input, &dice) { byte, dice in byte ^= 1 << UInt8(dice.below(8)) }
        case 1: change(&input, &dice) { byte, dice in byte = dice.pick(Self.interestingBytes, or: 0) }
        case 2: change(&input, &dice) { byte, dice in byte &+= UInt8(truncatingIfNeeded: dice.below(9) - 4) }
        case 3: input.insert(contentsOf: dice.bytes(1 + dice.below(6)), at: dice.below(input.count + 1))
        case 4: input.removeSubrange(range(in: input, &dice))
        case 5: input.removeLast(dice.below(input.count + 1))
        case 6: repeatPart(of: &input, &dice)
        case 7, 8: splice(&input, &dice)
        case 9: overwriteLength(in: &input, &dice)
        case 10, 11: input.insert(contentsOf: dice.pick(tokens, or: []), at: dice.below(input.count + 1))
        case 12: input.replaceSubrange(range(in: input, &dice), with: dice.pick(tokens, or: []))
        default: overwriteNumber(in: &input, &dice)
        }
        if input.count > Self.longest { input.removeLast(input.count - Self.longest) }
    }

    private static let interestingBytes: [UInt8] = [
        0, 1, 0x0A, 0x0D, 0x1F, 0x20, 0x22, 0x2C, 0x3A, 0x5B, 0x5C, 0x7B, 0x7D, 0x7E, 0x7F, 0x80, 0x81, 0xBF, 0xC0,
        0xC2,
        0xED, 0xF4, 0xFE, 0xFF,
    ]
    private static let interestingNumbers: [UInt64] = [
        0, 1, 2, 3, 124, 125, 126, 127, 128, 255, 256, 1_000, 1_001, 65_535, 65_536, 9_999_999, 10_000_000, 10_000_001,
        0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF, 0x7FFF_FFFF_FFFF_FFFF, 0x8000_0000_0000_0000, .max,
    ]

    private func change(_ input: inout [UInt8], _ dice: inout Dice, _ body: (inout UInt8, inout Dice) -> Void) {
        guard !input.isEmpty else { return }
        body(&input[dice.below(input.count)], &dice)
    }

    /// A part of `input`, mostly a short one.
    private func range(in input: [UInt8], _ dice: inout Dice) -> Range<Int> {
        let start = dice.below(input.count + 1)
        let most = input.count - start
        return start..<start + (dice.chance(4) ? dice.below(most + 1) : min(most, dice.below(9)))
    }

    private func repeatPart(of input: inout [UInt8], _ dice: inout Dice) {
        let part = range(in: input, &dice)
        let times = dice.chance(8) ? dice.below(600) : dice.below(6)
        let copies = Array(repeatElement(input[part], count: times).joined().prefix(Self.longest))
        input.insert(contentsOf: copies, at: part.upperBound)
    }

    /// Puts the end of another seed behind the beginning of this input, or a part of it into the middle.
    private func splice(_ input: inout [UInt8], _ dice: inout Dice) {
        let other = dice.pick(seeds, or: [])
        let part = other[range(in: other, &dice)]
        if dice.chance(2) {
            input.insert(contentsOf: part, at: dice.below(input.count + 1))
        } else {
            input.removeLast(dice.below(input.count + 1))
            input += other.dropFirst(dice.below(other.count + 1))
        }
    }

    /// Writes a number where a length may be: two, four or eight bytes, the highest first.
    private func overwriteLength(in input: inout [UInt8], _ dice: inout Dice) {
        let size = dice.pick([1, 2, 4, 8], or: 1)
        guard input.count >= size else { return }
        let start = dice.below(input.count - size + 1)
        let number = dice.pick(Self.interestingNumbers, or: 0)
        for index in 0..<size {
            input[start + index] = UInt8(truncatingIfNeeded: number >> UInt64(8 * (size - 1 - index)))
        }
    }

    /// Replaces a decimal number in the text by another.
    private func overwriteNumber(in input: inout [UInt8], _ dice: inout Dice) {
        let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
        let from = dice.below(input.count + 1)
        guard let start = input[from...].firstIndex(where: { digits.contains($0) }) else { return }
        let end = input[start...].firstIndex { !digits.contains($0) } ?? input.count
        let number = dice.chance(3) ? "\(dice.below(100))" : "\(dice.pick(Self.interestingNumbers, or: 0))"
        input.replaceSubrange(start..<end, with: Array((dice.chance(6) ? "-" : "").utf8) + Array(number.utf8))
    }
}
