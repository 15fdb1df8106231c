import PhoenixDeflate
import PhoenixKit

/// The bytes that a text of hexadecimal digits and spaces stands for.
func hex(_ text: String) -> Bytes {
    let digits = text.filter { !$0.isWhitespace }.compactMap(\.hexDigitValue)
    return Bytes(stride(from: 0, to: digits.count - 1, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) })
}

/// A message of JSON about as compressible as those of an application.
func json(_ count: Int) -> Bytes {
    var text = "[\"4\",\"17\",\"room:lobby\",\"new_msg\",{\"entries\":["
    var number = 0
    while text.utf8.count < count {
        text +=
            "{\"id\":\(number),\"user\":\"user_\(number % 7)\",\"body\":\"message number \(number * 7919 % 1009)\"},"
        number += 1
    }
    return Bytes(text)[0..<count]
}

/// Bytes that do not compress.
func noise(_ count: Int, _ seed: UInt64 = 1) -> Bytes {
    var state = seed
    return Bytes(
        (0..<count).map { _ in
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return UInt8(truncatingIfNeeded: state >> 56)
        }
    )
}

/// `count` times the same byte.
func monotony(_ count: Int) -> Bytes { Bytes([UInt8](repeating: 0x79, count: count)) }

extension PermessageDeflate.Configuration {
    /// One that compresses whatever it can.
    static var eager: PermessageDeflate.Configuration {
        PermessageDeflate.Configuration(threshold: 0, sentRatio: .unlimited, receivedRatio: .unlimited)
    }
}

extension DeflateCodec {
    /// What a whole message in one part inflates to.
    mutating func decoded(_ message: Bytes) throws -> Bytes {
        var bytes: [UInt8] = []
        try decode(message, isLast: true, into: &bytes)
        return Bytes(bytes)
    }

    /// What a message in several parts inflates to.
    mutating func decoded(_ parts: [Bytes]) throws -> Bytes {
        var bytes: [UInt8] = []
        for (index, part) in parts.enumerated() {
            try decode(part, isLast: index == parts.count - 1, into: &bytes)
        }
        return Bytes(bytes)
    }

    mutating func encoded(_ message: Bytes) throws -> (bytes: Bytes, transformed: Bool) {
        try encode(message, kind: .text)
    }
}

/// The error that `body` throws, or nil.
func refusal(_ body: () throws -> Void) -> PhoenixError? {
    do {
        try body()
        return nil
    } catch {
        return error as? PhoenixError
    }
}
