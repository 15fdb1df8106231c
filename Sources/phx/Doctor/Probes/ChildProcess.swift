private import Dispatch
private import Foundation
internal import Phoenix

/// Another phx, which does one thing, says lines on its standard output, and ends.
struct ChildProcess: Sendable {
    /// What it says, line by line; the stream ends when it has closed its output, at the latest with its end.
    let lines: AsyncStream<String>
    private let identifier: Int32

    /// Starts it.
    ///
    /// - Parameters:
    ///   - arguments: its arguments.
    ///   - environment: all of its environment.
    ///   - input: what it reads from its standard input.
    /// - Throws: `PhoenixError` when it cannot be started.
    init(_ arguments: [String], environment: [String: String], input: [UInt8]) throws(PhoenixError) {
        let process = Process()
        let (standardInput, standardOutput) = (Pipe(), Pipe())
        process.arguments = arguments
        process.environment = environment
        process.standardInput = standardInput
        process.standardOutput = standardOutput
        guard let executable = Self.executable else {
            throw PhoenixError(.unreachable, "Expected to know where phx lies, to start another one, but do not.")
        }
        process.executableURL = URL(fileURLWithPath: executable)
        do {
            try process.run()
        } catch {
            throw PhoenixError(.unreachable, "Expected to start another phx, could not: \(error.localizedDescription)")
        }
        identifier = process.processIdentifier
        let (lines, line) = AsyncStream.makeStream(of: String.self)
        self.lines = lines
        let (reading, writing) = (
            standardOutput.fileHandleForReading.fileDescriptor, standardInput.fileHandleForWriting.fileDescriptor
        )
        // It reads all of it before it does anything else, so this does not wait for long.
        _ = System.write(input, to: writing)
        try? standardInput.fileHandleForWriting.close()
        DispatchQueue(label: "phx.child").async { [standardOutput, process] in
            var rest: [UInt8] = []
            while let part = System.read(upTo: 4_096, from: reading), rest.count < 1_000_000 {
                rest += part
                while let end = rest.firstIndex(of: 0x0A) {
                    line.yield(String(decoding: rest[..<end], as: UTF8.self))
                    rest.removeFirst(end + 1)
                }
            }
            line.finish()
            withExtendedLifetime(standardOutput) { process.waitUntilExit() }
        }
    }

    /// Ends it at once.
    func kill() {
        System.kill(identifier)
    }

    /// All variables of this process's environment.
    static var ownEnvironment: [String: String] { ProcessInfo.processInfo.environment }

    /// Where this very program lies.
    private static var executable: String? {
        #if os(Linux)
        "/proc/self/exe"
        #else
        Bundle.main.executablePath
        #endif
    }
}
