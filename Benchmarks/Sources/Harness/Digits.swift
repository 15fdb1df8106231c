/// The digits behind `mark`, as a whole number; nil where the mark is not there.
///
/// All that a bare client knows of JSON.
@inlinable
public func integer(behind mark: StaticString, in bytes: UnsafeRawBufferPointer) -> Int64? {
    let count = mark.utf8CodeUnitCount
    var index = 0
    while index + count < bytes.count {
        var matched = 0
        while matched < count, bytes[index + matched] == mark.utf8Start[matched] { matched += 1 }
        if matched == count {
            var value: Int64 = 0
            index += count
            while index < bytes.count, bytes[index] &- UInt8(ascii: "0") < 10 {
                value = value &* 10 &+ Int64(bytes[index] &- UInt8(ascii: "0"))
                index += 1
            }
            return value
        }
        index += 1
    }
    return nil
}
