using System.Diagnostics;
using System.Net;
using Microsoft.Extensions.Http.Resilience;
using Polly;
using Polly.Retry;
using Polly.Timeout;

namespace JobSystem.Client.Http;

/// <summary>
/// Which requests are repeated, and for how long. A request whose answer is lost may have been carried out: it is repeated only if that changes nothing, as
/// with an idempotency key. One that never reached the server, or that came too early (429), is repeated in any case.
/// </summary>
static class RequestRetries
{
    static readonly TimeSpan firstDelay = TimeSpan.FromMilliseconds(200);
    static readonly TimeSpan longestDelay = TimeSpan.FromSeconds(5);

    /// <summary>True if carrying the request out twice is the same as once.</summary>
    public static readonly HttpRequestOptionsKey<bool> IsRepeatable = new("JobSystem.IsRepeatable");

    /// <summary>True if the answer is read while it comes.</summary>
    public static readonly HttpRequestOptionsKey<bool> IsStream = new("JobSystem.IsStream");

    /// <summary>How long the server may take on purpose, beyond the usual time.</summary>
    public static readonly HttpRequestOptionsKey<TimeSpan> ServerWait = new("JobSystem.ServerWait");

    /// <summary>How long the request is repeated, if not as long as the options say.</summary>
    public static readonly HttpRequestOptionsKey<TimeSpan?> Patience = new("JobSystem.Patience");

    /// <summary>When the first attempt began, as <see cref="Stopwatch.GetTimestamp"/> returns it.</summary>
    public static readonly HttpRequestOptionsKey<long> BeganAt = new("JobSystem.BeganAt");

    public static void Configure(ResiliencePipelineBuilder<HttpResponseMessage> builder, JobSystemClientOptions options) => builder
        .AddRetry(new HttpRetryStrategyOptions
        {
            MaxRetryAttempts = int.MaxValue,
            BackoffType = DelayBackoffType.Exponential,
            Delay = firstDelay,
            MaxDelay = longestDelay,
            UseJitter = true,
            ShouldHandle = x => new(MayRepeat(x, options.Patience)),
        })
        .AddTimeout(new HttpTimeoutStrategyOptions
        {
            TimeoutGenerator = x => new(options.RequestTimeout + Get(x.Context, ServerWait)),
        });

    static bool MayRepeat(RetryPredicateArguments<HttpResponseMessage> attempt, TimeSpan patience)
    {
        if (attempt.Context.CancellationToken.IsCancellationRequested)
        {
            return false;
        }
        var isRepeatable = Get(attempt.Context, IsRepeatable);
        var may = attempt.Outcome switch
        {
            { Exception: HttpRequestException exception } => isRepeatable || WasNotSent(exception),
            { Exception: TimeoutRejectedException or IOException } => isRepeatable,
            { Result.StatusCode: HttpStatusCode.TooManyRequests } => true,
            // A job that is run while the caller waits goes on after its 504
            { Result.StatusCode: HttpStatusCode.GatewayTimeout } =>
                isRepeatable && !(IsPost(attempt.Context) && Get(attempt.Context, ServerWait) > TimeSpan.Zero),
            { Result.StatusCode: HttpStatusCode.RequestTimeout or HttpStatusCode.BadGateway or HttpStatusCode.ServiceUnavailable } => isRepeatable,
            _ => false,
        };
        return may && Stopwatch.GetElapsedTime(Get(attempt.Context, BeganAt)) + Asked(attempt.Outcome.Result) < (Get(attempt.Context, Patience) ?? patience);
    }

    static bool WasNotSent(HttpRequestException exception) =>
        exception.HttpRequestError is HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError;

    /// <summary>How long the server asks to wait.</summary>
    static TimeSpan Asked(HttpResponseMessage? response) => response?.Headers.RetryAfter?.Delta ?? TimeSpan.Zero;

    static bool IsPost(ResilienceContext context) => context.GetRequestMessage()?.Method == HttpMethod.Post;

    static T? Get<T>(ResilienceContext context, HttpRequestOptionsKey<T> key) =>
        context.GetRequestMessage() is { } request && request.Options.TryGetValue(key, out var value) ? value : default;
}
