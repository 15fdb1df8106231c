internal import NIOCore

/// Gives buffers to read into that grow with the traffic, from 2 kB to 32 kB, and keeps none of them for its connection.
///
/// With `nextBufferSize` a channel would keep a pool of buffers: 242 kB after one burst, for no gain in speed. Without it the channel's pool
/// still holds on to the first buffers that it is given, so these are small.
struct ReceiveAllocator: RecvByteBufferAllocator {
    /// How many reads a channel may do in a row, which is also how many buffers its pool holds on to.
    static let readsInARow = 16

    private var sizes = AdaptiveRecvByteBufferAllocator(minimum: 1_024, initial: 2_048, maximum: LoopStorage.size)
    private var reads = 0

    func buffer(allocator: ByteBufferAllocator) -> ByteBuffer {
        guard reads >= Self.readsInARow else { return allocator.buffer(capacity: 128) }
        return LoopStorage.current.takeBuffer() ?? sizes.buffer(allocator: allocator)
    }

    func nextBufferSize() -> Int? {
        nil
    }

    mutating func record(actualReadBytes: Int) -> Bool {
        guard reads >= Self.readsInARow else {
            reads += 1
            // The pool asks for another buffer only when that may be larger.
            return true
        }
        return sizes.record(actualReadBytes: actualReadBytes)
    }
}
