import PhoenixKit

/// Messages as a chat sends them: the same envelope, other names, numbers and words.
enum Chat {
    private static let words = """
        the of and to in is you that it he was for on are as with his they at be this have from or one had by word but not what \
        all were we when your can said there use an each which she do how their if will up other about out many then them these
        """.split(separator: " ")

    /// The `index`th message, of exactly `size` bytes; always the same.
    static func message(_ index: Int, size: Int) -> Bytes {
        var state = UInt64(index) &* 0x9E37_79B9_7F4A_7C15 | 1
        func next(_ bound: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % bound
        }
        var text = "[\"4\",\"\(index + 12)\",\"room:\(next(8))\",\"msg\","
        let end = "\"}]"
        if size < 256 {
            text += "{\"b\":\""
        } else {
            text += "{\"items\":["
            while text.utf8.count < size - 200 {
                text +=
                    "{\"id\":\(next(1_000_000)),\"user\":\"user_\(next(500))\",\"at\":\(1_764_000_000 + next(100_000)),"
                text += "\"body\":\"\((0...next(12)).map { _ in words[next(words.count)] }.joined(separator: " "))\"},"
            }
            text += "null],\"rest\":\""
        }
        while text.utf8.count < size - end.utf8.count {
            text += words[next(words.count)] + " "
        }
        return Bytes(Array(text.utf8.prefix(size - end.utf8.count)) + Array(end.utf8))
    }
}
