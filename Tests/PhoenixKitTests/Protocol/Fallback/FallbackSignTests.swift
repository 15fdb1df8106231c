import Testing

@testable import PhoenixKit

/// Which end of a connection says what about its way.
@Suite("Signs of a middlebox")
struct FallbackSignTests {
    private func verdict(
        _ reason: DisconnectReason,
        _ life: FallbackSign.Life = .neverOpened
    ) -> FallbackSign.Verdict {
        FallbackSign(reason, after: life, shortLife: .seconds(5)).verdict
    }

    @Test(
        "a handshake answered by something that does not take it: another transport may get through",
        arguments: [
            200, 204, 301, 302, 307, 400, 404, 405, 407, 408, 410, 411, 413, 414, 417, 426, 501, 502, 504, 505, 511,
            520, 530,
        ]
    )
    func wrongStatus(_ status: Int) {
        #expect(verdict(.refused(status)) == .moves)
    }

    @Test(
        "a handshake answered by the server itself: another transport would not help",
        arguments: [401, 403, 429, 503]
    )
    func serversOwnStatus(_ status: Int) {
        #expect(verdict(.refused(status)) == .stays)
    }

    @Test(
        "a proxy that does not let through may let another transport through, unless it does not reach the server itself"
    )
    func proxies() {
        func refused(_ status: Int) -> DisconnectReason {
            .failedToConnect(
                PhoenixError(.proxyRefused, "Refused.", cause: ProxyRefusal(status: status), stage: .connect)
            )
        }
        for status in [400, 403, 405, 407, 501] { #expect(verdict(refused(status)) == .moves) }
        for status in [502, 503, 504] { #expect(verdict(refused(status)) == .staysAtPlace) }
        #expect(verdict(.failed(.proxyInvalid, in: .connect)) == .moves)
    }

    @Test("a server that failed may be a gateway that did")
    func internalError() {
        #expect(verdict(.refused(500)) == .counts)
    }

    @Test(
        "a handshake that broke: another transport may get through",
        arguments: [
            (PhoenixError.Code.upgradeInvalid, ConnectionStage?.none), (.upgradeInvalid, .upgrade),
            (.timeout, .upgrade), (.tls, .upgrade),
            (.unreachable, .upgrade), (.transportDown, .upgrade), (.limitExceeded, .upgrade), (.upgradeRefused, nil),
        ]
    )
    func brokenHandshake(_ code: PhoenixError.Code, _ stage: ConnectionStage?) {
        #expect(verdict(.failed(code, in: stage)) == .moves)
    }

    @Test(
        "nobody there, or not whom we trust: another transport to the same place would not help",
        arguments: [
            (PhoenixError.Code.unreachable, ConnectionStage?.some(.connect)), (.unreachable, nil), (.timeout, .connect),
            (.timeout, .tls),
            (.timeout, nil), (.tls, .tls), (.tls, nil), (.unreachable, .tls), (.transportDown, nil),
        ]
    )
    func samePlace(_ code: PhoenixError.Code, _ stage: ConnectionStage?) {
        #expect(verdict(.failed(code, in: stage)) == .staysAtPlace)
    }

    @Test(
        "B30: a pair, an address or options that cannot work are no use",
        arguments: [
            PhoenixError.Code.incompatible, .endpointMismatch, .invalidURL, .invalidOption, .versionConflict,
            .unknownTransport,
            .unknownSerializer, .unknownExtension,
        ]
    )
    func unusable(_ code: PhoenixError.Code) {
        #expect(verdict(.failed(code, in: nil)) == .unusable)
    }

    @Test("a connection that opened and died unproven counts, however it died")
    func unproven() {
        for reason in [.cut, .closed(1000), .closed(1006), .closed(1012), DisconnectReason(.transportDown)] {
            #expect(verdict(reason, .unproven) == .counts)
        }
        let silent = DisconnectReason(.failed, error: PhoenixError(.timeout, "Silent."))
        #expect(verdict(silent, .unproven) == .counts)
    }

    @Test("a proven connection that was cut soon after it had opened counts; one that was closed, or lasted, does not")
    func young() {
        #expect(verdict(.cut, .proven(.milliseconds(200))) == .counts)
        #expect(verdict(DisconnectReason(.transportDown), .proven(.milliseconds(200))) == .counts)
        #expect(verdict(.closed(1012), .proven(.milliseconds(200))) == .stays)
        #expect(verdict(.cut, .proven(.seconds(5))) == .stays)
    }

    @Test("what we did ourselves says nothing")
    func ours() {
        for life in [FallbackSign.Life.neverOpened, .unproven, .proven(.zero), .proven(.seconds(60))] {
            #expect(verdict(.closed(1000, by: true), life) == .ours)
            #expect(verdict(.replaced, life) == .ours)
            #expect(verdict(.abandoned, life) == .ours)
        }
    }

    @Test("Retry-After in seconds is understood, dates and nonsense are not")
    func retryAfter() {
        for (text, wait) in [
            ("120", Duration.seconds(120)), ("0", .zero), ("-1", nil), ("1e3", nil), ("99999999999", nil), ("", nil),
            ("Wed, 21 Oct 2026 07:28:00 GMT", nil),
        ] as [(String, Duration?)] {
            let sign = FallbackSign(
                .refused(503, [HeaderField("Retry-After", text)]),
                after: .neverOpened,
                shortLife: .seconds(5)
            )
            #expect(sign.retryAfter == wait, "\(text)")
        }
    }

    @Test("whatever the error says, it stays on one line of bounded length")
    func oneLine() {
        let text = "first\nsecond\r\n\u{1B}[31mred\u{2028}" + String(repeating: "x", count: 5_000)
        let words = FallbackSign(
            .failedToConnect(PhoenixError(.unreachable, text)),
            after: .neverOpened,
            shortLife: .seconds(5)
        ).words
        #expect(words.count <= 200 && words.hasPrefix("first second"))
        #expect(!words.unicodeScalars.contains { $0.value < 0x20 || $0.value == 0x2028 })
    }
}
