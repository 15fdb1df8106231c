/// What came of a probe.
///
/// An enum on purpose: a probe succeeds or it does not.
public enum ProbeOutcome: Sendable {
    /// The server answered a heartbeat on a connection of its own, after this long.
    case proven(roundTrip: Duration)
    /// It did not.
    case failed(DisconnectReason)
}
