using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization;
using JobSystem.Api;
using JobSystem.Client.Http;

namespace JobSystem.Client.Operations;

/// <summary>What happens to all jobs, as it happens.</summary>
public sealed class EventOperations
{
    /// <summary>Name of the event that says that others were missed.</summary>
    internal const string Reset = "reset";

    readonly ApiConnection api;

    internal EventOperations(ApiConnection api) => this.api = api;

    /// <summary>
    /// Returns the steps of all jobs that the caller may see, from now on. A connection that is lost is taken up where it was; if events were missed, the next
    /// one is <c>reset</c>. It does not end by itself.
    /// </summary>
    /// <param name="filter">Which events. Default: all.</param>
    /// <param name="cancellationToken">Ends the stream.</param>
    /// <exception cref="JobSystemException">The call was refused, or nothing answers any more.</exception>
    public async IAsyncEnumerable<StreamedEvent> Stream(
        EventSelection? filter = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var query = new ApiQuery
        {
            { "queue_name", filter?.QueueName }, { "task_name", filter?.TaskName }, { "event", filter?.Event },
            { "status", filter?.Status }, { "owner", filter?.Owner },
        };
        var call = ApiCall.Get("events", "stream") with { Query = query, LastEventId = filter?.After };
        await foreach (var item in api.Stream(call, cancellationToken))
        {
            var read = JsonSerializer.Deserialize(item.Data, StreamJson.Default.StreamedEvent)!;
            yield return read with { Id = item.EventId, Event = item.EventType };
        }
    }
}

/// <summary>Filters of events. Several values of a member: any of them. A member that is null is not sent.</summary>
public sealed record EventSelection
{
    /// <summary>Of jobs of one of these queues.</summary>
    public IReadOnlyList<string>? QueueName { get; init; }

    /// <summary>Of jobs of one of these tasks.</summary>
    public IReadOnlyList<string>? TaskName { get; init; }

    /// <summary>One of these words for what happened, as <c>completed</c>.</summary>
    public IReadOnlyList<string>? Event { get; init; }

    /// <summary>After which a job has one of these statuses.</summary>
    public IReadOnlyList<string>? Status { get; init; }

    /// <summary>Of jobs of this owner.</summary>
    public string? Owner { get; init; }

    /// <summary>The id of the last event that was seen, to go on after it. Default: from now on.</summary>
    public string? After { get; init; }
}

/// <summary>Something that happened to a job. Of the event <c>reset</c> only <see cref="Reason"/> is set.</summary>
public sealed record StreamedEvent
{
    /// <summary>Where the stream is: <see cref="EventSelection.After"/> goes on after it.</summary>
    [JsonIgnore]
    public string? Id { get; init; }

    /// <summary>What happened, in the word of a step, or <c>reset</c>: events were missed.</summary>
    [Words(typeof(JobStepWords))]
    public string Event { get; init; } = "";

    /// <summary>Id of the job.</summary>
    public string JobId { get; init; } = "";

    /// <summary>When it happened.</summary>
    public DateTimeOffset At { get; init; }

    /// <summary>The attempt that it belongs to; 0 before the first.</summary>
    public int Attempt { get; init; }

    /// <summary>The worker, where one was involved.</summary>
    public string? WorkerId { get; init; }

    /// <summary>The job's task.</summary>
    public string TaskName { get; init; } = "";

    /// <summary>The job's queue.</summary>
    public string QueueName { get; init; } = "";

    /// <summary>The job's priority.</summary>
    [Words(typeof(Priorities))]
    public string Priority { get; init; } = "";

    /// <summary>The job's owner.</summary>
    public string Owner { get; init; } = "";

    /// <summary>Seconds that the job waited, when it starts and when it ends.</summary>
    public double? WaitSeconds { get; init; }

    /// <summary>Seconds that the job ran, when it ends.</summary>
    public double? RunSeconds { get; init; }

    /// <summary>What belongs to this kind of step: a JSON object, or null.</summary>
    public RawJson? Details { get; init; }

    /// <summary>Of <c>reset</c>: why events were missed.</summary>
    public string? Reason { get; init; }
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, GenerationMode = JsonSourceGenerationMode.Metadata)]
[JsonSerializable(typeof(StreamedEvent))]
sealed partial class StreamJson : JsonSerializerContext;
