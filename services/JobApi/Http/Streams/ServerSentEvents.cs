using System.Buffers;
using System.Text;
using System.Text.Json;

namespace JobSystem.JobApi.Http.Streams;

/// <summary>Writes server-sent events. A client that does not read blocks the writer and is disconnected by the server after a while.</summary>
sealed class ServerSentEvents(HttpResponse response, TimeProvider time)
{
    static readonly byte[] begin = Encoding.ASCII.GetBytes("retry: 2000\n\n");
    static readonly byte[] heartbeat = Encoding.ASCII.GetBytes(": alive\n\n");
    long writtenAt;

    /// <summary>Time since the last write.</summary>
    public TimeSpan Silence => time.GetElapsedTime(writtenAt);

    public async Task Begin(CancellationToken cancellationToken)
    {
        response.ContentType = "text/event-stream";
        response.Headers.CacheControl = "no-cache";
        // Disables response buffering of proxies
        response.Headers["X-Accel-Buffering"] = "no";
        response.BodyWriter.Write(begin);
        await Flush(cancellationToken);
    }

    public void Write(string id, string word, ReadOnlySpan<byte> json)
    {
        var head = string.Create(System.Globalization.CultureInfo.InvariantCulture, $"id: {id}\nevent: {word}\ndata: ");
        Encoding.UTF8.GetBytes(head, response.BodyWriter);
        response.BodyWriter.Write(json);
        response.BodyWriter.Write("\n\n"u8);
    }

    /// <summary>Tells the client that it has missed events.</summary>
    public void Reset(string id, string reason) => Write(id, "reset", JsonSerializer.SerializeToUtf8Bytes(new { reason }));

    public Task Heartbeat(CancellationToken cancellationToken)
    {
        response.BodyWriter.Write(heartbeat);
        return Flush(cancellationToken);
    }

    public async Task Flush(CancellationToken cancellationToken)
    {
        writtenAt = time.GetTimestamp();
        await response.BodyWriter.FlushAsync(cancellationToken);
    }
}
