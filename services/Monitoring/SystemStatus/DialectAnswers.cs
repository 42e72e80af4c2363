using System.Text.Json.Serialization;
using JobSystem.Api;

namespace JobSystem.Monitoring.SystemStatus;

/// <summary>Response of the operations surface: what there is, and whether it is healthy.</summary>
sealed record OperationsInfo(long? WorkerCount, long? QueueCount, long? ScheduleCount, long? TotalJobs, string? HealthStatus);

/// <summary>Response of the publish surface: the health of a channel, which is a queue.</summary>
sealed record ChannelHealthData(bool Status, QueueHealth Data);

/// <summary>Response of the publish surface: the health of the system and its channels.</summary>
sealed record ChannelOverviewData(bool Status, ChannelOverview Data);

/// <param name="Channels">The busiest ones.</param>
sealed record ChannelOverview(string Status, string Message, IReadOnlyList<QueueHealth> Channels, QueueHealthRunners Runners);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(OperationsInfo))]
[JsonSerializable(typeof(ChannelHealthData))]
[JsonSerializable(typeof(ChannelOverviewData))]
sealed partial class DialectJson : JsonSerializerContext;
