using System.Buffers;
using System.Text.Json;
using JobSystem.Worker.Binding;

namespace JobSystem.Worker.Reporting;

/// <summary>Serializes the result of a task. This runs property getters of user types, whose output may be unlimited.</summary>
static class ResultJson
{
    public const int MaxBytes = 256 * 1024;

    /// <summary>Up to this size the error message states the actual size.</summary>
    const int MaxMeasured = 16 * 1024 * 1024;
    const int MaxDepth = 40;

    /// <exception cref="ResultTooLargeException">The JSON is larger than <see cref="MaxBytes"/>.</exception>
    public static JsonElement Write(object result)
    {
        var buffer = new LimitedBuffer();
        using (var writer = new Utf8JsonWriter(buffer, new() { Encoder = WorkerJson.Results.Encoder }))
        {
            JsonSerializer.Serialize(writer, result, result.GetType(), WorkerJson.Results);
        }
        var json = buffer.Written;
        if (json.Length > MaxBytes)
        {
            throw new ResultTooLargeException($"{json.Length / 1024.0:0.#} KiB");
        }
        // Checks the depth here, because a message with a deeper value could not be read, nor the other reports in it
        var element = JsonElement.Parse(json, new() { MaxDepth = MaxDepth });
        if (json.IndexOf(@"\u"u8) >= 0)
        {
            // Throws for an escape that is half of a surrogate pair, which otherwise fails when the report is sent
            JsonSerializer.SerializeToUtf8Bytes(element);
        }
        return element;
    }

    sealed class LimitedBuffer : IBufferWriter<byte>
    {
        readonly ArrayBufferWriter<byte> buffer = new(256);

        public ReadOnlySpan<byte> Written => buffer.WrittenSpan;

        public void Advance(int count) => buffer.Advance(count);

        public Memory<byte> GetMemory(int sizeHint = 0) =>
            buffer.WrittenCount <= MaxMeasured
                ? buffer.GetMemory(sizeHint)
                : throw new ResultTooLargeException($"more than {MaxMeasured / 1024} KiB");

        public Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;
    }
}

/// <summary>The result of a task is too large to be stored.</summary>
/// <param name="size">The size with its unit, for the message.</param>
sealed class ResultTooLargeException(string size) : Exception(
    $"The result is {size} of JSON; at most {ResultJson.MaxBytes / 1024} KiB can be kept with a job. Store it elsewhere and return its address");
