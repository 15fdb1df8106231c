import Foundation
import FuzzTargets

/// Runs targets in processes of their own, so that a crash or a hang is one line of the summary and names its input.
final class Overseer {
    private let targets: [FuzzTarget]
    private let options: Options
    private let folder: URL
    private var lines: [String: String] = [:]
    private var failures = 0

    /// A process at work.
    private final class Worker {
        let target: FuzzTarget
        let process = Process()
        let progress: URL
        let output: URL
        let errors: URL
        /// The input seen last, and when it was seen first.
        var input: UInt64 = 0
        var since = ContinuousClock().now

        init(_ target: FuzzTarget, in folder: URL) {
            self.target = target
            progress = folder.appending(path: "\(target.name).progress")
            output = folder.appending(path: "\(target.name).out")
            errors = folder.appending(path: "\(target.name).err")
        }

        /// The number of the input that is being examined.
        var present: UInt64 {
            guard let data = try? Data(contentsOf: progress), data.count == 8 else { return 0 }
            return data.enumerated().reduce(0) { $0 | UInt64($1.element) << UInt64(8 * $1.offset) }
        }
    }

    init(_ targets: [FuzzTarget], _ options: Options) throws {
        self.targets = targets
        self.options = options
        folder = FileManager.default.temporaryDirectory.appending(path: "phoenix-fuzz-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    deinit {
        try? FileManager.default.removeItem(at: folder)
    }

    /// Answers whether nothing was found.
    func run() throws -> Bool {
        print("seed \(options.seed), \(options.count) inputs a target")
        let started = ContinuousClock().now
        var waiting = targets[...]
        var working: [Worker] = []
        while !waiting.isEmpty || !working.isEmpty {
            while working.count < ProcessInfo.processInfo.activeProcessorCount, let target = waiting.popFirst() {
                working.append(try start(target))
            }
            Thread.sleep(forTimeInterval: 0.05)
            try working.removeAll { worker in try isOver(worker) }
        }
        summarise(after: ContinuousClock().now - started)
        return failures == 0
    }

    private func start(_ target: FuzzTarget) throws -> Worker {
        let worker = Worker(target, in: folder)
        for file in [worker.output, worker.errors] { try Data().write(to: file) }
        worker.process.executableURL = URL(filePath: CommandLine.arguments[0])
        worker.process.arguments = [
            target.name, "--work", worker.progress.path, "--count", "\(options.count)", "--seed", "\(options.seed)",
            "--recordings", options.recordings, "--regressions", options.regressions,
        ]
        worker.process.environment = ProcessInfo.processInfo.environment
            .merging(["SWIFT_BACKTRACE": "enable=no"]) { given, _ in given }
        worker.process.standardInput = FileHandle.nullDevice
        worker.process.standardOutput = try FileHandle(forWritingTo: worker.output)
        worker.process.standardError = try FileHandle(forWritingTo: worker.errors)
        try worker.process.run()
        return worker
    }

    private func isOver(_ worker: Worker) throws -> Bool {
        let present = worker.present
        if present != worker.input {
            worker.input = present
            worker.since = ContinuousClock().now
        }
        if worker.process.isRunning {
            guard ContinuousClock().now - worker.since > .seconds(options.patience) else { return false }
            kill(worker.process.processIdentifier, SIGKILL)
            worker.process.waitUntilExit()
            try note(worker, "HANG: more than \(Int(options.patience)) s")
            return true
        }
        guard worker.process.terminationStatus == 0, worker.process.terminationReason == .exit,
            let report = try? JSONDecoder().decode(Report.self, from: Data(contentsOf: worker.output))
        else {
            let text = String(decoding: (try? Data(contentsOf: worker.errors)) ?? Data(), as: UTF8.self)
            let line = text.split(separator: "\n").first { $0.contains("rror") || $0.contains("RULE") }
            let isSignal = worker.process.terminationReason == .uncaughtSignal
            let end = "\(isSignal ? "signal" : "status") \(worker.process.terminationStatus)"
            try note(worker, "CRASH: \(end)\(line.map { ", \($0)" } ?? "")")
            return true
        }
        finish(worker.target, report)
        return true
    }

    /// Notes what was found, and puts the input where it can be given to the target again.
    private func note(_ worker: Worker, _ what: String) throws {
        failures += 1
        let number = worker.present
        let input: [UInt8]
        let file: URL
        if number >= Work.committed {
            let items = Work.regressions(of: worker.target.name, in: options.regressions)
            let index = Int(number - Work.committed)
            input = items.indices.contains(index) ? items[index].input : []
            file = URL(filePath: options.regressions)
                .appending(path: "\(worker.target.name)/\(items.indices.contains(index) ? items[index].name : "")")
        } else {
            input = worker.target.input(seed: options.seed, index: number)
            try FileManager.default.createDirectory(atPath: options.found, withIntermediateDirectories: true)
            file = URL(filePath: options.found).appending(path: "\(worker.target.name)-\(options.seed)-\(number)")
            try Data(input).write(to: file)
        }
        print("\(worker.target.name): \(what)")
        print("  at input \(number) of seed \(options.seed), \(input.count) bytes, in \(file.path)")
        lines[worker.target.name] = "\(number)".leading(10) + "  FAILED at this input"
    }

    private func finish(_ target: FuzzTarget, _ report: Report) {
        let isGrowing = (report.growth ?? 0) > Report.allowedGrowth
        if isGrowing {
            failures += 1
            print(
                "\(target.name): GROWTH: \(report.growth ?? 0) bytes more live after \(report.accepted + report.refused) inputs"
            )
        }
        let growth = report.growth.map { isGrowing ? "+\($0) B" : "none" } ?? "not measured"
        lines[target.name] =
            "\(report.accepted + report.refused)".leading(10) + "\(report.accepted)".leading(10)
            + "\(report.refused)".leading(10)
            + (report.peak.map { "\($0)" } ?? "-").leading(14) + growth.leading(14)
            + String(format: "%8.1f s", report.seconds)
    }

    private func summarise(after time: Duration) {
        print("\ntarget          tried  accepted   refused  max bytes live    growth      time")
        for target in targets { print(target.name.trailing(10) + (lines[target.name] ?? "")) }
        let count = targets.count
        print("\n\(count - failures) passed, \(failures) failed of \(count) targets in \(Int(time / .seconds(1))) s")
        print(failures == 0 ? "no crash, no hang, no growth" : "see above")
    }
}

extension String {
    fileprivate func leading(_ width: Int) -> String { String(repeating: " ", count: max(0, width - count)) + self }
    fileprivate func trailing(_ width: Int) -> String { self + String(repeating: " ", count: max(0, width - count)) }
}
