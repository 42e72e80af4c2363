using System.Text.Json;
using JobSystem.JobApi.Lifecycle;

namespace JobSystem.JobApi.Jobs;

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

/// <summary>One job.</summary>
public sealed class JobAnswer(JobState job, int status = StatusCodes.Status200OK, string? location = null) : JsonAnswer(status, location)
{
    public JobState Job => job;

    protected override void Write(Utf8JsonWriter json) => JobView.Write(json, job);
}

/// <summary>Ids of the jobs of a batch, in the order in which they were handed in.</summary>
public sealed class IdsAnswer(IReadOnlyList<string> ids, int status) : JsonAnswer(status)
{
    protected override void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteStartArray("ids"u8);
        foreach (var id in ids)
        {
            json.WriteStringValue(id);
        }
        json.WriteEndArray();
        json.WriteEndObject();
    }
}

/// <summary>Anything else that is written by hand.</summary>
public sealed class WrittenAnswer(Action<Utf8JsonWriter> write, int status = StatusCodes.Status200OK) : JsonAnswer(status)
{
    protected override void Write(Utf8JsonWriter json) => write(json);
}
