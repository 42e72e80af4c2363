using System.Globalization;
using JobSystem.ServiceDefaults.Errors;

namespace JobSystem.Gateway.Requests;

/// <summary>Responds with 429 to callers that exceed their request rate.</summary>
sealed class RateLimit(RequestDelegate next, CallerRates rates)
{
    public Task InvokeAsync(HttpContext context) => rates.Wait(context) is { } wait ? Refuse(context, wait) : next(context);

    Task Refuse(HttpContext context, TimeSpan wait)
    {
        var seconds = Math.Max(1, (int)Math.Ceiling(wait.TotalSeconds));
        context.Response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
        return Problems.Create(StatusCodes.Status429TooManyRequests, "rate_limited",
            $"These credentials, or this address, make more than {rates.Rate} requests a second; repeat after {seconds} s.")
            .ExecuteAsync(context);
    }
}
