using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.DependencyInjection;

namespace JobSystem.ServiceDefaults.Audit;

/// <summary>Stands around every handler that changes something: the entry is written before the answer goes out.</summary>
static class AuditFilter
{
    public static async ValueTask<object?> Canonical(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var http = context.HttpContext;
        object? result;
        try
        {
            result = await next(context);
        }
        catch (Exception failed)
        {
            var (status, code) = Describe(http, failed);
            await Record(http, status, code);
            throw;
        }
        var answer = Answer(http, result);
        await Record(http, answer.Status, answer.Code);
        return result;
    }

    /// <summary>What reached the canonical endpoint was recorded there; here are only the requests that did not get so far.</summary>
    public static async ValueTask<object?> Translated(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var http = context.HttpContext;
        var result = await next(context);
        var (status, code) = Answer(http, result);
        if (status >= StatusCodes.Status400BadRequest && AuditNote.Of(http) is { IsRecorded: false, ChangesNothing: false })
        {
            await Record(http, status, code);
        }
        return result;
    }

    static Task Record(HttpContext http, int status, string? code) => http.RequestServices.GetRequiredService<AuditRecorder>().Record(http, status, code);

    static (int Status, string? Code) Answer(HttpContext http, object? result)
    {
        var answer = result is INestedHttpResult nested ? nested.Result : result;
        var status = (answer as IStatusCodeHttpResult)?.StatusCode ?? http.Response.StatusCode;
        return (status, answer switch
        {
            ProblemHttpResult problem => problem.ProblemDetails.Extensions.TryGetValue("code", out var code) ? code as string : null,
            Dialects.Dialect.Refusal refusal => refusal.Code,
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
