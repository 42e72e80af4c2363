using JobSystem.Gateway.Backends;
using JobSystem.ServiceDefaults.Errors;
using Yarp.ReverseProxy.Forwarder;
using Yarp.ReverseProxy.Model;

namespace JobSystem.Gateway.Requests;

/// <summary>
/// Sends a failed request to another instance if that cannot carry it out twice: no connection was established (any method), or the method
/// only reads. If that fails too, the response is a problem that says whether repeating is safe.
/// </summary>
sealed class Failover(RequestDelegate next)
{
    const int MaxAttempts = 3;

    public async Task InvokeAsync(HttpContext context)
    {
        await next(context);
        if (context.Features.Get<IForwarderErrorFeature>() is { } error)
        {
            await Recover(context, error);
        }
        else if (context.Response is { HasStarted: false, StatusCode: StatusCodes.Status503ServiceUnavailable }
            && context.GetReverseProxyFeature().ProxiedDestination is null)
        {
            await Answer(context, StatusCodes.Status503ServiceUnavailable, "service_unavailable",
                "No instance of the service is available; repeat the request.");
        }
    }

    async Task Recover(HttpContext context, IForwarderErrorFeature error)
    {
        List<DestinationState> tried = [];
        while (tried.Count < MaxAttempts - 1 && MayRepeat(context, error) && Another(context, tried) is { Length: > 0 } others)
        {
            var proxy = context.GetReverseProxyFeature();
            (proxy.AvailableDestinations, proxy.ProxiedDestination) = (others, null);
            context.Features.Set<IForwarderErrorFeature>(null);
            context.Response.Clear();
            await next(context);
            if (context.Features.Get<IForwarderErrorFeature>() is not { } again)
            {
                return;
            }

            error = again;
        }

        if (!context.Response.HasStarted && !context.RequestAborted.IsCancellationRequested)
        {
            await Explain(context, error);
        }
    }

    static bool MayRepeat(HttpContext context, IForwarderErrorFeature error) =>
        !context.Response.HasStarted
        && !context.RequestAborted.IsCancellationRequested
        && error.Error == ForwarderError.Request
        && (Failure.NeverConnected(error.Exception)
            || HttpMethods.IsGet(context.Request.Method) || HttpMethods.IsHead(context.Request.Method));

    static DestinationState[] Another(HttpContext context, List<DestinationState> tried)
    {
        var proxy = context.GetReverseProxyFeature();
        if (proxy.ProxiedDestination is { } last)
        {
            tried.Add(last);
        }

        return [.. proxy.Route.Cluster!.DestinationsState.AvailableDestinations.Except(tried)];
    }

    static Task Explain(HttpContext context, IForwarderErrorFeature error) => error.Error switch
    {
        ForwarderError.NoAvailableDestinations =>
            Answer(context, StatusCodes.Status503ServiceUnavailable, "service_unavailable",
                "No instance of the service is available; repeat the request."),
        ForwarderError.Request when Failure.NeverConnected(error.Exception) =>
            Answer(context, StatusCodes.Status503ServiceUnavailable, "service_unavailable",
                "The service cannot be reached; the request was not carried out, repeat it."),
        ForwarderError.RequestTimedOut =>
            Answer(context, StatusCodes.Status504GatewayTimeout, "gateway_timeout",
                "The service did not answer in time; the request may have been carried out."),
        ForwarderError.RequestBodyClient =>
            TypedResults.Problem(statusCode: context.Response.StatusCode).ExecuteAsync(context),
        _ => Answer(context, StatusCodes.Status502BadGateway, "bad_gateway",
            "The upstream service closed the connection; the request may have been carried out."),
    };

    static Task Answer(HttpContext context, int status, string code, string detail)
    {
        context.Response.Headers.RetryAfter = "2";
        return Problems.Create(status, code, detail).ExecuteAsync(context);
    }
}
