internal import Logging

/// Shows what the client logs on standard error.
struct ConsoleLog: LogHandler {
    let console: Console
    var metadata: Logger.Metadata = [:]
    var metadataProvider: Logger.MetadataProvider?
    var logLevel: Logger.Level

    init(console: Console, level: Logger.Level) {
        self.console = console
        logLevel = level
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let all = metadata.merging(event.metadata ?? [:]) { $1 }
        let details = all.sorted { $0.key < $1.key }.map { "\($0.key)=\("\($0.value)".printable)" }
        let text = ([event.message.description.printable] + details).joined(separator: "  ")
        let style = console.noteStyle
        switch event.level {
        case .trace, .debug: console.warn(style.dim(text))
        case .info, .notice: console.note(style.dim(text))
        case .warning, .error, .critical: console.warn(style.yellow(text))
        }
    }
}
