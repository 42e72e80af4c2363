using System.Threading.RateLimiting;
using JobSystem.ServiceDefaults.Access;

namespace JobSystem.Monitoring.Dashboard.SignIn;

/// <summary>Limits the sign-in attempts of an address: ten, then one every six seconds.</summary>
sealed class SignInAttempts(CallerAddress addresses) : IDisposable
{
    const int Burst = 10;
    static readonly TimeSpan pause = TimeSpan.FromSeconds(6);

    readonly PartitionedRateLimiter<HttpContext> buckets = PartitionedRateLimiter.Create<HttpContext, string>(http =>
        RateLimitPartition.GetTokenBucketLimiter(addresses.Of(http) ?? "", _ => new() { TokenLimit = Burst, TokensPerPeriod = 1, ReplenishmentPeriod = pause }));

    public bool MayTry(HttpContext http)
    {
        using var lease = buckets.AttemptAcquire(http);
        return lease.IsAcquired;
    }

    public void Dispose() => buckets.Dispose();
}
