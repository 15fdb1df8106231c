import PhoenixDeflate
import PhoenixKit
import Testing

/// The examples of RFC 7692 section 7.2.3, byte for byte.
@Suite("The examples of RFC 7692")
struct ExampleTests {
    private func codec(_ agreement: DeflateAgreement = DeflateAgreement(), as role: Role = .client) -> DeflateCodec {
        DeflateCodec(agreement, as: role, configuration: .eager)
    }

    @Test("7.2.3.1: one message, whole and in two fragments")
    func hello() throws {
        var codec = codec()
        #expect(try codec.decoded(hex("f2 48 cd c9 c9 07 00")) == "Hello")
        #expect(try codec.decoded([hex("f2 48 cd"), hex("c9 c9 07 00")]) == "Hello")
        #expect(try codec.encoded("Hello").bytes == hex("f2 48 cd c9 c9 07 00"))
    }

    @Test("7.2.3.2: the window spans messages")
    func sharedWindow() throws {
        var codec = codec()
        #expect(try codec.decoded(hex("f2 48 cd c9 c9 07 00")) == "Hello")
        #expect(try codec.decoded(hex("f2 00 11 00 00")) == "Hello")
        #expect(try codec.encoded("Hello").bytes == hex("f2 48 cd c9 c9 07 00"))
        #expect(try codec.encoded("Hello").bytes == hex("f2 00 11 00 00"))
    }

    @Test("7.2.3.2: without context takeover it does not, and a message that needs it is refused")
    func noSharedWindow() throws {
        let agreement = DeflateAgreement(serverNoContextTakeover: true, clientNoContextTakeover: true)
        var codec = codec(agreement)
        let first = try codec.encoded(json(200)).bytes
        #expect(first.count < 200)
        #expect(try codec.encoded(json(200)).bytes == first)
        for _ in 0..<2 { #expect(try codec.decoded(hex("f2 48 cd c9 c9 07 00")) == "Hello") }
        #expect(refusal { _ = try codec.decoded(hex("f2 00 11 00 00")) }?.code == .decoding)
    }

    @Test("7.2.3.3: a block without compression")
    func stored() throws {
        var codec = codec()
        #expect(try codec.decoded(hex("00 05 00 fa ff 48 65 6c 6c 6f 00")) == "Hello")
    }

    @Test("7.2.3.4: a block marked as the last one, which is not the last of the connection")
    func final() throws {
        var codec = codec()
        #expect(try codec.decoded(hex("f3 48 cd c9 c9 07 00 00")) == "Hello")
        #expect(try codec.decoded(hex("f2 00 11 00 00")) == "Hello", "its window lives on")
        #expect(try codec.decoded([hex("f3 48 cd c9 c9"), hex("07 00"), hex("00")]) == "Hello")
        #expect(try codec.decoded(hex("f3 48 cd c9 c9 07 00 f2 00 11 00 00")) == "HelloHello")
        #expect(try codec.decoded(hex("f3 48 cd c9 c9 07 00")) == "Hello", "a sender may forget the last byte")
        #expect(try codec.decoded(hex("f2 48 cd c9 c9 07 00")) == "Hello")
    }

    @Test("7.2.3.5: two blocks in one message")
    func blocks() throws {
        var codec = codec()
        #expect(try codec.decoded(hex("f2 48 05 00 00 00 ff ff ca c9 c9 07 00")) == "Hello")
    }

    @Test("7.2.3.6: an empty message")
    func empty() throws {
        var codec = codec()
        for _ in 0..<2 {
            #expect(try codec.decoded(hex("00")) == "")
            #expect(try codec.encoded("").bytes == hex("00"))
        }
        #expect(try codec.encoded("Hello").bytes == hex("f2 48 cd c9 c9 07 00"))
        #expect(try codec.decoded([hex(""), hex(""), hex("00")]) == "")
        #expect(try codec.decoded([hex("f2 48 cd c9 c9 07 00"), hex("")]) == "Hello")
    }
}
