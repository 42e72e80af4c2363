using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using JobSystem.Api;

namespace JobSystem.Client.Enqueueing;

/// <summary>Makes requests of jobs: name and defaults from the attribute, arguments from the members, the rest from the caller.</summary>
sealed class JobWriter(JobSystemClientOptions options, IServiceProvider? services)
{
    readonly ConcurrentDictionary<Type, KnownType> types = new();
    readonly Lazy<JsonSerializerOptions> json = new(() => JobJson.Create(options.TypeInfoResolver));

    /// <exception cref="InvalidOperationException">The job's type has no attribute, or cannot be written as JSON.</exception>
    /// <exception cref="JobRefusedException">The job is not valid.</exception>
    public PreparedJob Write(IJob job, Action<EnqueueOptions>? configure) => PreparedJob.Create(CreateRequest(job, configure));

    /// <inheritdoc cref="Write"/>
    public CreateJobRequest CreateRequest(IJob job, Action<EnqueueOptions>? configure)
    {
        ArgumentNullException.ThrowIfNull(job);
        var type = types.GetOrAdd(job.GetType(), Describe);
        var problems = Validate(job);
        if (problems.Count > 0)
        {
            throw JobRefusedException.ForJob(job, problems);
        }
        return ToRequest(type.Attribute, Configure(configure)) with { Kwargs = ToJson(job, type.Json) };
    }

    /// <summary>Makes a request of a job that has no type. Its arguments are set by the caller.</summary>
    public static CreateJobRequest CreateRequest(string taskName, Action<EnqueueOptions>? configure) =>
        ToRequest(new(taskName), Configure(configure));

    /// <exception cref="JsonException">It is not a <typeparamref name="T"/>.</exception>
    public T? ReadResult<T>(RawJson result) => result.Deserialize((JsonTypeInfo<T>)JobJson.TypeInfo(json.Value, typeof(T)));

    KnownType Describe(Type type)
    {
        var attribute = JobAttribute.ForType(type);
        var info = JobJson.TypeInfo(json.Value, type);
        return info.Kind == JsonTypeInfoKind.Object ? new(attribute, info) : throw new InvalidOperationException(
            $"{type.Name} is not written as a JSON object, so that it has no members that could be arguments: use a class or a record.");
    }

    static RawJson ToJson(IJob job, JsonTypeInfo type)
    {
        try
        {
            return new(JsonSerializer.Serialize(job, type));
        }
        catch (Exception exception) when (exception is JsonException or NotSupportedException or ArgumentException)
        {
            throw new InvalidOperationException($"{job.GetType().Name} cannot be written as JSON: {exception.Message}", exception);
        }
    }

    /// <summary>Without reflection, only what the job says about itself is asked; its annotations are checked by the worker.</summary>
    [UnconditionalSuppressMessage("Trimming", "IL2026", Justification = JobJson.OnlyWithReflection)]
    IReadOnlyDictionary<string, IReadOnlyList<string>> Validate(IJob job) =>
        JsonSerializer.IsReflectionEnabledByDefault
            ? JobValidation.Validate(job, services)
            : new Dictionary<string, IReadOnlyList<string>>();

    static EnqueueSettings Configure(Action<EnqueueOptions>? configure)
    {
        var chosen = new EnqueueOptions();
        configure?.Invoke(chosen);
        return chosen.Settings;
    }

    static CreateJobRequest ToRequest(JobAttribute attribute, EnqueueSettings chosen) => new()
    {
        TaskName = attribute.Name,
        QueueName = chosen.Queue ?? attribute.Queue,
        Priority = ToWord(chosen.Priority ?? attribute.Priority),
        Delay = chosen.Delay?.TotalSeconds,
        ScheduledAt = chosen.StartAt,
        MaxRetries = chosen.MaxRetries ?? NotNegative(attribute.MaxRetries),
        RetryDelay = chosen.RetryDelay?.TotalSeconds ?? NotNegative(attribute.RetryDelaySeconds),
        Timeout = chosen.Timeout?.TotalSeconds ?? NotNegative(attribute.TimeoutSeconds),
        Tags = attribute.Tags.Length + chosen.Tags.Count == 0 ? null : [.. attribute.Tags, .. chosen.Tags],
        Metadata = ToMetadata(chosen.Metadata),
        Version = chosen.Version ?? attribute.Version,
        JobId = chosen.JobId,
        IdempotencyKey = chosen.IdempotencyKey,
        ExpiresIn = chosen.ExpireAfter?.TotalSeconds,
        ExpiresAt = chosen.ExpireAt,
        Title = chosen.Title,
        Description = chosen.Description,
        Broadcast = chosen.Broadcast ? true : null,
    };

    static string? ToWord(JobPriority priority) => priority switch
    {
        JobPriority.Normal => null,
        JobPriority.Low => Priorities.Low,
        JobPriority.High => Priorities.High,
        JobPriority.Critical => Priorities.Critical,
        _ => throw new ArgumentOutOfRangeException(nameof(priority), priority, "expected a member of JobPriority"),
    };

    static int? NotNegative(int value) => value < 0 ? null : value;

    static double? NotNegative(double value) => value < 0 ? null : value;

    static RawJson? ToMetadata(IReadOnlyDictionary<string, JsonNode?> members) => members.Count == 0
        ? null
        : new(new JsonObject(members.Select(x => KeyValuePair.Create(x.Key, x.Value?.DeepClone()))).ToJsonString());

    sealed record KnownType(JobAttribute Attribute, JsonTypeInfo Json);
}
