internal import Logging

/// A move to another target, in two steps: what is outstanding ends, then the present connection closes.
struct Move {
    enum Stage {
        case settling
        case closing
    }

    var target: ConnectionTarget
    var stage = Stage.settling
    /// When the stage ends whatever happens.
    var deadline: Timestamp
}

extension Driver {
    /// Begins a move, or gives one that has begun another target: see `Directive`.
    func move(to newTarget: ConnectionTarget) {
        guard case .connected = phase else { return connect(to: newTarget) }
        pendingConnect = nil
        if pendingMove != nil {
            pendingMove?.target = newTarget
        } else if newTarget != target {
            logger.debug("Moving", metadata: ["url": "\(newTarget.endpoint.redacted)"])
            pendingMove = Move(target: newTarget, deadline: clock.now + configuration.moveTimeout)
        }
    }

    /// Closes the present connection for the move as soon as nothing is outstanding on it.
    func goOnMoving() {
        if pendingMove?.stage == .settling, socket.core.table.outstanding.isEmpty { closeForMove() }
    }

    /// A stage of the move takes too long: what is outstanding ends with the connection, or the connection is cut.
    func moveDeadlineReached(_ now: Timestamp) {
        guard let move = pendingMove, move.deadline <= now else { return }
        switch move.stage {
        case .settling: closeForMove()
        case .closing: finishMove()
        }
    }

    /// The present connection is over, or has had its time: goes on to the new one.
    func finishMove() {
        guard let move = pendingMove, case .connected(let generation, _) = phase else { return }
        cut(generation)
        forget(.replaced)
        connect(to: move.target)
    }

    /// What is sent before goes out before; what arrives until the server has answered the close is delivered.
    private func closeForMove() {
        guard case .connected(_, let outbox) = phase else { return }
        let frames = socket.core.takeOutgoing()
        if !frames.isEmpty { outbox.add(frames) }
        outbox.close(code: 1000, reason: "")
        socket.core.isClosing = true
        pendingMove?.stage = .closing
        // The transport's own deadline comes first.
        pendingMove?.deadline = clock.now + configuration.deadlines.close + .seconds(1)
    }
}
