internal import NIOCore
internal import PhoenixKit
internal import Testing

@testable internal import PhoenixWebSocket

@Suite("FrameWriter")
struct FrameWriterTests {
    /// Writes one message and takes it apart again.
    private func write(
        _ payload: [UInt8],
        key: UInt32,
        transformed: Bool = false
    ) -> (header: [UInt8], payload: [UInt8]) {
        var writer = FrameWriter { UInt64(key) << 32 }
        var buffer = ByteBuffer()
        buffer.writeBytes([9, 9, 9])
        writer.write(Bytes(payload), kind: .text, transformed: transformed, into: &buffer)
        let bytes = Array(buffer.readableBytesView.dropFirst(3))
        let size = bytes.count - payload.count
        let mask = (0..<4).map { UInt8(truncatingIfNeeded: key >> (24 - 8 * UInt32($0))) }
        #expect(Array(bytes[(size - 4)..<size]) == mask)
        return (Array(bytes[..<(size - 4)]), bytes[size...].enumerated().map { $0.element ^ mask[$0.offset & 3] })
    }

    @Test("The example of RFC 6455 section 5.7 is written as there")
    func example() {
        var writer = FrameWriter { 0x37FA_213D_0000_0000 }
        var buffer = ByteBuffer()
        writer.write(Bytes("Hello"), kind: .text, transformed: false, into: &buffer)
        #expect(Array(buffer.readableBytesView) == [0x81, 0x85, 0x37, 0xFA, 0x21, 0x3D, 0x7F, 0x9F, 0x4D, 0x51, 0x58])
    }

    @Test("Lengths are minimal and every byte is masked", arguments: [0, 1, 7, 8, 9, 15, 16, 125, 126, 65_535, 65_536])
    func lengths(count: Int) {
        let payload = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        let written = write(payload, key: 0xA1B2_C3D4)
        #expect(written.payload == payload)
        let expected: [UInt8] =
            count < 126
            ? [0x80 | UInt8(count)]
            : count < 65_536
                ? [0xFE, UInt8(count >> 8), UInt8(count & 255)]
                : [0xFF] + (0..<8).map { UInt8(truncatingIfNeeded: count >> (56 - 8 * $0)) }
        #expect(written.header == [0x81] + expected)
    }

    @Test("RSV1 says that an extension changed the message")
    func transformed() {
        #expect(write([1], key: 5, transformed: true).header == [0xC1, 0x81])
    }

    @Test("Each frame has a key of its own")
    func keys() {
        var generator = SeededGenerator(seed: 7)
        let numbers = (0..<4).map { _ in generator.next() }
        var writer = FrameWriter { [counter = Counter()] in numbers[counter.next() % 4] }
        var buffer = ByteBuffer()
        for _ in 0..<8 { writer.write(.ping(Bytes()), into: &buffer) }
        let keys = cut(Array(buffer.readableBytesView), every: 6).map { Array($0.dropFirst(2)) }
        #expect(Set(keys).count == 8)
    }
}
