import Foundation
import PhoenixDeflate
import PhoenixKit

/// Python's zlib at the other end of a connection: `inflate_peer.py`, run once for many jobs.
enum PythonPeer {
    struct Job: Encodable {
        var `do`: String
        var bits: Int
        var takeover: Bool
        var level = 6
        var memory = 8
        var endings: [String] = []
        var messages: [Data]
    }

    struct Failure: Error, CustomStringConvertible {
        var description: String
    }

    private enum Outcome: Decodable {
        case messages([Data])
        case error(String)

        init(from decoder: any Decoder) throws {
            if let messages = try? decoder.singleValueContainer().decode([Data].self) {
                self = .messages(messages)
            } else {
                self = .error(try decoder.singleValueContainer().decode([String: String].self)["error"] ?? "")
            }
        }
    }

    /// What became of the messages of each job.
    ///
    /// - Throws: when there is no python3, or zlib refuses a message.
    static func run(_ jobs: [Job]) throws -> [[Bytes]] {
        let script = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "inflate_peer.py")
        let folder = FileManager.default.temporaryDirectory.appending(path: "phoenix-deflate-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let (question, answer) = (folder.appending(path: "jobs.json"), folder.appending(path: "results.json"))
        try JSONEncoder().encode(jobs).write(to: question)
        let status = spawn(["python3", script.path, question.path, answer.path])
        guard status == 0 else {
            throw Failure(
                description: "Expected python3 to run \(script.path), got status \(status). "
                    + "Install python3; scripts/test does it where it can."
            )
        }
        return try JSONDecoder().decode([Outcome].self, from: Data(contentsOf: answer)).enumerated().map {
            index,
            outcome in
            switch outcome {
            case .messages(let messages): return messages.map { Bytes(Array($0)) }
            case .error(let text): throw Failure(description: "job \(index), \(jobs[index].do): \(text)")
            }
        }
    }

    /// Runs a command to its end and gives the status that waitpid tells, or the error of posix_spawnp.
    ///
    /// Neither Foundation's Process, which on Linux crashes beside tests with hundreds of descriptors, nor pipes, whose ends the
    /// children of other tests may inherit.
    private static func spawn(_ words: [String]) -> Int32 {
        var arguments = words.map { strdup($0) } + [nil]
        var variables = ProcessInfo.processInfo.environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for word in arguments + variables { free(word) } }
        var process: pid_t = 0
        let code = posix_spawnp(&process, words[0], nil, nil, &arguments, &variables)
        guard code == 0 else { return code }
        var status: Int32 = 0
        while waitpid(process, &status, 0) < 0, errno == EINTR {}
        return status
    }
}
