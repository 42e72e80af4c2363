using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Threading.RateLimiting;
using JobSystem.ServiceDefaults.Access;
using JobSystem.ServiceDefaults.Authentication;
using JobSystem.ServiceDefaults.Configuration;

namespace JobSystem.Gateway.Requests;

/// <summary>
/// How many requests a second one caller may make. Who a caller is only the services find out, so that here the credentials stand for the
/// caller, and the address where there are none.
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
        buckets = Rate == 0 ? null : PartitionedRateLimiter.Create<HttpContext, string>(http => RateLimitPartition.GetTokenBucketLimiter(CallerOf(http.Request) ?? CallerAddress.Read(http) ?? "", _ => new()
        {
            TokensPerPeriod = 1,
            ReplenishmentPeriod = TimeSpan.FromSeconds(1.0 / Rate),
            TokenLimit = burst,
        }));
    }

    /// <summary>Requests per second; 0 means unlimited.</summary>
    public int Rate { get; }

    /// <summary>Null if the request is allowed; otherwise the time until the next one is.</summary>
    public TimeSpan? Wait(HttpContext http)
    {
        using var lease = buckets?.AttemptAcquire(http);
        return lease is null or { IsAcquired: true } ? null : lease.TryGetMetadata(MetadataName.RetryAfter, out var wait) ? wait : TimeSpan.Zero;
    }

    public void Dispose() => buckets?.Dispose();

    /// <summary>Hashed, so that no credentials are kept in memory.</summary>
    static string? CallerOf(HttpRequest request)
    {
        var (token, key) = (request.Headers.Authorization.ToString(), request.Headers[ApiKeyAuthentication.ApiKeyHeader].ToString());
        return token.Length + key.Length == 0 ? null : Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{token}\n{key}"))));
    }
}
