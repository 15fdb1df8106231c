internal import PhoenixKit

/// Which channels listen to which topic, each topic's in the order in which they joined.
struct PubSub {
    private var subscribers: [Bytes: [ChannelState]] = [:]

    subscript(topic: Bytes) -> [ChannelState] {
        subscribers[topic] ?? []
    }

    mutating func subscribe(_ channel: ChannelState) {
        subscribers[channel.topic, default: []].append(channel)
    }

    mutating func unsubscribe(_ channel: ChannelState) {
        guard var list = subscribers.removeValue(forKey: channel.topic) else { return }
        // The numbers of channels rise, so the list is sorted.
        var lower = 0
        var upper = list.count
        while lower < upper {
            let middle = lower + (upper - lower) / 2
            if list[middle].number < channel.number { lower = middle + 1 } else { upper = middle }
        }
        if lower < list.count, list[lower] === channel { list.remove(at: lower) }
        if !list.isEmpty { subscribers[channel.topic] = list }
    }
}
