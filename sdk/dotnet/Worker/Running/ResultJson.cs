using System.Buffers;
using System.Text.Json;
using JobSystem.Worker.Binding;

namespace JobSystem.Worker.Running;

/// <summary>Serializes the result of a task. This runs property getters of user types, whose output may be endless.</summary>
static class ResultJson
{
    public const int MaxBytes = 256 * 1024;

    /// <summary>Up to this limit the actual size is determined for the error message.</summary>
    const int MaxMeasured = 16 * 1024 * 1024;
    const int MaxDepth = 40;

    /// <exception cref="ResultTooLarge">There is too much of it.</exception>
    public static JsonElement Write(object result)
    {
        var buffer = new Limited();
        using (var writer = new Utf8JsonWriter(buffer, new() { Encoder = WorkerJson.Results.Encoder }))
        {
            JsonSerializer.Serialize(writer, result, result.GetType(), WorkerJson.Results);
        }
        var json = buffer.Written;
        if (json.Length > MaxBytes)
        {
            throw new ResultTooLarge($"{json.Length / 1024.0:0.#} KiB");
        }
        // Read again, because a deeper value could not be read by whoever gets the report, nor could its neighbours
        var element = JsonElement.Parse(json, new() { MaxDepth = MaxDepth });
        if (json.IndexOf(@"\u"u8) >= 0)
        {
            // An escape that is half of a surrogate pair fails here, and not when the report is sent
            JsonSerializer.SerializeToUtf8Bytes(element);
        }
        return element;
    }

    sealed class Limited : IBufferWriter<byte>
    {
        readonly ArrayBufferWriter<byte> buffer = new(256);

        public ReadOnlySpan<byte> Written => buffer.WrittenSpan;

        public void Advance(int count) => buffer.Advance(count);

        public Memory<byte> GetMemory(int sizeHint = 0) =>
            buffer.WrittenCount <= MaxMeasured ? buffer.GetMemory(sizeHint) : throw new ResultTooLarge($"more than {MaxMeasured / 1024} KiB");

        public Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;
    }
}

/// <param name="size">In words.</param>
sealed class ResultTooLarge(string size) : Exception(
    $"The result is {size} of JSON; at most {ResultJson.MaxBytes / 1024} KiB are kept. Store it elsewhere and return where it is");
