private import FoundationEssentials
internal import PhoenixKit

/// The channel `presence:*` of the recorded server.
enum RecordedPresence {
    static func describe(_ channel: inout ChannelRoute) {
        channel.onJoin { context, parameters in
            guard let name = parameters["name"]?.string else { return .error(["reason": "name required"]) }
            var meta = try parameters["meta"]?.value().object ?? [:]
            meta["online_at"] = Value(Int(Date().timeIntervalSince1970))
            context.assigns["name"] = name
            // The diff goes out before the state: what the tracker broadcasts overtakes what the channel pushes.
            context.after(.zero) { [meta] context in
                context.presence.track(name, meta)
                context.after(.zero) { try $0.push("presence_state", .value($0.presence.list())) }
            }
            return .ok(["name": .string(name)])
        }
        channel.on("update_meta") { context, message in
            let change = try message.payload.value().object ?? [:]
            context.presence.update(name(of: context)) { $0.merge(change) { _, new in new } }
            return .reply("ok")
        }
        channel.on("untrack") { context, _ in
            context.presence.untrack(name(of: context))
            return .reply("ok")
        }
        channel.on("track_also") { context, message in
            guard let name = message.payload["name"]?.string else { return .crash }
            context.presence.track(name, try message.payload["meta"]?.value().object ?? [:])
            return .reply("ok")
        }
        channel.on("list") { context, _ in .reply("ok", .value(context.presence.list())) }
    }

    private static func name(of context: ChannelContext) -> String {
        context.assigns["name"] as? String ?? ""
    }
}
