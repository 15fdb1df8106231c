import PhoenixKit
import Testing

@Suite("Proxy exclusions")
struct ProxyExclusionsTests {
    private func excludes(_ list: String, _ url: String) throws -> Bool {
        ProxyExclusions(list).contains(try Endpoint(url + "/x"))
    }

    @Test("* excludes every host")
    func all() throws {
        #expect(try excludes("*", "ws://server"))
        #expect(try excludes("other, *", "ws://10.0.0.1"))
        #expect(try !excludes("", "ws://server"))
        #expect(try !excludes(" , ,", "ws://server"))
    }

    @Test("a name excludes itself and what is below it, with or without a dot before it")
    func names() throws {
        for entry in ["example.org", ".example.org", "*.example.org", "EXAMPLE.org", "example.org."] {
            for host in ["example.org", "a.example.org", "a.b.example.org", "A.Example.ORG", "example.org."] {
                #expect(try excludes(entry, "wss://\(host)"), "\(entry) \(host)")
            }
            for host in ["notexample.org", "example.org.evil", "org", "example"] {
                #expect(try !excludes(entry, "wss://\(host)"), "\(entry) \(host)")
            }
        }
    }

    @Test("entries are separated by commas and spaces")
    func separators() throws {
        for list in ["a,b,c", "a, b ,c", "a b c", " a\tb\nc "] {
            for host in ["a", "b", "c"] { #expect(try excludes(list, "ws://\(host)")) }
            #expect(try !excludes(list, "ws://d"))
        }
    }

    @Test("a port narrows an entry; the endpoint's port is its scheme's where it has none")
    func ports() throws {
        #expect(try excludes("example.org:8443", "wss://a.example.org:8443"))
        #expect(try !excludes("example.org:8443", "wss://example.org"))
        #expect(try excludes("example.org:443", "wss://example.org"))
        #expect(try excludes("example.org:443", "https://example.org"))
        #expect(try excludes("example.org:80", "ws://example.org"))
        #expect(try !excludes("example.org:80", "wss://example.org"))
        #expect(try excludes("127.0.0.1:4000", "ws://127.0.0.1:4000"))
        #expect(try !excludes("127.0.0.1:4000", "ws://127.0.0.1:4001"))
        #expect(try excludes("[::1]:4000", "ws://[::1]:4000"))
        #expect(try !excludes("[::1]:4000", "ws://[::1]:4001"))
    }

    @Test("an address excludes itself, however it is written")
    func addresses() throws {
        #expect(try excludes("10.1.2.3", "ws://10.1.2.3"))
        #expect(try !excludes("10.1.2.3", "ws://10.1.2.30"))
        #expect(try excludes("[2001:db8::1]", "ws://[2001:DB8:0:0::1]"))
        #expect(try excludes("2001:db8::1", "ws://[2001:db8::0.0.0.1]"))
        #expect(try !excludes("2001:db8::1", "ws://[2001:db8::2]"))
        #expect(try excludes("::1", "ws://[0:0:0:0:0:0:0:1]"))
        #expect(try excludes("10.1.2.3", "ws://[::ffff:10.1.2.3]"))
    }

    @Test("a network excludes the addresses in it, and no names")
    func networks() throws {
        #expect(try excludes("10.0.0.0/8", "ws://10.255.1.2"))
        #expect(try excludes("10.9.9.9/8", "ws://10.255.1.2"))
        #expect(try !excludes("10.0.0.0/8", "ws://11.0.0.0"))
        #expect(try excludes("192.168.4.0/22", "ws://192.168.7.255"))
        #expect(try !excludes("192.168.4.0/22", "ws://192.168.8.0"))
        #expect(try excludes("0.0.0.0/0", "ws://8.8.8.8"))
        #expect(try !excludes("0.0.0.0/0", "ws://[2001:db8::1]"))
        #expect(try excludes("127.0.0.1/32", "ws://127.0.0.1"))
        #expect(try !excludes("127.0.0.1/32", "ws://127.0.0.2"))
        #expect(try excludes("fd00::/8", "ws://[fdff::1]"))
        #expect(try excludes("[fe80::]/10", "ws://[febf::1]"))
        #expect(try !excludes("fe80::/10", "ws://[fec0::1]"))
        #expect(try excludes("::1/128", "ws://[::1]"))
        #expect(try !excludes("10.0.0.0/8", "ws://10.example.org"))
    }

    @Test("a name's end is not compared with an address")
    func addressesAreNoNames() throws {
        #expect(try !excludes("0.1", "ws://10.0.0.1"))
        #expect(try !excludes(".1", "ws://10.0.0.1"))
    }

    @Test(
        "what cannot be read excludes nothing",
        arguments: [
            "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/", "10.0.0/8", "example.org/8", "::/129", "example.org:0",
            "example.org:70000", "example.org:+80", "example.org:http", ".", "..", "[::1", "::1]", ":::1", "1::2::3",
            "**",
            "a*b",
            "[10.0.0.1]:", ":80", "http://example.org", "1.2.3.4.5", "01.2.3.4", "1:2:3:4:5:6:7:8:9", "12345::",
        ]
    )
    func unreadable(entry: String) throws {
        for url in [
            "ws://example.org", "ws://10.0.0.1", "ws://[::1]", "ws://a", "ws://1.2.3.4", "ws://[1:2:3:4:5:6:7:8]",
        ] {
            #expect(try !excludes(entry, url), "\(url)")
        }
    }
}
