extension Driver {
    /// Opens a connection to `target`, sends one heartbeat, waits for its answer, and closes.
    static func probe(
        _ target: ConnectionTarget,
        _ configuration: SocketConfiguration,
        _ resolve: Resolver
    ) async -> ProbeOutcome {
        do {
            let resolution = try resolve(target)
            // Generations count from 1: no connection of the client itself has this one.
            let request = request(for: resolution, target, 0, configuration)
            let deadlines = configuration.deadlines
            // The stages have deadlines of their own; this is for a transport that does not keep them.
            let limit =
                deadlines.connect + deadlines.tls + deadlines.upgrade + configuration.heartbeatTimeout + deadlines.close
                + .seconds(1)
            return try await within(limit, configuration.clock) {
                try await resolution.transport.withConnection(request) { connection in
                    let tapped = connection.tapped(by: configuration.wiretap, clock: configuration.clock)
                    return await Self.prove(tapped, resolution.serializer, configuration)
                }
            }
        } catch {
            return .failed(.failedToConnect(PhoenixError(transport: error)))
        }
    }

    private static func prove(
        _ connection: Connection,
        _ serializer: S,
        _ configuration: SocketConfiguration
    ) async -> ProbeOutcome {
        do {
            let heartbeat = try Message.heartbeat(1, in: serializer.payloadFormat)
            let frame = try serializer.encode(heartbeat, as: .client)
            let sent = configuration.clock.now
            try await connection.outbound.write([frame])
            let outcome = try await within(configuration.heartbeatTimeout, configuration.clock) {
                try await Self.answer(on: connection.inbound, serializer, sent: sent)
            }
            if case .proven = outcome {
                await connection.outbound.close(code: 1000, reason: "")
                while case .frames? = try? await connection.inbound.next() {}
            }
            return outcome
        } catch {
            return .failed(DisconnectReason(.failed, error: PhoenixError(transport: error)))
        }
    }

    /// Reads until the heartbeat is answered or the connection ends.
    private static func answer(on inbound: any Inbound, _ serializer: S, sent: Timestamp) async throws -> ProbeOutcome {
        while let event = try await inbound.next() {
            switch event {
            case .closed(let close): return .failed(DisconnectReason(.closed, close: close))
            case .frames(let batch):
                for frame in batch.frames {
                    guard let message = try? serializer.decode(frame, as: .client) else { continue }
                    if message.eventBytes == Message.Name.reply, message.topicBytes == Message.Name.phoenix {
                        return .proven(roundTrip: batch.arrival - sent)
                    }
                }
            }
        }
        return .failed(DisconnectReason(.transportDown))
    }

    /// Runs `operation`, but no longer than `limit`.
    ///
    /// - Throws: what `operation` throws; `.timeout`; `CancellationError`.
    private static func within(
        _ limit: Duration,
        _ clock: any PhoenixClock,
        _ operation: @escaping @Sendable () async throws -> ProbeOutcome
    ) async throws -> ProbeOutcome {
        let deadline = clock.now + limit
        return try await withThrowingTaskGroup(of: ProbeOutcome.self) { group in
            group.addTask { try await operation() }
            group.addTask {
                try await clock.sleep(until: deadline)
                throw PhoenixError(.timeout, "Expected an answer to the probe within \(limit), got none.")
            }
            defer { group.cancelAll() }
            guard let outcome = try await group.next() else { throw CancellationError() }
            return outcome
        }
    }
}

extension Message {
    /// The heartbeat of Phoenix.Socket.
    ///
    /// - Throws: `.encoding`.
    static func heartbeat(_ reference: UInt64, in format: any PayloadFormat) throws(PhoenixError) -> Message {
        Message(
            joinReference: nil,
            reference: Reference(reference),
            topicBytes: Name.phoenix,
            eventBytes: Name.heartbeat,
            payload: try PayloadContent.value([:]).encode(in: format)
        )
    }
}
