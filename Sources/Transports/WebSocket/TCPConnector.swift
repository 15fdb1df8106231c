public import NIOCore
internal import NIOPosix
internal import PhoenixKit
private import Synchronization

#if canImport(Glibc)
private import Glibc
#elseif canImport(Musl)
private import Musl
#elseif canImport(Android)
private import Android
#else
private import Darwin
#endif

/// Connects over TCP.
///
/// A name with several addresses is tried as RFC 8305 says, IPv6 and IPv4 together.
public struct TCPConnector: WebSocketConnector {
    /// The connector for TCP.
    public init() {}

    public var reachesAnyHost: Bool { true }

    public func connect(_ request: WebSocketConnectRequest) async throws -> any Channel {
        let attempts = Attempts()
        let result = OneShot<any Channel>()
        let bootstrap = ClientBootstrap(group: request.eventLoop)
            .channelOption(.socketOption(.tcp_nodelay), value: 1)
            .channelOption(.autoRead, value: false)
            .channelOption(.recvAllocator, value: ReceiveAllocator())
            // What has come is one batch for the reader, who is woken once for it.
            .channelOption(.maxMessagesPerRead, value: .init(ReceiveAllocator.readsInARow))
            // The deadline is the transport's; this one ends what goes on in the background, a moment later.
            .connectTimeout(.nanoseconds(max(1, request.timeout.clampedNanoseconds + 1_000_000_000)))
            .channelInitializer { channel in
                attempts.add(channel)
                    ? channel.eventLoop.makeSucceededVoidFuture()
                    : channel.eventLoop.makeFailedFuture(CancellationError())
            }
        // An address needs no resolver, which would take a thread.
        let address = try? SocketAddress(ipAddress: request.host, port: Int(request.port))
        let connecting =
            address.map { bootstrap.connect(to: $0) } ?? bootstrap.connect(host: request.host, port: Int(request.port))
        connecting.whenComplete { outcome in
            if !result.complete(outcome), case .success(let channel) = outcome {
                channel.close(promise: nil)
            }
        }
        do {
            return try await result.value()
        } catch {
            attempts.abandon()
            throw Self.error(for: error, host: request.host, port: request.port)
        }
    }

    /// The sockets of one attempt, so that they can be closed when nobody waits for them any more.
    private final class Attempts: Sendable {
        private let channels = Mutex<[any Channel]?>([])

        /// Adds a socket; false when the attempt is over.
        func add(_ channel: any Channel) -> Bool {
            channels.withLock { channels in
                channels?.append(channel)
                return channels != nil
            }
        }

        func abandon() {
            let open = channels.withLock { channels in
                defer { channels = nil }
                return channels ?? []
            }
            for channel in open { channel.close(promise: nil) }
        }
    }

    private static func error(for error: any Error, host: String, port: UInt16) -> any Error {
        if error is CancellationError { return error }
        let connection = error as? NIOConnectionError
        let causes = connection.map { $0.connectionErrors.map(\.error) } ?? [error]
        if let connection, causes.isEmpty, connection.dnsAError != nil || connection.dnsAAAAError != nil {
            return PhoenixError(
                .unreachable,
                "No address was found for the host \(host). Check its spelling and the name service.",
                cause: error
            )
        }
        let isTimeout = causes.contains {
            if case .connectTimeout? = $0 as? ChannelError { true } else { false }
        }
        if isTimeout {
            return PhoenixError(
                .timeout,
                "Expected connecting to \(host) to be faster, but nothing answered at port \(port) in time.",
                cause: error
            )
        }
        if causes.contains(where: { ($0 as? IOError)?.errnoCode == ECONNREFUSED }) {
            return PhoenixError(
                .unreachable,
                "Nothing listens at \(host), port \(port): the connection was refused. Check that the server runs.",
                cause: error
            )
        }
        return PhoenixError(
            .unreachable,
            "No connection to \(host), port \(port): \(causes.map { "\($0)" }.joined(separator: "; ")).",
            cause: error
        )
    }
}

extension Duration {
    /// The duration in nanoseconds, cut to 100 years either way.
    fileprivate var clampedNanoseconds: Int64 {
        let century: Int64 = 3_155_760_000
        let seconds = min(max(components.seconds, -century), century)
        return seconds * 1_000_000_000 + components.attoseconds / 1_000_000_000
    }
}
