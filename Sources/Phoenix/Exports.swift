@_exported public import PhoenixDeflate
@_exported public import PhoenixJSON
@_exported public import PhoenixKit
@_exported public import PhoenixLongPoll
@_exported public import PhoenixWebSocket
