import Foundation

/// What the program is asked to do.
struct Options {
    enum Task {
        /// Runs targets in processes of their own and watches over them.
        case oversee
        /// Runs targets here, and notes in a file how far it has come.
        case work(progress: String)
        /// Gives the contents of a file to the targets.
        case replay(file: String)
        /// Writes the inputs that the targets begin with to a folder.
        case writeCorpus(folder: String)
        case list
    }

    var task = Task.oversee
    /// The names of the targets; none for all of them.
    var targets: [String] = []
    var count: UInt64 = 1_000_000
    var seed: UInt64 = 42
    var recordings = "Tests/Recordings"
    var regressions = "Tests/Fuzz/Regressions"
    /// Where inputs that were found are put.
    var found = ".build-fuzz/found"
    /// How many seconds one input may take.
    var patience: Double = 30

    init?(_ arguments: [String]) {
        var rest = arguments[...]
        while let argument = rest.popFirst() {
            guard argument.hasPrefix("--") else {
                targets.append(argument)
                continue
            }
            if argument == "--list" {
                task = .list
                continue
            }
            guard let value = rest.popFirst(), set(argument, value) else { return nil }
        }
    }

    private mutating func set(_ name: String, _ value: String) -> Bool {
        switch name {
        case "--work": task = .work(progress: value)
        case "--replay": task = .replay(file: value)
        case "--write-corpus": task = .writeCorpus(folder: value)
        case "--recordings": recordings = value
        case "--regressions": regressions = value
        case "--found": found = value
        case "--count":
            guard let number = UInt64(value.replacing("_", with: "")) else { return false }
            count = number
        case "--seed":
            guard let number = UInt64(value) else { return false }
            seed = number
        case "--patience":
            guard let number = Double(value), number > 0 else { return false }
            patience = number
        default: return false
        }
        return true
    }
}
