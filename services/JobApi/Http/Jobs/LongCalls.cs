namespace JobSystem.JobApi.Http.Jobs;

/// <summary>Long-running calls: after a while the caller gets the progress, and the call continues in the background.</summary>
static class LongCalls
{
    static readonly TimeSpan patience = TimeSpan.FromSeconds(4);

    /// <summary>Responds with 200 if it is done, otherwise 202.</summary>
    public static async Task<int> Status(this Task work, TimeProvider time, CancellationToken cancellationToken)
    {
        var first = await Task.WhenAny(work, Task.Delay(patience, time, cancellationToken));
        await first;
        return first == work ? StatusCodes.Status200OK : StatusCodes.Status202Accepted;
    }
}
