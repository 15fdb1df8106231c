import PhoenixKit
import PhoenixTestServer

/// A certificate for `localhost` that vouches for itself, from 2020 to 2120, and its key.
///
/// For tests alone.
enum Certificate {
    static let chain = """
        -----BEGIN CERTIFICATE-----
        MIIBeDCCAR+gAwIBAgIBATAKBggqhkjOPQQDAjAUMRIwEAYDVQQDDAlsb2NhbGhv
        c3QwIBcNMjAwMTAxMDAwMDAwWhgPMjEyMDAxMDEwMDAwMDBaMBQxEjAQBgNVBAMM
        CWxvY2FsaG9zdDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABJ2fP2rXJG/DO36R
        cGiGo1s8jr1i17DPHu3yo/N+ubkpl4vUNYiEW4Dl92COu5fD9PL6QZKYrIoxrU6p
        EY+xUmqjYDBeMCwGA1UdEQQlMCOCCWxvY2FsaG9zdIcEfwAAAYcQAAAAAAAAAAAA
        AAAAAAAAATAPBgNVHRMBAf8EBTADAQH/MB0GA1UdDgQWBBT11M8eoP85S33y8mYx
        1yzTiEufbDAKBggqhkjOPQQDAgNHADBEAiASlGXYKQjgp5nN5dA5cl2Z5wHzovtR
        T0RvdHe4qzaxnwIgVmbjTK/5sCQI2ugARVzTJrxUCP+ZamB7sQQcVKgVLJw=
        -----END CERTIFICATE-----
        """

    static let key: Secret = """
        -----BEGIN PRIVATE KEY-----
        MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQglaEqozMMOXBAekWS
        d9vkQPPBdCf/J51RhhPCdVU2p3ChRANCAASdnz9q1yRvwzt+kXBohqNbPI69Ytew
        zx7t8qPzfrm5KZeL1DWIhFuA5fdgjruXw/Ty+kGSmKyKMa1OqRGPsVJq
        -----END PRIVATE KEY-----
        """

    static let tls = ServerTLS(certificateChain: chain, privateKey: key)
}
