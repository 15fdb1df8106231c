import Foundation
import FuzzTargets

/// Gives generated inputs to all targets, each in a process of its own, as many at a time as there are cores.
///
/// `scripts/fuzz --help` says how it is used; that script builds this program and gives it the paths.
@main
struct Fuzz {
    static func main() throws {
        guard let options = Options(Array(CommandLine.arguments.dropFirst())) else {
            fail("Expected the options of scripts/fuzz, got others.", status: 64)
        }
        let targets = FuzzTarget.all(recordings: options.recordings)
        let chosen = options.targets.isEmpty ? targets : targets.filter { options.targets.contains($0.name) }
        guard options.targets.allSatisfy({ name in targets.contains { $0.name == name } }) else {
            fail("Expected targets among \(targets.map(\.name).joined(separator: " ")).", status: 64)
        }
        switch options.task {
        case .list:
            for target in chosen { print(target.name) }
        case .writeCorpus(let folder):
            for target in chosen { try write(target.seeds, to: URL(filePath: folder).appending(path: target.name)) }
        case .replay(let file):
            let input = Array(try Data(contentsOf: URL(filePath: file)))
            for target in chosen { print("\(target.name): \(target.examine(input) ? "accepted" : "refused")") }
        case .work(let progress):
            for target in chosen { try Work(target, options).run(reportingTo: progress) }
        case .oversee:
            exit(try Overseer(chosen, options).run() ? 0 : 1)
        }
    }

    private static func write(_ inputs: [[UInt8]], to folder: URL) throws {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        for (index, input) in inputs.enumerated() {
            try Data(input).write(to: folder.appending(path: "seed-\(index)"))
        }
    }
}

/// Ends the program.
func fail(_ message: String, status: Int32 = 1) -> Never {
    FileHandle.standardError.write(Data("\(message)\n".utf8))
    exit(status)
}
