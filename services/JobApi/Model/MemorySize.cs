using System.Runtime.InteropServices;
using JobSystem.Contracts;

namespace JobSystem.JobApi.Model;

/// <summary>Approximate sizes in memory, used to limit what is kept in memory.</summary>
static class MemorySize
{
    /// <summary>Size of a job without texts.</summary>
    const int Row = 1024;

    /// <summary>Size of a step without details, and of a log line without its message.</summary>
    const int Line = 256;

    public static long Bytes(this JobState job) => Row
        + Text(job.Args) + Text(job.Kwargs) + Text(job.Metadata) + Text(job.Title) + Text(job.Description) + Text(job.ProgressMessage) + Text(job.ProgressCurve)
        + Text(job.Result) + Text(job.Error) + Text(job.CancelReason) + (job.Tags?.Sum(Text) ?? 0) + Bytes(job.NewSteps)
        + job.NewLogs.Sum(x => Line + Text(x.Message) + Text(x.Fields)) + (job.FollowUps.Count > 0 ? job.FollowUps.Sum(Bytes) : 0);

    public static long Bytes(IReadOnlyList<JobEvent> steps) => steps.Sum(
        x => Line + (x.Details is { } details ? JsonMarshal.GetRawUtf8Value(details).Length : 0L));

    static long Text(string? text) => text is null ? 0 : 2L * text.Length;
}
