private import Foundation

/// What a benchmark found: one line of JSON on standard output for each case, at once, and a table on standard error at the end.
public struct Report {
    /// One number of a case.
    public struct Figure {
        /// The key in JSON and the head of the column, with its unit, such as `ns`.
        public var name: String
        public var value: Double
        /// How many decimals are shown.
        public var decimals: Int

        public init(_ name: String, _ value: Double, decimals: Int = 0) {
            self.name = name
            self.value = value
            self.decimals = decimals
        }

        fileprivate var text: String { String(format: "%.\(decimals)f", value) }
    }

    private let benchmark: String
    private var head: [String] = []
    private var rows: [[String]] = []

    /// Begins the report of the benchmark called `benchmark`.
    public init(_ benchmark: String) {
        self.benchmark = benchmark
    }

    /// Adds a case; all cases of a benchmark have the same figures in the same order.
    public mutating func add(_ name: String, _ figures: [Figure]) {
        head = ["case"] + figures.map(\.name)
        rows.append([name] + figures.map(\.text))
        let fields = figures.map { "\"\($0.name)\":\($0.text)" }.joined(separator: ",")
        print("{\"benchmark\":\"\(benchmark)\",\"case\":\"\(name)\",\(fields)}")
    }

    /// Writes the table.
    public func finish() {
        let widths = head.indices.map { column in ([head] + rows).map { $0[column].count }.max() ?? 0 }
        var text = ""
        for row in [head] + rows {
            let cells = row.indices.map { column in
                let space = String(repeating: " ", count: widths[column] - row[column].count)
                return column == 0 ? row[column] + space : space + row[column]
            }
            text += cells.joined(separator: "  ") + "\n"
        }
        FileHandle.standardError.write(Data(("\n" + text).utf8))
    }
}
