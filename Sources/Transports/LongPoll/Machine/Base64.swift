internal import PhoenixKit

/// Base64 of the standard alphabet, padded: how binary frames travel in a POST (`Phoenix.Transports.LongPoll`).
enum Base64 {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    /// The size of `count` bytes once encoded.
    static func size(of count: Int) -> Int { (count + 2) / 3 * 4 }

    /// Appends `bytes`, encoded.
    static func append(_ bytes: Bytes, to result: inout [UInt8]) {
        bytes.withUnsafeBytes { source in
            var offset = 0
            while offset < source.count {
                let left = source.count - offset
                var word = UInt32(source[offset]) << 16
                if left > 1 { word |= UInt32(source[offset + 1]) << 8 }
                if left > 2 { word |= UInt32(source[offset + 2]) }
                result.append(alphabet[Int(word >> 18)])
                result.append(alphabet[Int(word >> 12 & 63)])
                result.append(left > 1 ? alphabet[Int(word >> 6 & 63)] : UInt8(ascii: "="))
                result.append(left > 2 ? alphabet[Int(word & 63)] : UInt8(ascii: "="))
                offset += 3
            }
        }
    }
}
