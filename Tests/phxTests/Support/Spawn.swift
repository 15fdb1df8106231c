import Synchronization

#if canImport(Darwin)
import Darwin
#elseif canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// Starts processes without Foundation: on Linux `Process.run` lists the open descriptors, reads beyond the end of the
/// list, and crashes now and then where a process has some hundreds of them.
enum Spawn {
    struct Failure: Error {
        var code: Int32
    }

    /// A process and our ends of what it reads and writes.
    struct Started {
        var process: pid_t
        var input: Int32
        var output: Int32
        var notes: Int32
    }

    /// Held while there are descriptors that another child could inherit.
    private static let lock = Mutex(())

    static func start(_ path: String, _ arguments: [String], environment: [String: String]) throws -> Started {
        try lock.withLock { _ in
            let (input, output, notes) = (try pipe(), try pipe(), try pipe())
            let theirs = [input.reading, output.writing, notes.writing]
            defer { for end in theirs { close(end) } }
            return Started(
                process: try start(path, arguments, environment: environment, descriptors: theirs),
                input: input.writing,
                output: output.reading,
                notes: notes.reading
            )
        }
    }

    private static func pipe() throws -> (reading: Int32, writing: Int32) {
        var ends: [Int32] = [-1, -1]
        #if canImport(Darwin)
        let code = Darwin.pipe(&ends)
        #elseif canImport(Glibc)
        let code = Glibc.pipe(&ends)
        #else
        let code = Musl.pipe(&ends)
        #endif
        guard code == 0 else { throw Failure(code: errno) }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        return (ends[0], ends[1])
    }

    private static func start(
        _ path: String,
        _ arguments: [String],
        environment: [String: String],
        descriptors: [Int32]
    ) throws -> pid_t {
        #if canImport(Darwin)
        var actions: posix_spawn_file_actions_t?
        var attributes: posix_spawnattr_t?
        #else
        var actions = posix_spawn_file_actions_t()
        var attributes = posix_spawnattr_t()
        #endif
        posix_spawn_file_actions_init(&actions)
        posix_spawnattr_init(&attributes)
        defer {
            posix_spawn_file_actions_destroy(&actions)
            posix_spawnattr_destroy(&attributes)
        }
        for (number, descriptor) in descriptors.enumerated() {
            posix_spawn_file_actions_adddup2(&actions, descriptor, Int32(number))
        }
        // What this process ignores or blocks, its child does not.
        var signals = sigset_t()
        sigfillset(&signals)
        posix_spawnattr_setsigdefault(&attributes, &signals)
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK))

        var words: [UnsafeMutablePointer<CChar>?] = ([path] + arguments).map { strdup($0) } + [nil]
        var variables: [UnsafeMutablePointer<CChar>?] = environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for word in words + variables { free(word) } }
        var process: pid_t = 0
        let code = posix_spawn(&process, path, &actions, &attributes, &words, &variables)
        guard code == 0 else { throw Failure(code: code) }
        return process
    }

    /// Waits for the end of a process; answers its status, or the negative number of the signal that ended it.
    static func wait(for process: pid_t) -> Int32 {
        var status: Int32 = 0
        while waitpid(process, &status, 0) < 0, errno == EINTR {}
        let signal = status & 0x7F
        return signal == 0 ? (status >> 8) & 0xFF : -signal
    }
}
