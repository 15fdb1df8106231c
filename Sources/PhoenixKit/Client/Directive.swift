/// What a handler wants done after a callback.
///
/// An enum on purpose: these are the answers the Elixir behaviour knows, and a handler reads well when it returns them.
public enum Directive: Sendable {
    /// Go on as things are.
    case ok
    /// Connect to the present target.
    ///
    /// While connecting or connected this changes nothing.
    case connect
    /// Connect to another target, which becomes the present one.
    ///
    /// A connection to the former target is closed first; its joins are forgotten and `disconnected` is called with
    /// `replaced`.
    ///
    /// With a delay it happens that much later, unless another order to connect, to move, to disconnect or to stop comes
    /// before.
    indirect case connectTo(ConnectionTarget, after: Duration = .zero)
    /// Connect to another target without losing anything on the way, and leave the present connection for it.
    ///
    /// First everything outstanding gets `SocketConfiguration.moveTimeout` to end; pushes go out on the present connection
    /// as usual meanwhile. Then that connection is closed in good order: what still arrives is delivered, requests throw
    /// `.disconnected`. When it has closed, `disconnected` is called with `replaced` and the new connection is opened;
    /// `connected` is the place to join again. Nothing is sent twice.
    ///
    /// While connected to that target this changes nothing; without a connection it is the same as `connectTo`.
    indirect case move(to: ConnectionTarget)
    /// Stop: close the connection, end all references, call `terminate` and let `run()` return or throw.
    indirect case stop(StopReason)

    /// Connects to `endpoint` with `parameters`.
    ///
    /// - Throws: `.invalidURL`.
    public static func connect(_ endpoint: String, _ parameters: Parameters = [:]) throws(PhoenixError) -> Directive {
        .connectTo(try ConnectionTarget(endpoint, parameters))
    }
}

/// How a handler begins.
public enum Start: Sendable {
    /// Connect at once.
    indirect case connect(ConnectionTarget)
    /// Keep the target and wait: a later `.connect` uses it.
    indirect case noConnect(ConnectionTarget)
    /// Do not run at all: `run()` returns, and `terminate` is not called.
    case ignore

    /// Connects at once to `endpoint` with `parameters`.
    ///
    /// - Throws: `.invalidURL`.
    public static func connect(_ endpoint: String, _ parameters: Parameters = [:]) throws(PhoenixError) -> Start {
        .connect(try ConnectionTarget(endpoint, parameters))
    }

    /// Keeps `endpoint` and `parameters` for later.
    ///
    /// - Throws: `.invalidURL`.
    public static func noConnect(_ endpoint: String, _ parameters: Parameters = [:]) throws(PhoenixError) -> Start {
        .noConnect(try ConnectionTarget(endpoint, parameters))
    }
}

/// Why a client stops.
public enum StopReason: Sendable {
    /// It is done: `run()` returns.
    case normal
    /// It must not go on: `run()` throws `error`.
    case failure(any Error)
    /// The task of `run()` was cancelled: `run()` throws `CancellationError`.
    case cancelled
    /// The last reference to the client is gone.
    case released
}
