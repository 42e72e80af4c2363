using JobSystem.ServiceDefaults.Errors;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.DependencyInjection;

namespace JobSystem.ServiceDefaults.Audit;

/// <summary>Endpoint filter that writes an audit entry before the response is sent.</summary>
static class AuditFilter
{
    public static EndpointFilterDelegate Around(EndpointFilterDelegate next, bool isTranslation) =>
        context => Run(context, next, isTranslation);

    static async ValueTask<object?> Run(EndpointFilterInvocationContext context, EndpointFilterDelegate next, bool isTranslation)
    {
        var http = context.HttpContext;
        object? result;
        try
        {
            result = await next(context);
        }
        catch (Exception failed)
        {
            await Record(http, Describe(http, failed), isTranslation);
            throw;
        }
        await Record(http, Answer(http, result), isTranslation);
        return result;
    }

    /// <summary>Requests that reach the canonical endpoint are audited there; here only those that do not.</summary>
    static Task Record(HttpContext http, (int Status, string? Code) answer, bool isTranslation) =>
        isTranslation
        && (answer.Status < StatusCodes.Status400BadRequest
            || AuditNote.ForRequest(http) is { IsRecorded: true } or { ChangesNothing: true })
            ? Task.CompletedTask
            : http.RequestServices.GetRequiredService<AuditRecorder>().Record(http, answer.Status, answer.Code);

    static (int Status, string? Code) Answer(HttpContext http, object? result)
    {
        var answer = result is INestedHttpResult nested ? nested.Result : result;
        var status = (answer as IStatusCodeHttpResult)?.StatusCode ?? http.Response.StatusCode;
        return (status, answer switch
        {
            ProblemHttpResult problem => problem.ProblemDetails.Extensions.TryGetValue("code", out var code) ? code as string : null,
            ICodedResult coded => coded.Code,
            _ => null,
        });
    }

    static (int Status, string? Code) Describe(HttpContext http, Exception failed)
    {
        if (http.RequestAborted.IsCancellationRequested)
        {
            return (StatusCodes.Status499ClientClosedRequest, null);
        }
        var problem = ProblemExceptionHandler.Describe(failed);
        return (problem.Status!.Value, problem.Extensions.TryGetValue("code", out var code) ? code as string : null);
    }
}
