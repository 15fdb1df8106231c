/// How code on other threads gets something done in the world.
struct WorldGate: Sendable {
    /// Runs the closure on the world's thread, soon, and performs the effects.
    let submit: @Sendable (@escaping @Sendable (World) -> Void) -> Void
}
