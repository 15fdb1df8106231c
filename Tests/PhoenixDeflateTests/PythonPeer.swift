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
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        let script = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "inflate_peer.py")
        process.arguments = ["python3", script.path]
        let (input, output) = (Pipe(), Pipe())
        process.standardInput = input
        process.standardOutput = output
        try process.run()
        // The script reads all before it writes anything.
        try input.fileHandleForWriting.write(contentsOf: JSONEncoder().encode(jobs))
        try input.fileHandleForWriting.close()
        let answer = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw Failure(
                description: "Expected python3 to run \(script.path), got status \(process.terminationStatus). "
                    + "Install python3; scripts/test does it where it can."
            )
        }
        return try JSONDecoder().decode([Outcome].self, from: answer).enumerated().map { index, outcome in
            switch outcome {
            case .messages(let messages): return messages.map { Bytes(Array($0)) }
            case .error(let text): throw Failure(description: "job \(index), \(jobs[index].do): \(text)")
            }
        }
    }
}
