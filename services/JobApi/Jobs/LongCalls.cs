namespace JobSystem.JobApi.Jobs;

/// <summary>Calls that may take longer than anybody waits: who asks is told how far it is, and it goes on.</summary>
static class LongCalls
{
    static readonly TimeSpan patience = TimeSpan.FromSeconds(4);

    /// <summary>200 when it is done, otherwise 202.</summary>
    public static async Task<int> Status(this Task work, TimeProvider time, CancellationToken cancellationToken)
    {
        var first = await Task.WhenAny(work, Task.Delay(patience, time, cancellationToken));
        await first;
        return first == work ? StatusCodes.Status200OK : StatusCodes.Status202Accepted;
    }
}
