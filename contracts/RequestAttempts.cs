using System.Text.Json.Serialization;

namespace JobSystem.Contracts;

/// <summary>
/// An executor has room for attempts. JobApi answers with <see cref="AttemptsGranted"/> to the executor's inbox: at once if jobs wait, else
/// as soon as there are some, in one message or several. After <see cref="ValidSeconds"/> it forgets the request.
/// </summary>
public sealed record RequestAttempts
{
    /// <summary>How long JobApi keeps an unanswered request, from its arrival. An executor that still has room repeats it before.</summary>
    public const double ValidSeconds = 3;

    /// <summary>Id of the executor process; its inbox is <see cref="BusAddresses.ExecutorInbox"/>.</summary>
    [JsonPropertyName("worker_id")]
    public required string WorkerId { get; init; }

    /// <summary>Names the request in its answers.</summary>
    [JsonPropertyName("request_id")]
    public required Guid RequestId { get; init; }

    /// <summary>An earlier request that this one takes the place of. Absent: it is an additional one.</summary>
    [JsonPropertyName("replaces")]
    public Guid? Replaces { get; init; }

    /// <summary>The most attempts to grant.</summary>
    [JsonPropertyName("count")]
    public required int Count { get; init; }

    /// <summary>Names of the queues that the executor serves. Absent: every queue.</summary>
    [JsonPropertyName("queues")]
    public IReadOnlyList<string>? Queues { get; init; }

    /// <summary>The tasks that the executor has.</summary>
    [JsonPropertyName("tasks")]
    public required IReadOnlyList<RequestedTask> Tasks { get; init; }
}

/// <summary>A task that an executor has. It runs jobs that ask for this version or for none.</summary>
public sealed record RequestedTask
{
    /// <summary>Name of the task.</summary>
    [JsonPropertyName("name")]
    public required string Name { get; init; }

    /// <summary>Its version.</summary>
    [JsonPropertyName("version")]
    public required string Version { get; init; }
}
