import CFuzzSupport
import Foundation
import FuzzTargets

/// Gives the inputs of one run to one target, in this process.
struct Work {
    /// What stands in the file of progress while committed inputs, and not generated ones, are examined.
    static let committed = UInt64.max / 2

    private let target: FuzzTarget
    private let options: Options

    init(_ target: FuzzTarget, _ options: Options) {
        self.target = target
        self.options = options
    }

    /// The inputs that are in the repository because they were found once, in the order of their names.
    static func regressions(of target: String, in folder: String) -> [(name: String, input: [UInt8])] {
        let folder = URL(filePath: folder).appending(path: target)
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        return names.sorted().compactMap { name in
            (try? Data(contentsOf: folder.appending(path: name))).map { (name, Array($0)) }
        }
    }

    /// Runs to the end, or to the first input that breaks a rule, which ends the process.
    ///
    /// The file at `path` holds the number of the present input, also after a crash.
    func run(reportingTo path: String) throws {
        guard let progress = fuzz_map_progress(path) else { fail("Expected to map \(path).") }
        let started = ContinuousClock().now
        var accepted: UInt64 = 0
        for (index, item) in Self.regressions(of: target.name, in: options.regressions).enumerated() {
            progress.pointee = Self.committed + UInt64(index)
            _ = target.examine(item.input)
        }
        // By then everything that is made once has been made.
        let warm = min(options.count / 10, 10_000)
        var live: Int?
        var tried: UInt64 = 0
        while tried < options.count {
            if tried == warm { live = Meter.live }
            progress.pointee = tried
            if target.examine(target.input(seed: options.seed, index: tried)) { accepted += 1 }
            tried += 1
            if tried & 0xFFF == 0, (Self.growth(since: live) ?? 0) > 16 * Report.allowedGrowth { break }
        }
        let report = Report(
            accepted: accepted,
            refused: tried - accepted,
            peak: Meter.live == nil ? nil : Meter.peak,
            growth: Self.growth(since: live),
            seconds: (ContinuousClock().now - started) / .seconds(1)
        )
        FileHandle.standardOutput.write(try JSONEncoder().encode(report))
    }

    /// How much more is live than was; nil where malloc does not say.
    private static func growth(since live: Int?) -> Int? {
        live.flatMap { before in Meter.live.map { $0 - before } }
    }
}

/// What a run of one target came to.
struct Report: Codable {
    var accepted: UInt64
    var refused: UInt64
    /// The most bytes that what is examined held at once; nil where malloc does not say.
    var peak: Int?
    /// How many more bytes are live at the end than soon after the beginning.
    var growth: Int?
    var seconds: Double

    /// What may be added while nothing grows: caches of the system, buffers of the program itself.
    static let allowedGrowth = 65_536
}
