public import PhoenixKit

extension WireExtensionPlugin {
    /// The extension permessage-deflate, under that name: `"compression": "permessage-deflate"` turns it on.
    ///
    /// It understands these options as strings, all numbers in decimal digits:
    ///
    /// - `deflate.level`, `deflate.memory-level`: 1 to 9
    /// - `deflate.client-window-bits`, `deflate.server-window-bits`: 8 to 15
    /// - `deflate.client-no-context-takeover`, `deflate.server-no-context-takeover`: `true` or `false`
    /// - `deflate.threshold`: the size in bytes below which messages go plain, 0 or more
    /// - `deflate.sent-ratio`, `deflate.received-ratio`: 1 or more, or `unlimited`
    ///
    /// `PermessageDeflate.Configuration` says what they mean and what holds without them. Any other value is refused with
    /// `.invalidOption`.
    public static let permessageDeflate = WireExtensionPlugin(
        name: PermessageDeflate.name,
        optionKeys: Set(DeflateOption.allCases.map(\.rawValue))
    ) { request in
        var configuration = PermessageDeflate.Configuration()
        for option in DeflateOption.allCases {
            if let text = request.options[option.rawValue] { try option.apply(text, to: &configuration) }
        }
        return PermessageDeflate(configuration)
    }
}

extension ConnectionOptions.ExtensionChoice {
    /// Compression with permessage-deflate and its default settings.
    public static let permessageDeflate = permessageDeflate(PermessageDeflate.Configuration())

    /// Compression with permessage-deflate.
    public static func permessageDeflate(
        _ configuration: PermessageDeflate.Configuration
    ) -> ConnectionOptions.ExtensionChoice {
        .instance(PermessageDeflate(configuration))
    }
}
