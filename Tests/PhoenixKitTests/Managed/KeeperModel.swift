import PhoenixJSON
import PhoenixTesting
import Synchronization

@testable import PhoenixKit

/// What went against a rule, and at which step.
struct Broken: Error {
    let rule: String
    let transcript: [String]
}

/// One life of a socket: a user, a server and the network, all led by chance, around a keeper.
///
/// Each step draws from a generator of its own, so that a step left out changes none of the others.
final class KeeperModel {
    struct Asked {
        let push: Push
        let kind: String
        /// What a reply to it says.
        let number: Int64
    }

    struct Heard: Sendable {
        var topic: String
        var generation: Int64
        var join: Int64
        var serial: Int64
    }

    private final class Log: Sendable {
        let entries = Mutex<[Heard]>([])
    }

    let bench: KeeperBench
    let channels: [PhoenixChannel]
    var server = ModelServer()
    var serverGeneration: UInt64 = 0
    var asked: [Asked] = []
    var pings: [Promise<Result<Duration, PhoenixError>>] = []
    var transcript: [String] = []
    /// A move without a token waits for the next connection.
    private(set) var mayBeElsewhere = false
    private let heard = Log()
    var subscriptions: [Subscription] = []
    fileprivate var work: [(number: UInt64, join: (topic: Bytes, epoch: UInt64)?, Work)] = []
    private var seenWork: UInt64 = 0
    private var epoch: UInt64 = 0
    private var serials: [String: Heard] = [:]
    private var sentPushes: Set<Int64> = []
    private var lastSent: [String: Int64] = [:]

    fileprivate enum Work {
        case credentials(Promise<Result<Credentials, PhoenixError>>)
        case parameters(Promise<Result<PayloadContent, PhoenixError>>)
    }

    init(seed: UInt64) throws {
        var chance = SplitMix64(seed: seed)
        var settings = PhoenixSocket.Settings()
        settings.seed = seed
        settings.pushBufferCount = 6
        settings.pushBufferBytes = 150
        if Bool.random(using: &chance) { settings.authToken = { nil } }
        if chance.next() % 4 == 0 { settings.client.outstandingLimit = 4 }
        var targets = [try ConnectionTarget("ws://one.test/socket/websocket")]
        if Bool.random(using: &chance) { targets.append(try ConnectionTarget("ws://two.test/socket/longpoll")) }
        bench = KeeperBench(targets, settings)
        let hub = bench.hub
        channels = [
            PhoenixChannel("a", ChannelParameters(source: .fixed(["n": 0])), hub),
            PhoenixChannel("b", ChannelParameters(source: .fixed(["n": 0])), hub),
            PhoenixChannel("made", ChannelParameters(source: .made { [:] }), hub),
        ]
    }

    // MARK: The user

    func join(_ channel: PhoenixChannel, _ timeout: Duration) {
        // The number by which the reply to this join is known.
        let number = Int64(epoch + 1)
        let source: ChannelParameters.Source =
            if case .made = channel.parameters.source {
                channel.parameters.source
            } else {
                .fixed(.value(["n": .signed(number)]))
            }
        guard let push = try? bench.hub.join(channel.topic, ChannelParameters(source: source), timeout: timeout) else {
            return
        }
        epoch += 1
        note(push, "join", number)
    }

    func leave(_ channel: PhoenixChannel, _ timeout: Duration) {
        let number = -Int64(epoch + 1)
        guard let push = try? channel.leave(.value(["n": .signed(number)]), timeout: timeout) else { return }
        epoch += 1
        note(push, "leave", number)
    }

    func push(_ channel: PhoenixChannel, _ timeout: Duration) {
        let number = Int64(1_000_000 + asked.count)
        guard let push = try? channel.push("say", .value(["n": .signed(number)]), timeout: timeout) else { return }
        note(push, "push", number)
    }

    func ping() {
        let promise = Promise<Result<Duration, PhoenixError>>()
        if bench.hub.post(.ping(promise, deadline: bench.clock.now + .seconds(3))) { pings.append(promise) }
    }

    func subscribe(_ channel: PhoenixChannel) {
        let topic = channel.topic
        subscriptions.append(
            channel.on("news") { [heard] message in
                let one = Heard(
                    topic: topic,
                    generation: message.payload["g"]?.integer ?? -1,
                    join: message.payload["j"]?.integer ?? -1,
                    serial: message.payload["s"]?.integer ?? -1
                )
                heard.entries.withLock { $0.append(one) }
            }
        )
    }

    private func note(_ push: Push, _ kind: String, _ number: Int64) {
        asked.append(Asked(push: push, kind: kind, number: number))
    }

    // MARK: The work beside the keeper

    /// Notes what the keeper has begun to ask for.
    func noteWork() {
        for (number, preparation) in bench.keeper.preparations.sorted(by: { $0.key < $1.key }) where number > seenWork {
            work.append((number, nil, .credentials(preparation.promise)))
        }
        for (number, making) in bench.keeper.makings.sorted(by: { $0.key < $1.key }) where number > seenWork {
            work.append((number, (making.record.topic, making.record.epoch), .parameters(making.promise)))
        }
        seenWork = bench.keeper.lastWork
    }

    var hasEndedWork: Bool { work.contains { $0.2.isSettled } }
    var hasWork: Bool { !work.isEmpty }

    /// Ends a piece of work; what the keeper has given up already ends with what it was given.
    func endWork(at index: Int, well: Bool) {
        guard work.indices.contains(index) else { return }
        let (number, join, piece) = work.remove(at: index)
        let failure = PhoenixError(.credentials, "The model has none.")
        switch piece {
        case .credentials(let promise):
            promise.settle(well ? .success(Credentials()) : .failure(failure))
            guard let result = promise.settled else { return }
            if case .failure = result { mayBeElsewhere = true }
            bench.handle(.prepared(number, result))
        case .parameters(let promise):
            guard let join else { return }
            promise.settle(well ? .success(.value(["n": .signed(Int64(join.epoch))])) : .failure(failure))
            if let result = promise.settled { bench.handle(.made(topic: join.topic, number, result)) }
        }
    }

    func endWorkGivenUp() {
        while let index = work.firstIndex(where: { $0.2.isSettled }) { endWork(at: index, well: false) }
    }

    var workCount: Int { work.count }

    // MARK: The wire

    /// Takes what the client sent to the server, and checks it.
    func transmit() throws {
        if bench.socket.core.generation != serverGeneration || bench.phase != .connected {
            if bench.socket.core.generation != serverGeneration {
                serverGeneration = bench.socket.core.generation
                server = ModelServer()
            }
        }
        for message in bench.takeSent() {
            if message.event == "say", let number = message.payload["n"]?.integer {
                guard sentPushes.insert(number).inserted else { throw broken("push \(number) was sent twice") }
                guard lastSent[message.topic, default: 0] < number else {
                    throw broken("push \(number) overtook one of its channel")
                }
                lastSent[message.topic] = number
            }
            server.inbox.append(message)
        }
    }

    func deliver() throws {
        guard bench.phase == .connected, !server.outbox.isEmpty else { return }
        try bench.receive(server.outbox.removeFirst())
        let heard = heard.entries.withLock { entries in
            defer { entries = [] }
            return entries
        }
        for one in heard {
            let present = bench.socket.core.table.channels[Bytes(one.topic)]?.joinReference
            guard one.generation == Int64(bench.socket.generation), one.join == present.map(Int64.init) else {
                throw broken("a message of join \(one.join) reached a subscriber of join \(present ?? 0)")
            }
        }
        for one in Set(heard.map(\.serial)).compactMap({ serial in heard.first { $0.serial == serial } }) {
            if let last = serials[one.topic], last.generation == one.generation, last.serial >= one.serial {
                throw broken("message \(one.serial) came after \(last.serial)")
            }
            serials[one.topic] = one
        }
    }

    func broken(_ rule: String) -> Broken { Broken(rule: rule, transcript: transcript) }
}

extension KeeperModel.Work {
    fileprivate var isSettled: Bool {
        switch self {
        case .credentials(let promise): promise.settled != nil
        case .parameters(let promise): promise.settled != nil
        }
    }
}
