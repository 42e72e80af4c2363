using System.Text.Json;
using System.Text.Json.Serialization;

namespace JobSystem.Contracts;

/// <summary>
/// Asks one worker to do something. Sent to its inbox (<see cref="BusAddresses.ExecutorInbox"/>), answered at once with <see
/// cref="WorkerAnswered"/>.
/// </summary>
public sealed record ControlWorker
{
    /// <summary>One of <see cref="WorkerCommand"/>.</summary>
    [JsonPropertyName("command")]
    public required string Command { get; init; }

    /// <summary>
    /// For <c>shutdown</c>: false cancels the running attempts at once; they run elsewhere. Default: they get their time to end.
    /// </summary>
    [JsonPropertyName("graceful")]
    public bool Graceful { get; init; } = true;

    /// <summary>
    /// An object that whoever broadcasts a command adds to it. The worker writes it to its log; no command needs it. Default: none.
    /// </summary>
    [JsonPropertyName("data")]
    public JsonElement? Data { get; init; }
}

/// <summary>What a worker did with a <see cref="ControlWorker"/>, and how it is.</summary>
public sealed record WorkerAnswered
{
    /// <summary>Id of the worker process.</summary>
    [JsonPropertyName("worker_id")]
    public required string WorkerId { get; init; }

    /// <summary>The name people know it by.</summary>
    [JsonPropertyName("name")]
    public required string Name { get; init; }

    /// <summary>The command.</summary>
    [JsonPropertyName("command")]
    public required string Command { get; init; }

    /// <summary>False when the worker does not do it; <see cref="Message"/> says why.</summary>
    [JsonPropertyName("accepted")]
    public required bool Accepted { get; init; }

    /// <summary>For people; absent when there is nothing to say.</summary>
    [JsonPropertyName("message")]
    public string? Message { get; init; }

    /// <summary><c>starting running paused draining</c>, after the command.</summary>
    [JsonPropertyName("status")]
    public required string Status { get; init; }

    /// <summary>Attempts that it can run at once.</summary>
    [JsonPropertyName("slots")]
    public required int Slots { get; init; }

    /// <summary>Attempts that it holds now.</summary>
    [JsonPropertyName("running")]
    public required int Running { get; init; }
}

/// <summary>The words of <see cref="ControlWorker.Command"/>.</summary>
public static class WorkerCommand
{
    /// <summary>Are you there?</summary>
    public const string Ping = "ping";

    /// <summary>How are you?</summary>
    public const string Status = "status";

    /// <summary>Start nothing until told to resume. What runs goes on.</summary>
    public const string Pause = "pause";

    /// <summary>Go on.</summary>
    public const string Resume = "resume";

    /// <summary>Read the configuration again, announce the tasks, ask for the queues.</summary>
    public const string Reload = "reload";

    /// <summary>End the process.</summary>
    public const string Shutdown = "shutdown";
}
