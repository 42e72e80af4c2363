using System.Buffers;

namespace JobSystem.ServiceDefaults.Json;

/// <summary>A pooled buffer for responses. Dispose it to return it to the pool.</summary>
sealed class PooledBuffer : IBufferWriter<byte>, IDisposable
{
    const int First = 4096;
    byte[] buffer = ArrayPool<byte>.Shared.Rent(First);
    int length;

    public ReadOnlyMemory<byte> Written => buffer.AsMemory(0, length);

    public void Advance(int count) => length += count;

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        MakeRoom(Math.Max(1, sizeHint));
        return buffer.AsMemory(length);
    }

    public Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

    void MakeRoom(int size)
    {
        if (buffer.Length - length >= size)
        {
            return;
        }
        var larger = ArrayPool<byte>.Shared.Rent(Math.Max(buffer.Length * 2, length + size));
        buffer.AsSpan(0, length).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(buffer);
        buffer = larger;
    }

    public void Dispose() => ArrayPool<byte>.Shared.Return(buffer);
}
