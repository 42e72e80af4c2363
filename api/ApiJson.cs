using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace JobSystem.Api;

/// <summary>How responses are written and read: snake_case, times in UTC, members that are unknown to a reader are passed over.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, GenerationMode = JsonSourceGenerationMode.Metadata, Converters = [typeof(TimeConverter)])]
[JsonSerializable(typeof(Page<Job>))]
[JsonSerializable(typeof(CreatedJobs))]
[JsonSerializable(typeof(JobStepPage))]
[JsonSerializable(typeof(LogPage))]
[JsonSerializable(typeof(Explanation))]
[JsonSerializable(typeof(JobStats))]
[JsonSerializable(typeof(BulkAnswer))]
[JsonSerializable(typeof(CleanUpAnswer))]
[JsonSerializable(typeof(Listing<Queue>))]
[JsonSerializable(typeof(ClearAnswer))]
[JsonSerializable(typeof(Listing<RegisteredTask>))]
[JsonSerializable(typeof(Listing<WorkerProcess>))]
[JsonSerializable(typeof(BroadcastAnswer))]
[JsonSerializable(typeof(WorkerSession))]
[JsonSerializable(typeof(ClaimedAttempts))]
[JsonSerializable(typeof(ReportsAnswer))]
[JsonSerializable(typeof(EnqueuedJob))]
[JsonSerializable(typeof(SessionNews))]
[JsonSerializable(typeof(Listing<ApiKeyDetails>))]
[JsonSerializable(typeof(IssuedApiKey))]
[JsonSerializable(typeof(CallerIdentity))]
[JsonSerializable(typeof(Page<AuditRecord>))]
[JsonSerializable(typeof(AuditVerdict))]
[JsonSerializable(typeof(HistorySeries))]
[JsonSerializable(typeof(Listing<TaskTotals>))]
[JsonSerializable(typeof(Listing<FailureGroup>))]
[JsonSerializable(typeof(Page<Schedule>))]
[JsonSerializable(typeof(PlannedRuns))]
[JsonSerializable(typeof(PreviewedRuns))]
[JsonSerializable(typeof(ScheduleRun))]
[JsonSerializable(typeof(SystemInfo))]
[JsonSerializable(typeof(SystemHealth))]
[JsonSerializable(typeof(QueueHealth))]
[JsonSerializable(typeof(AlertList))]
[JsonSerializable(typeof(MetricsDocument))]
[JsonSerializable(typeof(Problem))]
public sealed partial class ApiJson : JsonSerializerContext
{
    // Created on first use: the generated part has static members of its own, which may be initialised later
    static readonly Lazy<JsonSerializerOptions> reader = new(CreateReader);

    /// <summary>Options for readers: a required member that is missing gets its default, because a server of an older version does not send it.</summary>
    public static JsonSerializerOptions Reader => reader.Value;

    /// <summary>Reads a response.</summary>
    /// <exception cref="JsonException">It is not JSON, or not of this type.</exception>
    public static async Task<T> Read<T>(Stream body, CancellationToken cancellationToken) where T : class =>
        await JsonSerializer.DeserializeAsync(body, (JsonTypeInfo<T>)Reader.GetTypeInfo(typeof(T)), cancellationToken)
        ?? throw new JsonException($"Expected a {typeof(T).Name}; got null.");

    static JsonSerializerOptions CreateReader() => new(Default!.Options) { TypeInfoResolver = Default.WithAddedModifier(AllowMissing) };

    static void AllowMissing(JsonTypeInfo type)
    {
        foreach (var member in type.Properties)
        {
            member.IsRequired = false;
        }
    }
}

/// <summary>How the bodies of requests are written: as <see cref="ApiJson"/>, without members that are null.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, GenerationMode = JsonSourceGenerationMode.Metadata, Converters = [typeof(TimeConverter)],
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(CreateJobRequest))]
[JsonSerializable(typeof(RunJobSyncRequest))]
[JsonSerializable(typeof(CloneJobRequest))]
[JsonSerializable(typeof(CreateJobsRequest))]
[JsonSerializable(typeof(CancelJobRequest))]
[JsonSerializable(typeof(RetryJobRequest))]
[JsonSerializable(typeof(ForceCompleteRequest))]
[JsonSerializable(typeof(CleanUpRequest))]
[JsonSerializable(typeof(BulkJobsRequest))]
[JsonSerializable(typeof(BulkCancelRequest))]
[JsonSerializable(typeof(BulkRetryRequest))]
[JsonSerializable(typeof(ChangeQueueRequest))]
[JsonSerializable(typeof(WorkerRequest))]
[JsonSerializable(typeof(BroadcastRequest))]
[JsonSerializable(typeof(CreateWorkerSessionRequest))]
[JsonSerializable(typeof(ClaimAttemptsRequest))]
[JsonSerializable(typeof(ReportAttemptsRequest))]
[JsonSerializable(typeof(EnqueueFromAttemptRequest))]
[JsonSerializable(typeof(SessionHeartbeatRequest))]
[JsonSerializable(typeof(CreateApiKeyRequest))]
[JsonSerializable(typeof(CreateScheduleRequest))]
[JsonSerializable(typeof(UpdateScheduleRequest))]
public sealed partial class ApiRequestJson : JsonSerializerContext;
