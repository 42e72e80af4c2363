using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace JobSystem.ServiceDefaults.Requests;

/// <summary>An answer that writes its JSON straight into the response.</summary>
public abstract class JsonAnswer(int status, string? location = null) : IResult, IStatusCodeHttpResult
{
    public int? StatusCode => status;

    public async Task ExecuteAsync(HttpContext httpContext)
    {
        var response = httpContext.Response;
        response.StatusCode = status;
        response.ContentType = "application/json";
        if (location is not null)
        {
            response.Headers.Location = location;
        }
        await using (var json = new Utf8JsonWriter(response.BodyWriter, JsonText.Writer))
        {
            Write(json);
        }
        await response.BodyWriter.FlushAsync(httpContext.RequestAborted);
    }

    protected abstract void Write(Utf8JsonWriter json);
}

/// <summary>Anything else that is written by hand.</summary>
public sealed class WrittenAnswer(Action<Utf8JsonWriter> write, int status = StatusCodes.Status200OK, string? location = null) : JsonAnswer(status, location)
{
    protected override void Write(Utf8JsonWriter json) => write(json);
}
