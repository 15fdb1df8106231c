extension PermessageDeflate {
    /// What is offered or accepted, how messages are compressed, and what is inflated.
    ///
    /// What one connection holds, from its first compressed message in each direction to its end, with zlib 1.2.13:
    ///
    /// | window bits, memory level | sending | receiving |
    /// |---|---|---|
    /// | 15, 8 | 268 kB | 40 kB |
    /// | 12, 5 | 39 kB | 11 kB |
    /// | 9, 1 | 9 kB | 8 kB |
    ///
    /// Sending takes 2^(bits + 2) + 2^(level + 9) bytes and 6 kB, receiving 2^bits bytes and 7 kB.
    public struct Configuration: Sendable, Hashable {
        /// The window that the client compresses with.
        ///
        /// A client offers it, as `client_max_window_bits`, so that the server may ask for a smaller one; nil offers nothing and
        /// compresses with 15 bits. A server allows at most this, where the client offered to limit itself; nil is 15 bits.
        ///
        /// Default: 15 bits.
        public var clientMaxWindowBits: WindowBits?
        /// The window that the server compresses with.
        ///
        /// A client that sets it asks for it, and a server that does not know the parameter will decline; nil asks for
        /// nothing and is ready for 15 bits. A server compresses with at most this; nil is what the client asks for.
        ///
        /// Default: nil.
        public var serverMaxWindowBits: WindowBits?
        /// Whether the client compresses every message on its own: less memory for a server, more bytes.
        ///
        /// A server that sets it asks it of every client.
        ///
        /// Default: false.
        public var clientNoContextTakeover: Bool
        /// Whether the server compresses every message on its own.
        ///
        /// A client that sets it asks for it, and a server that cannot do it will decline.
        ///
        /// Default: false.
        public var serverNoContextTakeover: Bool
        /// How hard zlib tries, from 1 (fast) to 9 (small).
        ///
        /// Values outside count as the nearest one. Default: 6, zlib's own.
        public var level: Int
        /// How much memory zlib compresses with, from 1 to 9.
        ///
        /// Values outside count as the nearest one. Default: 8, zlib's own.
        public var memoryLevel: Int
        /// The size in bytes below which messages are sent plain.
        ///
        /// Default: 128. What a smaller message can save is less than the headers of the packet that carries it (40 bytes of
        /// IP and TCP, 22 of TLS), and it would cost some microseconds of CPU at both ends.
        public var threshold: Int
        /// What goes beyond this ratio is sent plain.
        ///
        /// Default: 20 from 16 kB on. Bandit closes with 1009 when a message inflates to more than 25 times its size and
        /// does not fit the first chunks it inflates; 20 kB of one character passed, 200 kB did not.
        public var sentRatio: RatioBound
        /// What comes beyond this ratio ends the connection with `.limitExceeded`, while it is inflated.
        ///
        /// Default: 100 from 1 MB on. `ConnectionLimits.inflatedMessage` holds as well.
        public var receivedRatio: RatioBound

        /// A configuration; the defaults where nothing is given.
        public init(
            clientMaxWindowBits: WindowBits? = .fifteen,
            serverMaxWindowBits: WindowBits? = nil,
            clientNoContextTakeover: Bool = false,
            serverNoContextTakeover: Bool = false,
            level: Int = 6,
            memoryLevel: Int = 8,
            threshold: Int = 128,
            sentRatio: RatioBound = RatioBound(20, exempt: 16_384),
            receivedRatio: RatioBound = RatioBound(100, exempt: 1_000_000)
        ) {
            self.clientMaxWindowBits = clientMaxWindowBits
            self.serverMaxWindowBits = serverMaxWindowBits
            self.clientNoContextTakeover = clientNoContextTakeover
            self.serverNoContextTakeover = serverNoContextTakeover
            self.level = level
            self.memoryLevel = memoryLevel
            self.threshold = threshold
            self.sentRatio = sentRatio
            self.receivedRatio = receivedRatio
        }
    }
}
