using System.Text.Json.Nodes;

namespace JobSystem;

/// <summary>
/// What a caller says about one job, besides its arguments. It takes the place of what the <see cref="JobAttribute"/> says.
/// </summary>
public sealed class EnqueueOptions
{
    /// <summary>What was said.</summary>
    public EnqueueSettings Settings { get; private set; } = new();

    /// <summary>Starts the job no earlier than after this time. The last of <see cref="Delay"/> and <see cref="At"/> holds.</summary>
    /// <param name="delay">Counted from when the job is received; zero or more.</param>
    public EnqueueOptions Delay(TimeSpan delay) => Set(x => x with { Delay = NotNegative(delay, nameof(delay)), StartAt = null });

    /// <summary>Starts the job no earlier than at this time.</summary>
    /// <param name="time">A time in the past means at once.</param>
    public EnqueueOptions At(DateTimeOffset time) => Set(x => x with { StartAt = time, Delay = null });

    /// <summary>Puts the job into another queue.</summary>
    /// <param name="name">1 to 64 letters, digits, <c>.</c>, <c>_</c> or <c>-</c>.</param>
    public EnqueueOptions Queue(string name) => Set(x => x with { Queue = NotEmpty(name, nameof(name)) });

    /// <summary>Gives the job a priority.</summary>
    /// <param name="priority">The priority.</param>
    public EnqueueOptions Priority(JobPriority priority) => Set(x => x with { Priority = priority });

    /// <summary>
    /// Adds tags, by which the job is found; with those of the <see cref="JobAttribute"/> at most 32 of at most 64 characters.
    /// </summary>
    /// <param name="tags">Tags without commas.</param>
    public EnqueueOptions Tag(params string[] tags) => Set(x => x with { Tags = [.. x.Tags, .. tags] });

    /// <summary>Keeps something with the job that is no argument of its task; all of it at most 16 KiB as JSON.</summary>
    /// <param name="name">Name of the member.</param>
    /// <param name="value">A text, a number, true, false, or other JSON.</param>
    public EnqueueOptions Metadata(string name, JsonNode? value) =>
        Set(x => x with { Metadata = new Dictionary<string, JsonNode?>(x.Metadata) { [NotEmpty(name, nameof(name))] = value } });

    /// <summary>Sets the most retries.</summary>
    /// <param name="retries">0 to 100; the job has one attempt more.</param>
    public EnqueueOptions MaxRetries(int retries)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(retries);
        return Set(x => x with { MaxRetries = retries });
    }

    /// <summary>Sets the time before the first retry; each further one waits twice as long.</summary>
    /// <param name="delay">Zero or more, at most 7 days.</param>
    public EnqueueOptions RetryDelay(TimeSpan delay) => Set(x => x with { RetryDelay = NotNegative(delay, nameof(delay)) });

    /// <summary>Sets the time that an attempt may take.</summary>
    /// <param name="limit">More than zero, at most 7 days.</param>
    public EnqueueOptions Timeout(TimeSpan limit) => Set(x => x with { Timeout = Positive(limit, nameof(limit)) });

    /// <summary>
    /// Does not start the job any more after this time. The last of <see cref="ExpireAfter"/> and <see cref="ExpireAt"/> holds.
    /// </summary>
    /// <param name="time">Counted from when the job is received; more than zero.</param>
    public EnqueueOptions ExpireAfter(TimeSpan time) => Set(x => x with { ExpireAfter = Positive(time, nameof(time)), ExpireAt = null });

    /// <summary>Does not start the job any more after this time.</summary>
    /// <param name="time">A time in the future.</param>
    public EnqueueOptions ExpireAt(DateTimeOffset time) => Set(x => x with { ExpireAt = time, ExpireAfter = null });

    /// <summary>
    /// Makes enqueueing repeatable across processes: a job with the same key and the same content is enqueued once. Default: a key of its
    /// own for each call of <c>Enqueue</c>, which makes the call itself repeatable.
    /// </summary>
    /// <param name="key">1 to 255 printable ASCII characters.</param>
    public EnqueueOptions IdempotencyKey(string key) => Set(x => x with { IdempotencyKey = NotEmpty(key, nameof(key)) });

    /// <summary>Gives the job an id. Default: a UUID.</summary>
    /// <param name="id">1 to 128 letters, digits, <c>.</c>, <c>_</c>, <c>:</c> or <c>-</c>.</param>
    public EnqueueOptions JobId(string id) => Set(x => x with { JobId = NotEmpty(id, nameof(id)) });

    /// <summary>Gives the job a title for people.</summary>
    /// <param name="title">At most 200 characters.</param>
    public EnqueueOptions Title(string title) => Set(x => x with { Title = NotEmpty(title, nameof(title)) });

    /// <summary>Describes the job for people.</summary>
    /// <param name="description">At most 4,000 characters.</param>
    public EnqueueOptions Description(string description) => Set(x => x with { Description = NotEmpty(description, nameof(description)) });

    /// <summary>Runs a certain version of the task.</summary>
    /// <param name="version">A version that a worker has announced.</param>
    public EnqueueOptions Version(string version) => Set(x => x with { Version = NotEmpty(version, nameof(version)) });

    /// <summary>Runs the job once on each live worker that serves the queue, as one child job for each.</summary>
    public EnqueueOptions Broadcast() => Set(x => x with { Broadcast = true });

    EnqueueOptions Set(Func<EnqueueSettings, EnqueueSettings> change)
    {
        Settings = change(Settings);
        return this;
    }

    static TimeSpan NotNegative(TimeSpan time, string name)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(time, TimeSpan.Zero, name);
        return time;
    }

    static TimeSpan Positive(TimeSpan time, string name)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(time, TimeSpan.Zero, name);
        return time;
    }

    static string NotEmpty(string text, string name)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(text, name);
        return text;
    }
}

/// <summary>What <see cref="EnqueueOptions"/> collects. A member that is null was not said.</summary>
public sealed record EnqueueSettings
{
    /// <summary>Time before which the job does not start, from when it is received.</summary>
    public TimeSpan? Delay { get; init; }

    /// <summary>Time before which the job does not start.</summary>
    public DateTimeOffset? StartAt { get; init; }

    /// <summary>The queue.</summary>
    public string? Queue { get; init; }

    /// <summary>The priority.</summary>
    public JobPriority? Priority { get; init; }

    /// <summary>Tags besides those of the <see cref="JobAttribute"/>.</summary>
    public IReadOnlyList<string> Tags { get; init; } = [];

    /// <summary>What is kept with the job.</summary>
    public IReadOnlyDictionary<string, JsonNode?> Metadata { get; init; } = new Dictionary<string, JsonNode?>();

    /// <summary>Most retries.</summary>
    public int? MaxRetries { get; init; }

    /// <summary>Time before the first retry.</summary>
    public TimeSpan? RetryDelay { get; init; }

    /// <summary>Time that an attempt may take.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>Time after which the job is not started any more, from when it is received.</summary>
    public TimeSpan? ExpireAfter { get; init; }

    /// <summary>Time after which the job is not started any more.</summary>
    public DateTimeOffset? ExpireAt { get; init; }

    /// <summary>The idempotency key.</summary>
    public string? IdempotencyKey { get; init; }

    /// <summary>Id of the job.</summary>
    public string? JobId { get; init; }

    /// <summary>Title for people.</summary>
    public string? Title { get; init; }

    /// <summary>Description for people.</summary>
    public string? Description { get; init; }

    /// <summary>Version of the task.</summary>
    public string? Version { get; init; }

    /// <summary>True if the job runs once on each live worker.</summary>
    public bool Broadcast { get; init; }
}
