import Foundation
import Testing

@Suite("Recordings of a real server, replayed through serializer and client", .timeLimit(.minutes(2)))
struct RecordingReplayTests {
    /// What came of each recording, checked by hand when it was written down.
    ///
    /// `PHOENIX_WRITE_REPLAYS=1` writes them anew.
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Transcripts")

    private func transcript(of name: String, renaming: Renaming) async throws -> String {
        var text = ""
        for session in try Recording.sessions(of: name) {
            text += "connection \(session.name): \(session.status)\n"
            var replay = RecordingReplay(session, renaming: renaming)
            text += try await replay.run().map { $0 + "\n" }.joined()
        }
        return text
    }

    private func file(_ name: String) -> URL {
        Self.folder.appending(path: name.replacingOccurrences(of: "/", with: "-") + ".txt")
    }

    @Test("there are recordings to replay")
    func present() {
        #expect(Recording.names.count == 37)
    }

    @Test("as they are", arguments: Recording.names)
    func replay(name: String) async throws {
        let came = try await transcript(of: name, renaming: .none)
        if ProcessInfo.processInfo.environment["PHOENIX_WRITE_REPLAYS"] != nil {
            try came.write(to: file(name), atomically: true, encoding: .utf8)
        }
        #expect(came == (try String(contentsOf: file(name), encoding: .utf8)))
        #expect(!came.contains("different") && !came.contains("another"))
    }

    @Test("with topics, events, refs and payloads renamed by a seed", arguments: Recording.names)
    func renamed(name: String) async throws {
        var generator = SeededGenerator.announced(name)
        for _ in 0..<20 {
            let came = try await transcript(of: name, renaming: Renaming(seed: generator.next()))
            let expected = try String(contentsOf: file(name), encoding: .utf8)
            #expect(came.split(separator: "\n").difference(from: expected.split(separator: "\n")).isEmpty)
        }
    }
}
