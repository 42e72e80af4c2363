using System.Net;
using System.Text.Json;
using JobSystem.Api;
using Polly.Timeout;

namespace JobSystem.Client.Http;

/// <summary>Makes exceptions of refusals and lost answers. Their messages say what to do.</summary>
static class ApiErrors
{
    const string ProblemType = "application/problem+json";
    const string Url = $"Url ({JobSystemClientOptions.UrlSetting})";

    /// <summary>No answer came.</summary>
    public static JobSystemUnavailableException Unreachable(JobSystemClientOptions options, ApiCall call, Exception exception)
    {
        var where = $"{call.Method} {call.ToPath()} at {options.BaseAddress}";
        return exception is TimeoutRejectedException
            ? new($"JobSystem did not answer in time: {where}. Check its health, or set RequestTimeout higher.", "timeout", exception)
            : new(
                $"JobSystem cannot be reached: {where}: {exception.Message.TrimEnd('.')}. Check that it runs there, and that {Url} is right.",
                "unreachable", exception);
    }

    /// <summary>The answer is not what JobSystem answers.</summary>
    public static JobSystemException NotFromApi(
        JobSystemClientOptions options, ApiCall call, HttpStatusCode status, Exception? exception = null) =>
        new(
            $"{options.BaseAddress} answered {(int)status} to {call.Method} {call.ToPath()}, but not as JobSystem does. "
            + $"Check that {Url} is the address of JobSystem, with its path base if it has one.",
            "unexpected_answer", exception)
        { Status = (int)status };

    /// <summary>The call was refused.</summary>
    public static async Task<JobSystemException> Refused(
        JobSystemClientOptions options, ApiCall call, HttpResponseMessage response, CancellationToken cancellationToken)
    {
        if (response.Headers.Location is { } location && (int)response.StatusCode is >= 300 and < 400)
        {
            return new(
                $"{options.BaseAddress} redirects {call.Method} {call.ToPath()} to {location}. Set {Url} to the address that it leads to.",
                "redirected")
            { Status = (int)response.StatusCode };
        }
        return await ReadProblem(response.Content, cancellationToken) is { Code: { } code } problem
            ? FromProblem(options, problem, code, response.StatusCode)
            : NotFromApi(options, call, response.StatusCode);
    }

    /// <summary>A refusal that is about a job to enqueue.</summary>
    public static JobRefusedException RefusedJob(JobSystemException refusal) => new(refusal.Message, refusal.Code, refusal)
    {
        Status = refusal.Status,
        Errors = refusal.Errors,
        TraceId = refusal.TraceId,
    };

    static async Task<Problem?> ReadProblem(HttpContent content, CancellationToken cancellationToken)
    {
        if (content.Headers.ContentType?.MediaType != ProblemType)
        {
            return null;
        }
        try
        {
            await using var body = await content.ReadAsStreamAsync(cancellationToken);
            return await ApiJson.Read<Problem>(body, cancellationToken);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    static JobSystemException FromProblem(JobSystemClientOptions options, Problem problem, string code, HttpStatusCode status)
    {
        var text = Join(problem.Detail ?? problem.Title ?? code, Advice(options, code));
        var errors = problem.Errors ?? new Dictionary<string, IReadOnlyList<string>>();
        return code is "service_unavailable" or "bad_gateway" or "gateway_timeout" or "request_timeout"
            ? new JobSystemUnavailableException(text, code) { Status = (int)status, Errors = errors, TraceId = problem.TraceId }
            : new JobSystemException(text, code) { Status = (int)status, Errors = errors, TraceId = problem.TraceId };
    }

    /// <summary>A reason, and what to do about it if the reason does not say that.</summary>
    public static string WithAdvice(string reason, string code) => Join(reason, Advice(code));

    static string Join(string reason, string advice) => advice.Length == 0 ? reason : $"{reason.TrimEnd('.')}. {advice}";

    static string Advice(JobSystemClientOptions options, string code) => code switch
    {
        "unauthorized" when options.TokenProvider is not null => "Check what TokenProvider returns.",
        "unauthorized" =>
            $"Check ApiKey ({JobSystemClientOptions.ApiKeySetting}): keys are issued in the dashboard, or with POST /api/v1/api-keys.",
        "not_found" => $"Check that {Url} is the address of JobSystem, with its path base if it has one.",
        _ => Advice(code),
    };

    static string Advice(string code) => code switch
    {
        "forbidden" => "Use a key or token that has it.",
        "task_not_found" => "No worker has announced this task: start a worker that maps it, or correct the name in [Job].",
        "task_version_not_found" => "Start a worker with this version, or correct the version in [Job].",
        _ => "",
    };
}
