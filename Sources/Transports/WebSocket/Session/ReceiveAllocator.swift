internal import NIOCore

/// Gives buffers to read into that grow with the traffic, from 2 kB to 32 kB, and keeps none of them for its connection.
///
/// With `nextBufferSize` a channel would keep a pool of buffers: 242 kB after one burst, for no gain in speed.
struct ReceiveAllocator: RecvByteBufferAllocator {
    private var sizes = AdaptiveRecvByteBufferAllocator(minimum: 1_024, initial: 2_048, maximum: LoopStorage.size)

    func buffer(allocator: ByteBufferAllocator) -> ByteBuffer {
        LoopStorage.current.takeBuffer() ?? sizes.buffer(allocator: allocator)
    }

    func nextBufferSize() -> Int? {
        nil
    }

    mutating func record(actualReadBytes: Int) -> Bool {
        sizes.record(actualReadBytes: actualReadBytes)
    }
}
