namespace JobSystem.JobApi.Lifecycle;

/// <summary>Exponential back-off with jitter, so that jobs that failed together do not come back together.</summary>
static class RetryBackoff
{
    /// <param name="baseSeconds">The job's retry delay.</param>
    /// <param name="retry">1 for the first retry.</param>
    /// <param name="maxSeconds">The cap, before jitter.</param>
    /// <returns>Between 0.5 and 1.0 of <c>baseSeconds × 2^(retry-1)</c>, capped.</returns>
    public static TimeSpan Delay(double baseSeconds, int retry, double maxSeconds)
    {
        var full = Math.Min(baseSeconds * Math.Pow(2, Math.Min(retry - 1, 30)), maxSeconds);
        return TimeSpan.FromSeconds(full * (0.5 + Random.Shared.NextDouble() / 2));
    }
}
