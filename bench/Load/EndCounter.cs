using System.Globalization;
using System.Net;

namespace JobSystem.Bench.Load;

/// <summary>
/// Learns from the API when every job since a moment has ended. It asks for the number of jobs that have not ended, which costs an index scan
/// over only those, and the closer the end the more often; the answer that says zero is the end, so its own delay counts against the system.
/// </summary>
public sealed class EndCounter(JobsClient client)
{
    static readonly TimeSpan Closest = TimeSpan.FromMilliseconds(20);
    static readonly TimeSpan Farthest = TimeSpan.FromMilliseconds(500);
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    const string Unfinished = "status=pending&status=reserved&status=running&status=retrying";

    public static DateTimeOffset Since() => TimeProvider.System.GetUtcNow();

    /// <summary>Returns the time stamp of the answer that saw nothing left.</summary>
    public async Task<long> WaitForEnd(DateTimeOffset since, CancellationToken ct)
    {
        var (last, lastAt) = (int.MaxValue, TimeProvider.System.GetTimestamp());
        var progressAt = lastAt;
        while (last > 0)
        {
            await Task.Delay(Closest, ct);
            var (left, at) = (await Remaining(since, ct) ?? last, TimeProvider.System.GetTimestamp());
            progressAt = left < last ? at : progressAt;
            if (TimeProvider.System.GetElapsedTime(progressAt, at) > Patience)
            {
                throw new TimeoutException($"{left} jobs have not ended, and none did for {Patience.TotalSeconds} s");
            }
            if (left > 0)
            {
                var rate = (last - left) / TimeProvider.System.GetElapsedTime(lastAt, at).TotalSeconds;
                var wait = rate > 0 ? TimeSpan.FromSeconds(left / rate / 2) : Farthest;
                await Task.Delay(wait < Closest ? Closest : wait > Farthest ? Farthest : wait, ct);
            }
            (last, lastAt) = (left, at);
        }
        return TimeProvider.System.GetTimestamp();
    }

    public Task<int> Completed(DateTimeOffset since, CancellationToken ct) => client.Count($"{Created(since)}&status=completed", ct);

    /// <summary>Null when the API was too busy to say; the clock goes on meanwhile.</summary>
    async Task<int?> Remaining(DateTimeOffset since, CancellationToken ct)
    {
        try
        {
            return await client.Count($"{Created(since)}&{Unfinished}", ct);
        }
        catch (HttpRequestException busy) when (busy.StatusCode is HttpStatusCode.ServiceUnavailable or HttpStatusCode.GatewayTimeout)
        {
            return null;
        }
    }

    public static string Created(DateTimeOffset since) =>
        "created_after=" + since.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.ffffffZ", CultureInfo.InvariantCulture);
}
