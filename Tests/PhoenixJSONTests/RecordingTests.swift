import Foundation
import PhoenixJSON
import PhoenixKit
import Testing

/// What a real server and its clients said to each other.
@Suite struct RecordingTests {
    /// Frames that the real server refused and closed the connection for, by file and connection.
    static let refused: Set<String> = [
        "invalid_frames_v1.json t0", "invalid_frames_v1.json t1", "invalid_frames_v1.json t2",
        "invalid_frames_v1.json t3", "invalid_frames_v1.json t4",
        "invalid_frames_v2.json t0", "invalid_frames_v2.json t1", "invalid_frames_v2.json t2",
        "invalid_frames_v2.json t3", "invalid_frames_v2.json t4", "invalid_frames_v2.json t5",
        "invalid_frames_v2.json t6", "invalid_frames_v2.json b0", "invalid_frames_v2.json b1",
        "invalid_frames_v2.json b2", "invalid_frames_v2.json b3", "invalid_frames_v2.json b4",
    ]

    private func sorted(_ bytes: Bytes) throws -> Bytes {
        try JSONFormat().encode(value: JSONFormat().value(of: bytes))
    }

    @Test func thereAreRecordings() {
        #expect(Recording.frames.count > 500)
        #expect(Recording.frames.contains { $0.frame.kind == .binary })
        #expect(Recording.frames.contains { $0.serializer.version == "1.0.0" })
        #expect(Recording.frames.contains { $0.file.hasPrefix("cowboy/") })
    }

    @Test func everyMessageIsReadAndWrittenAgain() throws {
        var refusals: [String] = []
        for recorded in Recording.frames {
            let message: Message
            do {
                message = try recorded.serializer.decode(recorded.frame, as: recorded.receiver)
            } catch {
                refusals.append("\(recorded.file) \(recorded.connection)")
                continue
            }
            let again = try recorded.serializer.encode(message, as: recorded.receiver.peer)
            if recorded.frame.kind == .binary, recorded.serializer.version == "2.0.0" {
                #expect(again == recorded.frame, "\(recorded)")
                continue
            }
            let written = try sorted(again.bytes)
            let expected = try sorted(recorded.frame.bytes)
            let isNullName = message.topicBytes.isEmpty || message.eventBytes.isEmpty
            if !isNullName { #expect(written == expected, "\(recorded)") }
            // Foundation judges that this is JSON at all.
            #expect(throws: Never.self) { try JSONSerialization.jsonObject(with: Data(again.bytes.array)) }
        }
        // The frame that was not JSON on the long-poll side, and the one in version 2 on a socket of version 1.
        let expected = Self.refused.union(Self.refused.filter { $0.contains("v2") }.map { "cowboy/" + $0 }).union(
            Recording.frames.filter { Self.isRefusedElsewhere($0) }.map { "\($0.file) \($0.connection)" }
        )
        for refusal in refusals { #expect(expected.contains(refusal), "refused: \(refusal)") }
        for connection in expected { #expect(refusals.contains(connection), "not refused: \(connection)") }
    }

    private static func isRefusedElsewhere(_ recorded: RecordedFrame) -> Bool {
        recorded.frame.bytes.text == "[not json"
            || recorded.serializer.version == "1.0.0" && recorded.frame.bytes[0] == UInt8(ascii: "[")
    }

    @Test func repliesCarryStatusAndResponse() throws {
        let replies = try Recording.frames.filter { $0.receiver == .client }
            .map { try $0.serializer.decode($0.frame, as: .client) }
            .filter { $0.event == "phx_reply" }
        #expect(replies.count > 100)
        #expect(Set(replies.compactMap(\.status)).isSuperset(of: ["ok", "error"]))
        #expect(replies.allSatisfy { $0.status != nil && $0.payload["status"] == nil })
    }

    // MARK: The frames that the server refused, one by one

    private func refusal(_ file: String, _ connection: String, _ serializer: JSONSerializer) throws -> PhoenixError? {
        let frame = try #require(Recording.frames("invalid_frames_\(file).json", connection, to: .server).last)
        return #expect(throws: PhoenixError.self) { try serializer.decode(frame, as: .server) }
    }

    @Test(arguments: ["t0", "t1", "t2", "t3", "t4", "t5", "t6"])
    func whatTheServerRefusesInVersion2IsATypedError(_ connection: String) throws {
        let error = try refusal("v2", connection, .v2)
        #expect(error?.code == .decoding)
        #expect(error?.cause is JSONError)
    }

    @Test(arguments: [
        ("b0", "an empty frame"), ("b1", "a header of 5 bytes"), ("b2", "kind 1"), ("b3", "all fields"),
        ("b4", "kind 91"),
    ])
    func whatTheServerRefusesInBinaryIsATypedError(_ connection: String, _ reason: String) throws {
        let error = try refusal("v2", connection, .v2)
        #expect(error?.code == .decoding)
        #expect(error?.message.contains(reason) == true)
    }

    @Test(arguments: [("t0", "a"), ("t1", "an object"), ("t2", "a ref"), ("t3", "a payload"), ("t4", "a topic")])
    func whatTheServerRefusesInVersion1IsATypedError(_ connection: String, _ reason: String) throws {
        let error = try refusal("v1", connection, .v1)
        #expect(error?.code == .decoding)
        #expect((error?.cause as? JSONError)?.expected.hasPrefix(reason) == true)
    }

    @Test func aNullTopicReadsAsAnEmptyOneInBothDirections() throws {
        let sent = try #require(Recording.frames("invalid_frames_v2.json", "t7", to: .server).last)
        let push = try JSONSerializer.v2.decode(sent, as: .server)
        #expect(push.topic.isEmpty)
        #expect(push.event == "phx_join")
        let answer = try #require(Recording.frames("invalid_frames_v2.json", "t7", to: .client).last)
        let reply = try JSONSerializer.v2.decode(answer, as: .client)
        #expect(reply.topic.isEmpty)
        #expect(reply.reference == "1")
        #expect(reply.status == "error")
        #expect(reply.payload["reason"]?.string == "unmatched topic")
    }

    @Test func aNullEventReadsAsAnEmptyOne() throws {
        let sent = try #require(Recording.frames("invalid_frames_v2.json", "t8", to: .server).last)
        let push = try JSONSerializer.v2.decode(sent, as: .server)
        #expect(push.event.isEmpty)
        #expect(push.topic == "room:a")
    }

    @Test func aVersion1ServerReadsABinaryFrameAsText() throws {
        let sent = try #require(Recording.frames("v1_binary.json", "c", to: .server).first)
        #expect(sent.kind == .binary)
        #expect(try JSONSerializer.v1.decode(sent, as: .server).topic == "room:v1c")
        let error = #expect(throws: PhoenixError.self) { try JSONSerializer.v1.decode(sent, as: .client) }
        #expect(error?.code == .decoding)
    }

    @Test func aReferenceComesBackInTheFormItCameIn() throws {
        let frames = Recording.frames.filter { $0.receiver == .server && $0.serializer.version == "2.0.0" }
        var count = 0
        for recorded in frames {
            guard let message = try? recorded.serializer.decode(recorded.frame, as: .server),
                message.reference?.isQuoted == false
            else { continue }
            #expect(try recorded.serializer.encode(message, as: .client) == recorded.frame)
            count += 1
        }
        #expect(count > 0)
    }

    // MARK: Damage

    @Test func everyRecordedFrameCutAtEveryByteThrowsOrReads() {
        for recorded in distinct {
            for length in 0..<min(recorded.frame.bytes.count, 2_000) {
                let cut = Frame(kind: recorded.frame.kind, bytes: recorded.frame.bytes[0..<length])
                let message = try? recorded.serializer.decode(cut, as: recorded.receiver)
                if recorded.frame.kind == .text { #expect(message == nil, "\(recorded) cut at \(length)") }
            }
        }
    }

    @Test func everyRecordedFrameWithAnyByteChangedThrowsOrReads() {
        for recorded in distinct {
            let original = recorded.frame.bytes.array
            for index in 0..<min(original.count, 150) {
                for byte: UInt8 in [UInt8(ascii: "\""), UInt8(ascii: "\\"), 0xFF, original[index] ^ 1] {
                    var bytes = original
                    bytes[index] = byte
                    let frame = Frame(kind: recorded.frame.kind, bytes: Bytes(bytes))
                    for role in Role.allCases {
                        guard let message = try? recorded.serializer.decode(frame, as: role) else { continue }
                        if index % 4 == 0, !Exercise.touch(message) { Issue.record("\(frame.bytes.array)") }
                    }
                }
            }
        }
    }

    /// One frame of each shape: the recordings repeat themselves.
    private var distinct: [RecordedFrame] {
        var seen: Set<Bytes> = []
        return Recording.frames.filter { recorded in
            let shape = recorded.frame.bytes.map { $0 &- 48 < 10 ? 48 : $0 }
            return seen.insert(Bytes(shape)).inserted
        }
    }
}
