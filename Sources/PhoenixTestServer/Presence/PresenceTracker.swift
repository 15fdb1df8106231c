public import PhoenixKit

/// The presences of a channel's topic, as `Phoenix.Presence` keeps them.
///
/// Whoever changes them causes one `presence_diff` broadcast on the topic, after the handler's reply. Valid only during
/// the call whose context it came from.
public struct PresenceTracker {
    let world: World
    let channel: ChannelState

    /// Adds a presence of this channel under `key`.
    ///
    /// Tracking the same key again replaces what this channel tracks there.
    public func track(_ key: String, _ meta: [String: Value] = [:]) {
        world.presences.track(key, meta, for: channel)
    }

    /// Replaces what this channel tracks under `key`.
    ///
    /// Does nothing when it tracks nothing there.
    public func update(_ key: String, _ change: (inout [String: Value]) -> Void) {
        world.presences.update(key, for: channel, change)
    }

    /// Removes what this channel tracks under `key`.
    public func untrack(_ key: String) {
        world.presences.untrack(key, for: channel)
    }

    /// The presences of the topic as `presence_state` carries them: `{key: {"metas": […]}}`.
    public func list() -> Value {
        world.presences.list(channel.topic)
    }
}
