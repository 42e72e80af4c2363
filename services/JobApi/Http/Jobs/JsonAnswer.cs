using System.Text.Json;
using JobSystem.JobApi.Model;

namespace JobSystem.JobApi.Http.Jobs;

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
