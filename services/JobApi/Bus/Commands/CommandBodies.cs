using System.Text.Json;
using System.Text.Json.Serialization;
using MassTransit;

namespace JobSystem.JobApi.Bus.Commands;

// The commands of the contracts under their own names on the wire, but without members: the bus library accepts any object for
// them, and the consumers read the text with the same strictness as a request. Bound to the contract itself, a wrong type would
// end in an error queue without an answer, and a misspelt member would be lost in silence.

[MessageUrn("JobSystem.Contracts:SubmitJob")]
public sealed class SubmitJobBody;

[MessageUrn("JobSystem.Contracts:CancelJob")]
public sealed class CancelJobBody;

[MessageUrn("JobSystem.Contracts:RetryJob")]
public sealed class RetryJobBody;

/// <summary>The jobs of schedules. Each job stays JSON, because it is read like a request.</summary>
[MessageUrn("JobSystem.Contracts:SubmitScheduledJobs")]
[EntityName("JobSystem.Contracts:SubmitScheduledJobs")]
public sealed record ScheduledJobsBody
{
    [JsonPropertyName("items")]
    public required IReadOnlyList<ScheduledJobBody> Items { get; init; }
}

public sealed record ScheduledJobBody
{
    [JsonPropertyName("schedule_id")]
    public required string ScheduleId { get; init; }

    [JsonPropertyName("owner")]
    public required string Owner { get; init; }

    [JsonPropertyName("job")]
    public required JsonElement Job { get; init; }
}
