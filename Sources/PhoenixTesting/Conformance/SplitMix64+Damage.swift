internal import PhoenixKit

extension SplitMix64 {
    /// The bytes with a few of them changed, added or lost.
    mutating func damage(_ bytes: Bytes) -> Bytes {
        var array = bytes.array
        for _ in 0...Int.random(in: 0...2, using: &self) {
            let index = Int.random(in: 0...array.count, using: &self)
            switch Int.random(in: 0...3, using: &self) {
            case 0: array.insert(UInt8(truncatingIfNeeded: next()), at: index)
            case 1 where index < array.count: array.remove(at: index)
            case 2: array.removeSubrange(index...)
            default: if index < array.count { array[index] = UInt8(truncatingIfNeeded: next()) }
            }
        }
        return Bytes(array)
    }
}
