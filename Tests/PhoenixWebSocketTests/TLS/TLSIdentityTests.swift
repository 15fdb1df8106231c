internal import NIOSSL
internal import Testing

@testable internal import PhoenixWebSocket

@Suite("TLSIdentity")
struct TLSIdentityTests {
    @Test(
        "A name matches itself, without regard to case and a last dot",
        arguments: [
            ("example.org", "example.org"), ("Example.ORG", "eXample.org"), ("example.org.", "example.org"), ("a", "a"),
        ]
    )
    func same(host: String, name: String) {
        #expect(TLSIdentity.matches(host, name))
    }

    @Test("A star stands for the first label, whole and alone")
    func stars() {
        #expect(TLSIdentity.matches("a.example.org", "*.example.org"))
        for (host, name) in [
            ("example.org", "*.example.org"), ("a.b.example.org", "*.example.org"), ("a.example.org", "a.*.org"),
            ("ab.example.org", "a*.example.org"), ("a.org", "*.org"), ("a.example.org", "*"),
            ("a.example.org", "*.*.org"),
            (".example.org", "*.example.org"), ("a..org", "*..org"), ("", ""), (".", "."),
        ] {
            #expect(!TLSIdentity.matches(host, name), "\(host) \(name)")
        }
    }

    @Test("A certificate is for its names and its addresses, and not for a name that leads to one of them")
    func certificate() throws {
        let certificate = try #require(try NIOSSLCertificate.fromPEMBytes(Array(Certificates.server.utf8)).first)
        #expect(TLSIdentity.isFor("localhost", certificate))
        #expect(TLSIdentity.isFor("127.0.0.1", certificate))
        #expect(!TLSIdentity.isFor("server.test", certificate))
        #expect(!TLSIdentity.isFor("127.0.0.2", certificate))
        #expect(!TLSIdentity.isFor("::1", certificate))
    }
}
