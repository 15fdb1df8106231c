@_exported public import PhoenixJSON
@_exported public import PhoenixKit
@_exported public import PhoenixLongPoll
@_exported public import PhoenixWebSocket
