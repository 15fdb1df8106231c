extension TransportConformance {
    typealias Judge = @Sendable (TransportConformance) async throws -> Void

    /// The rules in order, from what all others stand on to what takes longest.
    static let checks: [ConformanceCheck<Judge>] = [
        ConformanceCheck(
            "transport.frames",
            "Frames of each kind, up to 100 kB, arrive whole in both directions; one of no bytes arrives or is refused.",
            because: "serializers rely on the kind and on every byte.",
            judge: { try await $0.judgeFrames() }
        ),
        ConformanceCheck(
            "transport.order",
            "Frames arrive in the order in which they were written, across batches and calls.",
            because: "a reply that overtakes a broadcast shows the application a past that never was.",
            judge: { try await $0.judgeOrder() }
        ),
        ConformanceCheck(
            "transport.batches",
            "A batch holds at least one frame, and its arrival is a time of the request's clock.",
            because: "liveness counts from the arrival; a wrong one ends connections that are well.",
            judge: { try await $0.judgeBatches() }
        ),
        ConformanceCheck(
            "transport.body",
            "What the body returns or throws is what the call returns or throws.",
            because: "the client tells a stop from a failure by it.",
            judge: { try await $0.judgeBody() }
        ),
        ConformanceCheck(
            "transport.done",
            "When the call returns, the connection is over: the peer has been sent everything, and sees the end.",
            because: "a connection that lives on keeps the user online, and a socket and its buffers with it.",
            judge: { try await $0.judgeDone() }
        ),
        ConformanceCheck(
            "transport.cancel",
            "Cancelling the task ends the wait for frames, and the connection.",
            because: "the client stops a connection by cancelling it, and waits for the call to return.",
            judge: { try await $0.judgeCancellation() }
        ),
        ConformanceCheck(
            "transport.close",
            "After a close of ours what was written before arrives, and the end is reported as one that we began.",
            because: "a client that moves to another transport closes first and must lose nothing.",
            judge: { try await $0.judgeLocalClose() }
        ),
        ConformanceCheck(
            "transport.peer-close",
            "When the peer closes, its last frames come first, then the end, as one that it began; then nil.",
            because: "what is reported after the end is taken for the next connection's, or for a crash.",
            judge: { try await $0.judgePeerClose() }
        ),
        ConformanceCheck(
            "transport.reset",
            "A connection that breaks off is reported once, by an error or an unclean end; then nil.",
            because: "a break that is told twice reconnects twice, and one that is not told leaves the client waiting.",
            judge: { try await $0.judgeReset() }
        ),
        ConformanceCheck(
            "transport.write-after-end",
            "Writing to a connection that is over throws `.disconnected`.",
            because: "a push that seems sent waits for a reply until its timeout.",
            judge: { try await $0.judgeWriteAfterEnd() }
        ),
        ConformanceCheck(
            "transport.write-deadline",
            "A write that the peer does not read ends with `.timeout` when the write deadline has passed.",
            because: "a peer that stopped reading is never told from a slow one otherwise, and pushes pile up.",
            judge: { try await $0.judgeWriteDeadline() }
        ),
        ConformanceCheck(
            "transport.open-deadline",
            "Opening a connection to what never answers ends with `.timeout` when the deadline has passed.",
            because: "fallback and reconnection begin when the attempt ends.",
            judge: { try await $0.judgeOpenDeadline() }
        ),
        ConformanceCheck(
            "transport.back-pressure",
            "While nobody asks for frames, the peer is held up after a bounded amount.",
            because: "a handler that is slow would fill the memory with what it has not seen yet.",
            judge: { try await $0.judgeBackPressure() }
        ),
        ConformanceCheck(
            "transport.memory",
            "A connection that is over leaves no memory behind.",
            because: "clients reconnect for months.",
            judge: { try await $0.judgeMemory() }
        ),
    ]
}
