private import Phoenix
private import Synchronization

#if canImport(Glibc)
private import Glibc
#elseif canImport(Musl)
private import Musl
#else
private import Darwin
#endif

/// Has the terminal hand over keys one by one, and undoes that whichever way the process ends.
enum TerminalMode {
    private static let saved = Mutex<termios?>(nil)
    private static let hasPage = Mutex(false)

    /// Switches echo, line editing and signals off; answers false where standard input is no terminal.
    static func enterRaw() -> Bool {
        var mode = termios()
        guard tcgetattr(0, &mode) == 0 else { return false }
        let isFirst = saved.withLock { saved in
            defer { saved = saved ?? mode }
            return saved == nil
        }
        if isFirst { atexit { TerminalMode.restore() } }
        mode.c_lflag &= ~tcflag_t(ECHO | ICANON | ISIG | IEXTEN)
        mode.c_iflag &= ~tcflag_t(IXON | ICRNL | INLCR)
        return tcsetattr(0, TCSADRAIN, &mode) == 0
    }

    /// Turns to an empty page of the terminal without a cursor; what was shown before comes back with `restore`.
    static func enterPage() {
        hasPage.withLock { hasPage in
            hasPage = true
            _ = System.write("\u{1B}[?1049h\u{1B}[?25l".utf8, to: 1)
        }
    }

    /// Puts the terminal back into the mode it was in.
    static func restore() {
        hasPage.withLock { hasPage in
            if hasPage { _ = System.write("\u{1B}[?25h\u{1B}[?1049l".utf8, to: 1) }
            hasPage = false
        }
        saved.withLock { saved in
            guard var mode = saved else { return }
            _ = tcsetattr(0, TCSADRAIN, &mode)
        }
    }
}
