internal import NIOCore
internal import NIOSSL

extension Channel {
    /// Closes the socket without a word to the peer.
    ///
    /// To be called on the event loop.
    ///
    /// Closing the channel as such would wait for the peer's close_notify, where there is TLS.
    func closeAtOnce() {
        if let tls = try? pipeline.syncOperations.context(handlerType: NIOSSLClientHandler.self) {
            tls.close(promise: nil)
        } else {
            close(promise: nil)
        }
    }
}
