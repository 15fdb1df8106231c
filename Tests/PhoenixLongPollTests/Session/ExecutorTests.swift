internal import Dispatch
internal import PhoenixKit
internal import Synchronization
internal import Testing

@testable internal import PhoenixLongPoll

@Suite("Where requests are made and the body runs", .timeLimit(.minutes(1)))
struct ExecutorTests {
    /// A caller with an isolation of its own.
    private actor Caller {
        func call(_ engine: ScriptedEngine, _ configuration: LongPollTransport.Configuration) async throws {
            let transport = LongPollTransport(engine: engine, configuration: configuration)
            try await transport.withConnection(request()) { connection in
                self.assertIsolated()
                _ = try await connection.inbound.next()
                self.assertIsolated()
            }
        }
    }

    private static let key = DispatchSpecificKey<Bool>()
    private static let queue = {
        let queue = DispatchQueue(label: "engine")
        queue.setSpecific(key: key, value: true)
        return queue
    }()

    private static var isOnQueue: Bool { DispatchQueue.getSpecific(key: key) ?? false }

    @Test("the body runs in the isolation of its caller")
    func callersIsolation() async throws {
        for executor in [LongPollTransport.Configuration.Executor.caller, .connection] {
            let engine = ScriptedEngine(executor: QueueExecutor(Self.queue))
            async let served: Void = {
                await engine.next(.get).answer(opened)
                await engine.next(.get).answer(messages("[1]"))
            }()
            try await Caller().call(engine, .init(executor: executor))
            await served
        }
    }

    @Test("on request the body runs where the engine has its answers", arguments: [true, false])
    func engineExecutor(isAskedFor: Bool) async throws {
        let engine = ScriptedEngine(executor: QueueExecutor(Self.queue))
        let configuration = LongPollTransport.Configuration(executor: isAskedFor ? .connection : .caller)
        async let served: Void = {
            await engine.next(.get).answer(opened)
            await engine.next(.get).answer(messages("[1]"))
            await engine.next(.post).answer(accepted)
        }()
        try await LongPollTransport(engine: engine, configuration: configuration).withConnection(request()) {
            connection in
            #expect(Self.isOnQueue == isAskedFor)
            _ = try await connection.inbound.next()
            #expect(Self.isOnQueue == isAskedFor)
            try await connection.outbound.write([.text("[2]")])
            #expect(Self.isOnQueue == isAskedFor)
        }
        await served
    }

    @Test("requests are made where the engine has its answers, or anywhere", arguments: [true, false])
    func requests(hasExecutor: Bool) async throws {
        let places = Mutex<[Bool]>([])
        let engine = ScriptedEngine(executor: hasExecutor ? QueueExecutor(Self.queue) : nil) {
            places.withLock { $0.append(Self.isOnQueue) }
        }
        async let served: Void = {
            await engine.next(.get).answer(opened)
            await engine.next(.get).answer(messages("[1]"))
            await engine.next(.post).answer(accepted)
        }()
        try await LongPollTransport(engine: engine, configuration: .init(executor: .connection))
            .withConnection(request()) { connection in
                _ = try await connection.inbound.next()
                try await connection.outbound.write([.text("[2]")])
            }
        await served
        #expect(places.withLock { $0 } == [false, hasExecutor, hasExecutor])
    }
}
