using System.Security.Cryptography;
using System.Text;
using System.Threading.RateLimiting;
using JobSystem.ServiceDefaults.Access;
using JobSystem.ServiceDefaults.Authentication;
using JobSystem.ServiceDefaults.Configuration;

namespace JobSystem.Gateway.Requests;

/// <summary>
/// Limits the requests per second of each caller. Only the services authenticate callers, so here the credentials stand for the caller, or
/// the address of requests without credentials.
/// </summary>
sealed class CallerRates : IDisposable
{
    const string RateSetting = "JOBSYSTEM_RATE_LIMIT_PER_SECOND";
    const string BurstSetting = "JOBSYSTEM_RATE_LIMIT_BURST";
    readonly PartitionedRateLimiter<HttpContext>? buckets;

    public CallerRates(IConfiguration configuration)
    {
        Rate = configuration.Number(RateSetting, otherwise: 0, least: 0);
        var burst = configuration.Number(BurstSetting, Math.Max(1, Rate));
        if (Rate == 0)
        {
            return;
        }

        var bucket = new TokenBucketRateLimiterOptions
        {
            TokensPerPeriod = 1,
            ReplenishmentPeriod = TimeSpan.FromSeconds(1.0 / Rate),
            TokenLimit = burst,
        };
        buckets = PartitionedRateLimiter.Create<HttpContext, string>(http =>
            RateLimitPartition.GetTokenBucketLimiter(CallerOf(http.Request) ?? CallerAddress.Read(http) ?? "", _ => bucket));
    }

    /// <summary>Requests per second; 0 means unlimited.</summary>
    public int Rate { get; }

    /// <summary>Null if the request is allowed; otherwise the time until the next one is.</summary>
    public TimeSpan? Wait(HttpContext http)
    {
        using var lease = buckets?.AttemptAcquire(http);
        return lease is null or { IsAcquired: true } ? null
            : lease.TryGetMetadata(MetadataName.RetryAfter, out var wait) ? wait
            : TimeSpan.Zero;
    }

    public void Dispose() => buckets?.Dispose();

    /// <summary>Hashed, so that no credentials are kept in memory.</summary>
    static string? CallerOf(HttpRequest request)
    {
        var (token, key) = (request.Headers.Authorization.ToString(), request.Headers[ApiKeyAuthentication.ApiKeyHeader].ToString());
        return token.Length + key.Length == 0 ? null : Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes($"{token}\n{key}")));
    }
}
