internal import Testing

@testable internal import PhoenixWebSocket

@Suite("SHA1 and Base64")
struct HashTests {
    private func hex(_ bytes: [UInt8]) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    @Test(
        "The vectors of FIPS 180 hold",
        arguments: [
            ("", "da39a3ee5e6b4b0d3255bfef95601890afd80709"), ("abc", "a9993e364706816aba3e25717850c26c9cd0d89d"),
            (
                "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
                "84983e441c3bd26ebaae4aa1f95129e5e54670f1"
            ),
            (String(repeating: "a", count: 1_000), "291e9a6c66994949b57ba5e650361e98fc36b1ba"),
        ]
    )
    func vectors(text: String, expected: String) {
        #expect(hex(SHA1.hash(Array(text.utf8))) == expected)
    }

    @Test("Messages around the block size are padded right")
    func padding() {
        let expected = [
            55: "c1c8bbdc22796e28c0e15163d20899b65621d65a", 56: "c2db330f6083854c99d4b5bfb6e8f29f201be699",
            63: "03f09f5b158a7a8cdad920bddc29b81c18a551f5", 64: "0098ba824b5c16427bd7a1122a5a442a25ec644d",
        ]
        for (count, hash) in expected {
            #expect(hex(SHA1.hash([UInt8](repeating: UInt8(ascii: "a"), count: count))) == hash)
        }
    }

    @Test(
        "The vectors of RFC 4648 hold",
        arguments: [
            ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"), ("a?>~~~~", "YT8+fn5+fg=="),
        ]
    )
    func base64(text: String, expected: String) {
        #expect(Base64.encode(Array(text.utf8)) == expected)
        #expect(Base64.encode(Array(text.utf8), padded: false) == expected.filter { $0 != "=" })
    }

    @Test("The example of RFC 6455 section 1.3 holds")
    func proof() {
        #expect(UpgradeAnswer.proof(for: "dGhlIHNhbXBsZSBub25jZQ==") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
        #expect(UpgradeAnswer.proof(for: "MDEyMzQ1Njc4OWFiY2RlZg==") == "BACScCJPNqyz+UBoqMH89VmURoA=")
    }
}
