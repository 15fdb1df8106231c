import Testing

@testable import PhoenixWebSocket

/// What large reads bring is copied into memory that is used again, and stays what it was for who still has it.
struct LoopStorageTests {
    private static let large = LoopStorage.size - 1

    private func copy(_ byte: UInt8) -> [UInt8]? {
        [UInt8](repeating: byte, count: Self.large).withUnsafeBufferPointer { LoopStorage.current.copy($0) }
    }

    @Test func keepsWhatSomebodyStillHas() {
        let kept = (0..<100).map { copy($0) }
        for (byte, array) in kept.enumerated() {
            #expect(array?[..<Self.large].allSatisfy { $0 == UInt8(byte) } == true)
        }
    }

    @Test func usesItsMemoryAgain() {
        var addresses: Set<UInt> = []
        for byte in 0..<100 {
            copy(UInt8(byte))?.withUnsafeBufferPointer { _ = addresses.insert(UInt(bitPattern: $0.baseAddress)) }
        }
        #expect(addresses.count <= 16)
    }

    @Test func leavesSmallReadsAlone() {
        let small = [UInt8](repeating: 1, count: LoopStorage.size / 2)
        #expect(small.withUnsafeBufferPointer { LoopStorage.current.copy($0) } == nil)
    }
}
