using System.Text.Json;
using JobSystem.ServiceDefaults.Json;
using Microsoft.AspNetCore.Http;

namespace JobSystem.ServiceDefaults.Requests;

/// <summary>A response that writes its JSON directly to the body. A caller in the same process gets its record instead.</summary>
public abstract class JsonAnswer(int status, string? location = null) : IResult, IStatusCodeHttpResult
{
    public int? StatusCode => status;

    /// <summary>What is written; null if it is not one record.</summary>
    protected virtual object? Record => null;

    public async Task ExecuteAsync(HttpContext httpContext)
    {
        var response = httpContext.Response;
        response.StatusCode = status;
        if (location is not null)
        {
            response.Headers.Location = httpContext.Request.PathBase + location;
        }
        if (httpContext.Features.Get<InProcessCall>() is { } call && Record is { } record)
        {
            call.Record = record;
            return;
        }
        using var body = new PooledBuffer();
        await using (var json = new Utf8JsonWriter(body, JsonText.Writer))
        {
            Write(json);
        }
        if (!EntityTags.ClientHas(httpContext, body.Written.Span))
        {
            response.ContentType = "application/json";
            response.ContentLength = body.Written.Length;
            await response.BodyWriter.WriteAsync(body.Written, httpContext.RequestAborted);
        }
    }

    protected abstract void Write(Utf8JsonWriter json);
}

/// <summary>A response written by custom code.</summary>
public sealed class WrittenAnswer(Action<Utf8JsonWriter> write, int status = StatusCodes.Status200OK, string? location = null)
    : JsonAnswer(status, location)
{
    protected override void Write(Utf8JsonWriter json) => write(json);
}
