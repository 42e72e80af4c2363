using System.Threading.RateLimiting;
using JobSystem.ServiceDefaults.Access;

namespace JobSystem.Monitoring.Dashboard.SignIn;

/// <summary>How often one address may try: ten times, then once every six seconds.</summary>
sealed class SignInAttempts : IDisposable
{
    const int Burst = 10;
    static readonly TimeSpan pause = TimeSpan.FromSeconds(6);

    readonly PartitionedRateLimiter<HttpContext> buckets = PartitionedRateLimiter.Create<HttpContext, string>(http =>
        RateLimitPartition.GetTokenBucketLimiter(CallerAddress.Read(http) ?? "", _ => new() { TokenLimit = Burst, TokensPerPeriod = 1, ReplenishmentPeriod = pause }));

    public bool MayTry(HttpContext http)
    {
        using var lease = buckets.AttemptAcquire(http);
        return lease.IsAcquired;
    }

    public void Dispose() => buckets.Dispose();
}
