using System.Text.Json;
using System.Text.Json.Serialization;

namespace JobSystem.Contracts;

/// <summary>
/// Asks one worker to do something. Sent to its inbox (<see cref="BusAddresses.ExecutorInbox"/>), answered at once with
/// <see cref="WorkerAnswered"/>.
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
    /// An object from the sender of a broadcast command. The worker writes it to its log; no command needs it. Default: none.
    /// </summary>
    [JsonPropertyName("data")]
    public JsonElement? Data { get; init; }
}

/// <summary>Response to <see cref="ControlWorker"/>, with the worker's state.</summary>
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

    /// <summary>False if the worker does not carry out the command; <see cref="Message"/> says why.</summary>
    [JsonPropertyName("accepted")]
    public required bool Accepted { get; init; }

    /// <summary>A message for people. Default: none.</summary>
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
    /// <summary>Responds, and does nothing else.</summary>
    public const string Ping = "ping";

    /// <summary>Responds with the worker's state.</summary>
    public const string Status = "status";

    /// <summary>Starts no attempts until <see cref="Resume"/>; running attempts go on.</summary>
    public const string Pause = "pause";

    /// <summary>Ends <see cref="Pause"/>.</summary>
    public const string Resume = "resume";

    /// <summary>Reads the configuration again, announces the tasks, and asks for the queues.</summary>
    public const string Reload = "reload";

    /// <summary>Ends the process.</summary>
    public const string Shutdown = "shutdown";
}
