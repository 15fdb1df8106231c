#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#else
internal import Darwin
#endif

/// The calls of the operating system that the tool needs.
enum System {
    /// The value of a variable of the environment.
    static func environment(_ name: String) -> String? {
        getenv(name).map { String(cString: $0) }
    }

    /// Whether `descriptor` is a terminal.
    static func isTerminal(_ descriptor: Int32) -> Bool {
        isatty(descriptor) == 1
    }

    /// Whether the file at `path` may be read.
    static func canRead(_ path: String) -> Bool {
        access(path, R_OK) == 0
    }

    /// Writes all of `bytes`; answers false when nobody reads them any more.
    static func write(_ bytes: some Sequence<UInt8>, to descriptor: Int32) -> Bool {
        let bytes = Array(bytes)
        return bytes.withUnsafeBytes { buffer in
            var written = 0
            while written < buffer.count {
                let rest = UnsafeRawBufferPointer(rebasing: buffer[written...])
                #if canImport(Glibc)
                let count = Glibc.write(descriptor, rest.baseAddress, rest.count)
                #elseif canImport(Musl)
                let count = Musl.write(descriptor, rest.baseAddress, rest.count)
                #else
                let count = Darwin.write(descriptor, rest.baseAddress, rest.count)
                #endif
                if count > 0 {
                    written += count
                } else if count < 0, errno == EAGAIN {
                    // A terminal or pipe that somebody made non-blocking: wait until there is room.
                    var request = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                    _ = poll(&request, 1, 1_000)
                } else if count == 0 || errno != EINTR {
                    return false
                }
            }
            return true
        }
    }

    /// Reads up to `limit` bytes, waiting for the first; nil at the end or on an error.
    static func read(upTo limit: Int, from descriptor: Int32) -> [UInt8]? {
        var buffer = [UInt8](repeating: 0, count: limit)
        while true {
            let count = buffer.withUnsafeMutableBytes { bytes in
                #if canImport(Glibc)
                Glibc.read(descriptor, bytes.baseAddress, bytes.count)
                #elseif canImport(Musl)
                Musl.read(descriptor, bytes.baseAddress, bytes.count)
                #else
                Darwin.read(descriptor, bytes.baseAddress, bytes.count)
                #endif
            }
            if count > 0 { return Array(buffer.prefix(count)) }
            if count < 0, errno == EINTR { continue }
            if count < 0, errno == EAGAIN {
                var request = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
                _ = poll(&request, 1, -1)
                continue
            }
            return nil
        }
    }

    /// The addresses of `host` in the order in which they should be tried, as text.
    ///
    /// Blocks while the name service is asked.
    static func addresses(of host: String) -> Result<[String], LookupFailure> {
        var hints = addrinfo()
        hints.ai_family = AF_UNSPEC
        #if canImport(Glibc)
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        #else
        hints.ai_socktype = SOCK_STREAM
        #endif
        var list: UnsafeMutablePointer<addrinfo>?
        let status = getaddrinfo(host, nil, &hints, &list)
        guard status == 0 else {
            // Glibc's EAI_NODATA is -5, and hidden.
            let isCertain = [EAI_NONAME, -5].contains(status)
            return .failure(LookupFailure(isCertain: isCertain, reason: String(cString: gai_strerror(status))))
        }
        defer { freeaddrinfo(list) }
        var addresses: [String] = []
        var next = list
        while let entry = next?.pointee {
            var text = [CChar](repeating: 0, count: Int(NI_MAXHOST))
            let isText = getnameinfo(
                entry.ai_addr,
                entry.ai_addrlen,
                &text,
                socklen_t(text.count),
                nil,
                0,
                NI_NUMERICHOST
            )
            let address = String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
            if isText == 0, !addresses.contains(address) { addresses.append(address) }
            next = entry.ai_next
        }
        return .success(addresses)
    }

    /// How many columns the terminal at `descriptor` has; 80 when it does not say.
    static func columns(of descriptor: Int32) -> Int {
        window(of: descriptor).flatMap { $0.ws_col > 0 ? Int($0.ws_col) : nil } ?? 80
    }

    /// How many rows the terminal at `descriptor` has; 24 when it does not say.
    static func rows(of descriptor: Int32) -> Int {
        window(of: descriptor).flatMap { $0.ws_row > 0 ? Int($0.ws_row) : nil } ?? 24
    }

    private static func window(of descriptor: Int32) -> winsize? {
        var size = winsize()
        return ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0 ? size : nil
    }

    /// The time of day where the user is, to the millisecond: `14:03:07.250`.
    static func timeOfDay() -> String {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        var parts = tm()
        var seconds = now.tv_sec
        localtime_r(&seconds, &parts)
        let numbers = [(Int(parts.tm_hour), 2), (Int(parts.tm_min), 2), (Int(parts.tm_sec), 2)].map(padded)
        return numbers.joined(separator: ":") + "." + padded(now.tv_nsec / 1_000_000, 3)
    }

    /// Lets a write to a pipe whose reader is gone fail, rather than end the process.
    static func ignoreBrokenPipes() {
        signal(SIGPIPE, SIG_IGN)
    }

    /// Ends another process at once.
    static func kill(_ process: Int32) {
        #if canImport(Glibc)
        _ = Glibc.kill(process, SIGKILL)
        #elseif canImport(Musl)
        _ = Musl.kill(process, SIGKILL)
        #else
        _ = Darwin.kill(process, SIGKILL)
        #endif
    }

    /// Ends the process at once.
    static func exit(_ status: Int32) -> Never {
        #if canImport(Glibc)
        Glibc.exit(status)
        #elseif canImport(Musl)
        Musl.exit(status)
        #else
        Darwin.exit(status)
        #endif
    }

    private static func padded(_ number: Int, _ length: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, length - digits.count)) + digits
    }
}
