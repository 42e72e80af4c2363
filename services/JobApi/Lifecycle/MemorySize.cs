using System.Runtime.InteropServices;
using JobSystem.Contracts;

namespace JobSystem.JobApi.Lifecycle;

/// <summary>About how many bytes of memory things hold: what waits in memory is bounded by it.</summary>
static class MemorySize
{
    /// <summary>A job without any text.</summary>
    const int Row = 1024;

    /// <summary>A step without details, and a log line without its message.</summary>
    const int Line = 256;

    public static long Bytes(this JobState job) => Row
        + Text(job.Args) + Text(job.Kwargs) + Text(job.Metadata) + Text(job.Title) + Text(job.Description) + Text(job.ProgressMessage) + Text(job.ProgressCurve)
        + Text(job.Result) + Text(job.Error) + Text(job.CancelReason) + (job.Tags?.Sum(Text) ?? 0) + Bytes(job.NewSteps)
        + job.NewLogs.Sum(x => Line + Text(x.Message) + Text(x.Fields));

    public static long Bytes(IReadOnlyList<JobEvent> steps) => steps.Sum(
        x => Line + (x.Details is { } details ? JsonMarshal.GetRawUtf8Value(details).Length : 0L));

    static long Text(string? text) => text is null ? 0 : 2L * text.Length;
}
