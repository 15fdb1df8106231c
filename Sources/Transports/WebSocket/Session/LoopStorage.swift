internal import NIOCore
internal import NIOPosix
private import Synchronization

/// Memory for large reads that the connections of an event loop use in turn.
///
/// To take it from the system for each read and to give it back costs more than the read: the system's allocator returns what it is given
/// by the hundred kilobytes, and takes it again page by page. It is the event loop's, not a connection's, so that it does not grow with their
/// number: half a megabyte at most.
final class LoopStorage: Sendable {
    private struct State {
        /// A buffer that nobody reads into at this moment.
        var spare: ByteBuffer?
        var arrays: [[UInt8]] = []
        var oldest = 0
    }

    /// The size of a large read, in bytes.
    static let size = 32_768
    /// As many as batches can be on their way to their readers; what is still in use then is left to those who use it.
    private static let count = 16

    private static let variable = ThreadSpecificVariable<LoopStorage>()

    private let state = Mutex(State())

    private init() {}

    /// The storage of the event loop that this is called on.
    static var current: LoopStorage {
        if let storage = variable.currentValue { return storage }
        let storage = LoopStorage()
        variable.currentValue = storage
        return storage
    }

    /// A buffer to read into, if there is one.
    func takeBuffer() -> ByteBuffer? {
        state.withLock { state in
            defer { state.spare = nil }
            return state.spare
        }
    }

    /// Takes a buffer whose bytes nobody wants any more.
    func takeBack(_ buffer: ByteBuffer) {
        guard buffer.capacity == Self.size else { return }
        var buffer = buffer
        // Not by `clear`, which takes new memory while somebody else still has the buffer.
        buffer.moveReaderIndex(to: 0)
        buffer.moveWriterIndex(to: 0)
        state.withLock { $0.spare = buffer }
    }

    /// A copy of `bytes` in an array that may be longer; nil for what is no large read.
    func copy(_ bytes: UnsafeBufferPointer<UInt8>) -> [UInt8]? {
        guard bytes.count > Self.size / 2, bytes.count <= Self.size else { return nil }
        return state.withLock { state in
            if state.arrays.count < Self.count {
                state.oldest = state.arrays.count
                state.arrays.append(Array(repeating: 0, count: Self.size))
            } else {
                state.oldest = (state.oldest + 1) % Self.count
            }
            // Where a message still has a part of it, the array is another one afterwards.
            state.arrays[state.oldest].withUnsafeMutableBytes { $0.copyMemory(from: UnsafeRawBufferPointer(bytes)) }
            return state.arrays[state.oldest]
        }
    }
}
