internal import NIOSSL
internal import PhoenixKit
internal import PhoenixWebSocket

/// Certificates for the tests, all but the root signed by it.
///
/// The server's are for `localhost` and 127.0.0.1, `elsewhere` is for another host, and `expired` ended in 2020; the
/// others are valid until 2120.
///
/// Made with OpenSSL: a P-256 key each (`openssl ecparam -name prime256v1 -genkey -noout`), a request with
/// `-addext subjectAltName=…`, and `openssl ca -startdate 20200101000000Z -enddate …` with the root
/// (`openssl req -x509 -days 36500`).
enum Certificates {
    static let root = """
        -----BEGIN CERTIFICATE-----
        MIIBlTCCATugAwIBAgIUJOaVU+06Cr5MUWDDjWUAyKfeQjAwCgYIKoZIzj0EAwIw
        HzEdMBsGA1UEAwwUUGhvZW5peEtpdCB0ZXN0IHJvb3QwIBcNMjYxMTIzMTMzODUz
        WhgPMjEyNjEwMzAxMzM4NTNaMB8xHTAbBgNVBAMMFFBob2VuaXhLaXQgdGVzdCBy
        b290MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE9HrxpttF2IDqfRV+le6b4jkD
        oGz26US3OAPPaiwF8hNJvTKqbyYp3dNNW7z7idb635HHer8tM3xitUsaSPBtdqNT
        MFEwHQYDVR0OBBYEFM4LgAVjcKlv7H/q5rRsgEpv1KGlMB8GA1UdIwQYMBaAFM4L
        gAVjcKlv7H/q5rRsgEpv1KGlMA8GA1UdEwEB/wQFMAMBAf8wCgYIKoZIzj0EAwID
        SAAwRQIhAJAaHfQCQjuCFfgg3/DWpP6rpZw0V8Bp9KjHbKhYhFHyAiAaP6d155dp
        EOMqpE1YhQULJK7TYhU7nB0wCZ8C2qcymA==
        -----END CERTIFICATE-----
        """

    static let server = """
        -----BEGIN CERTIFICATE-----
        MIIBgDCCASWgAwIBAgIBATAKBggqhkjOPQQDAjAfMR0wGwYDVQQDDBRQaG9lbml4
        S2l0IHRlc3Qgcm9vdDAgFw0yMDAxMDEwMDAwMDBaGA8yMTIwMDEwMTAwMDAwMFow
        ETEPMA0GA1UEAwwGc2VydmVyMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEkSL9
        QJIoGr++qMm99H8VGdRODueLKs95ccBaxkL+TY7iGLHPzxQwkkQ5JxTzCmpAxIcb
        zg83CcSYmWKiVqjvjaNeMFwwGgYDVR0RBBMwEYIJbG9jYWxob3N0hwR/AAABMB0G
        A1UdDgQWBBT29TUufuAZPimGJGL3hzTaWMcTxjAfBgNVHSMEGDAWgBTOC4AFY3Cp
        b+x/6ua0bIBKb9ShpTAKBggqhkjOPQQDAgNJADBGAiEAuvCP0yns/iT/fhXVNX4h
        sm3mpZmIND43M4AqtnhfrPsCIQDcQoczqRkp7wIBhJ05uhwIug/j6+C3zVGY+e/S
        fkujsA==
        -----END CERTIFICATE-----
        """

    static let serverKey = """
        -----BEGIN EC PRIVATE KEY-----
        MHcCAQEEIOjeITNN+VsXCZ3hQ0AUJzutoTNEg23ppEqe14rNHXYJoAoGCCqGSM49
        AwEHoUQDQgAEkSL9QJIoGr++qMm99H8VGdRODueLKs95ccBaxkL+TY7iGLHPzxQw
        kkQ5JxTzCmpAxIcbzg83CcSYmWKiVqjvjQ==
        -----END EC PRIVATE KEY-----
        """

    static let elsewhere = """
        -----BEGIN CERTIFICATE-----
        MIIBgTCCASegAwIBAgIBAjAKBggqhkjOPQQDAjAfMR0wGwYDVQQDDBRQaG9lbml4
        S2l0IHRlc3Qgcm9vdDAgFw0yMDAxMDEwMDAwMDBaGA8yMTIwMDEwMTAwMDAwMFow
        FDESMBAGA1UEAwwJZWxzZXdoZXJlMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE
        fFhBiCrviksQO6qsZaMdIp8IZBhNd0O6R0hSR7cq4KrK+RXQhQzKvDl54xuAJuf5
        X8fu5rT2ye6a8RUuNyTj6KNdMFswGQYDVR0RBBIwEIIOZWxzZXdoZXJlLnRlc3Qw
        HQYDVR0OBBYEFF+sgpjCPIYCBtmW4PMgMOT+pWkXMB8GA1UdIwQYMBaAFM4LgAVj
        cKlv7H/q5rRsgEpv1KGlMAoGCCqGSM49BAMCA0gAMEUCIAm/bhj9zVAUMDP0J82D
        bz2ds2XzossKxLfzSt2x2wkCAiEAiWPhWhIvpxrFV+DEsavCjM0zR6uMlkt6kXwm
        tRagXx8=
        -----END CERTIFICATE-----
        """

    static let elsewhereKey = """
        -----BEGIN EC PRIVATE KEY-----
        MHcCAQEEIGN2QOhW0QF7dymNvOYTDw+kO7/swgQdWyXCtt0E0vR2oAoGCCqGSM49
        AwEHoUQDQgAEfFhBiCrviksQO6qsZaMdIp8IZBhNd0O6R0hSR7cq4KrK+RXQhQzK
        vDl54xuAJuf5X8fu5rT2ye6a8RUuNyTj6A==
        -----END EC PRIVATE KEY-----
        """

    static let expired = """
        -----BEGIN CERTIFICATE-----
        MIIBfTCCASSgAwIBAgIBAzAKBggqhkjOPQQDAjAfMR0wGwYDVQQDDBRQaG9lbml4
        S2l0IHRlc3Qgcm9vdDAeFw0yMDAxMDEwMDAwMDBaFw0yMDAxMDIwMDAwMDBaMBIx
        EDAOBgNVBAMMB2V4cGlyZWQwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAASZdWa3
        lth9EFHOZyh+cX5DqxORbW76mxBb6ZQwDi7/M5WJts71k75/2yhmXxh/Oij8MJc5
        haRMbF0qbN1xMpeYo14wXDAaBgNVHREEEzARgglsb2NhbGhvc3SHBH8AAAEwHQYD
        VR0OBBYEFAhPD+cf0nVM1JLsCrwcjBVszPbLMB8GA1UdIwQYMBaAFM4LgAVjcKlv
        7H/q5rRsgEpv1KGlMAoGCCqGSM49BAMCA0cAMEQCIHDxaeCEvocfOt6+bm3pfsGp
        6+saARhsxFSCZ18G+2ouAiBOjNhYvVTiqYo6HEugaO5KPuqlbKDEhiOGMIxLWW4I
        Pg==
        -----END CERTIFICATE-----
        """

    static let expiredKey = """
        -----BEGIN EC PRIVATE KEY-----
        MHcCAQEEILXStUzXLmFYDuHI/7ASfahchhi1WmCR9+Elzm1J9BUYoAoGCCqGSM49
        AwEHoUQDQgAEmXVmt5bYfRBRzmcofnF+Q6sTkW1u+psQW+mUMA4u/zOVibbO9ZO+
        f9soZl8Yfzoo/DCXOYWkTGxdKmzdcTKXmA==
        -----END EC PRIVATE KEY-----
        """

    static let client = """
        -----BEGIN CERTIFICATE-----
        MIIBezCCASGgAwIBAgIBBDAKBggqhkjOPQQDAjAfMR0wGwYDVQQDDBRQaG9lbml4
        S2l0IHRlc3Qgcm9vdDAgFw0yMDAxMDEwMDAwMDBaGA8yMTIwMDEwMTAwMDAwMFow
        ETEPMA0GA1UEAwwGY2xpZW50MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEYgfa
        x1gZSRERKpaTvhpJ6dZtj11gG0TomQt4bABPMlpPdpNSjLwjn85+1beSfAK1F71f
        P4Je5OPZSpPHZbFqqqNaMFgwFgYDVR0RBA8wDYILY2xpZW50LnRlc3QwHQYDVR0O
        BBYEFLdbAReF3VdsvbntcTiXgtFvFDPTMB8GA1UdIwQYMBaAFM4LgAVjcKlv7H/q
        5rRsgEpv1KGlMAoGCCqGSM49BAMCA0gAMEUCIQDDAtvvY9gcEq/XpsWlKm0Uopj2
        Wyj05SZ9JgThEqqmQwIgcBmya3WwGaqW3myKxw69lxSrEisbG4sfUNGnqe2HCZM=
        -----END CERTIFICATE-----
        """

    static let clientKey = """
        -----BEGIN EC PRIVATE KEY-----
        MHcCAQEEILzopWTNamNdfVPm64wYDBKFBVqWOXyCOmGY4HXKjYIroAoGCCqGSM49
        AwEHoUQDQgAEYgfax1gZSRERKpaTvhpJ6dZtj11gG0TomQt4bABPMlpPdpNSjLwj
        n85+1beSfAK1F71fP4Je5OPZSpPHZbFqqg==
        -----END EC PRIVATE KEY-----
        """

    /// What a server needs to speak TLS with a certificate from above.
    static func serverContext(
        _ certificate: String = server,
        key: String = serverKey,
        asksForClient: Bool = false
    ) throws -> NIOSSLContext {
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: try NIOSSLCertificate.fromPEMBytes(Array(certificate.utf8)).map { .certificate($0) },
            privateKey: .privateKey(try NIOSSLPrivateKey(bytes: Array(key.utf8), format: .pem))
        )
        configuration.applicationProtocols = ["http/1.1"]
        if asksForClient {
            configuration.certificateVerification = .noHostnameVerification
            configuration.trustRoots = .certificates(try NIOSSLCertificate.fromPEMBytes(Array(root.utf8)))
        }
        return try NIOSSLContext(configuration: configuration)
    }
}

extension TLSOptions.PEM {
    /// PEM from a string.
    static func text(_ text: String) -> TLSOptions.PEM {
        .bytes(Bytes(text))
    }
}
