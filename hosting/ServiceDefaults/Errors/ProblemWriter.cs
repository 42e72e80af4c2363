using System.Diagnostics;
using System.Text.Json;
using JobSystem.ServiceDefaults.Requests;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace JobSystem.ServiceDefaults.Errors;

/// <summary>Writes every error body in the same shape, also for callers whose Accept header asks for something else.</summary>
sealed class ProblemWriter(IOptions<Microsoft.AspNetCore.Http.Json.JsonOptions> json) : IProblemDetailsWriter
{
    const string RetryAfterSeconds = "2";

    public bool CanWrite(ProblemDetailsContext context) => true;

    public async ValueTask WriteAsync(ProblemDetailsContext context)
    {
        var (http, problem) = (context.HttpContext, context.ProblemDetails);
        if (problem is FieldProblem fields)
        {
            // Another surface that called this endpoint in process names the field as it does
            http.Features.Set(fields);
        }
        var status = problem.Status ??= http.Response.StatusCode;
        var titles = StatusTitles.ForStatus(status);
        var code = problem.Extensions.TryGetValue("code", out var given) && given is string text ? text : titles.Code;
        problem.Extensions["code"] = code;
        problem.Type = $"urn:jobsystem:error:{code}";
        problem.Title = titles.Title;
        problem.Detail ??= titles.Detail;
        problem.Extensions.Remove("traceId");
        problem.Extensions["trace_id"] = Activity.Current?.TraceId.ToHexString() ?? http.TraceIdentifier;
        http.Response.StatusCode = status;
        if (status is StatusCodes.Status503ServiceUnavailable or StatusCodes.Status429TooManyRequests
            && http.Response.Headers.RetryAfter.Count == 0)
        {
            http.Response.Headers.RetryAfter = RetryAfterSeconds;
        }

        var body = JsonSerializer.SerializeToUtf8Bytes(problem, problem.GetType(), json.Value.SerializerOptions);
        http.Response.ContentType = "application/problem+json";
        http.Response.ContentLength = body.Length;
        await http.Response.Body.WriteAsync(body, http.RequestAborted);
    }
}

/// <summary>Titles of status codes without a more specific one, such as a 404 of the router.</summary>
readonly record struct StatusTitles(string Code, string Title, string Detail)
{
    public static StatusTitles ForStatus(int status) => status switch
    {
        400 => new("bad_request", "Bad request", "The request is not valid."),
        401 => new("unauthorized", "Unauthorized", "A valid API key or token is needed."),
        403 => new("forbidden", "Forbidden", "The caller may not do this."),
        404 => new("not_found", "Not found", "There is nothing at this address."),
        405 => new("method_not_allowed", "Method not allowed", "The address exists, but not with this method; see the Allow header."),
        408 => new("request_timeout", "Request timeout", "The request took too long to arrive."),
        409 => new("conflict", "Conflict", "The request does not fit the present state."),
        413 => new("payload_too_large", "Payload too large", "The request body is larger than this address accepts."),
        415 => new("unsupported_media_type", "Unsupported media type", "The body must be sent as application/json."),
        422 => new("unprocessable", "Unprocessable content", "The request was understood but could not be carried out."),
        429 => new("too_many_requests", "Too many requests", "Too many requests; repeat later."),
        499 => new("client_closed_request", "Client closed request", "The caller went away before the answer."),
        500 => new("internal_error", "Internal server error", "Something went wrong inside; the trace id finds it in the log."),
        502 => new("bad_gateway", "Bad gateway", "The service did not answer properly."),
        503 => new("service_unavailable", "Service unavailable", "The service cannot answer right now; repeat later."),
        504 => new("gateway_timeout", "Gateway timeout", "The service did not answer in time."),
        _ when status < 500 => new("bad_request", "Request refused", "The request was refused."),
        _ => new("internal_error", "Internal server error", "Something went wrong inside; the trace id finds it in the log."),
    };
}

static class ProblemRegistration
{
    public static void AddProblems(this IServiceCollection services)
    {
        // Before AddProblemDetails, because the first writer that accepts the problem writes it
        services.AddSingleton<IProblemDetailsWriter, ProblemWriter>();
        services.AddProblemDetails();
        services.AddExceptionHandler<ProblemExceptionHandler>();
        // So that an unreadable body reaches the exception handler with its reason
        services.Configure<Microsoft.AspNetCore.Routing.RouteHandlerOptions>(options => options.ThrowOnBadRequest = true);
    }
}
