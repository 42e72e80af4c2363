using System.Text.Json;
using JobSystem.Contracts;
using JobSystem.JobApi.Storage;
using JobSystem.ServiceDefaults.Audit;
using MassTransit;

namespace JobSystem.JobApi.Bus;

/// <summary>Stores audit entries of other services. While the database is unavailable, the message stays unacknowledged and is retried.</summary>
public sealed partial class RecordAuditConsumer(IAuditStore store, TimeProvider time, ILogger<RecordAuditConsumer> logger) : IConsumer<RecordAudit>
{
    static readonly TimeSpan pause = TimeSpan.FromSeconds(1);

    public async Task Consume(ConsumeContext<RecordAudit> context)
    {
        var entries = context.Message.Items.Select(Entry).ToList();
        while (!await TryAppend(entries, context.CancellationToken))
        {
            await Task.Delay(pause, time, context.CancellationToken);
        }
    }

    async Task<bool> TryAppend(List<AuditEntry> entries, CancellationToken cancellationToken)
    {
        try
        {
            await store.Append(entries, cancellationToken);
            return true;
        }
        catch (StoreUnavailableException away)
        {
            LogWaiting(entries.Count, away.GetBaseException().Message);
            return false;
        }
    }

    static AuditEntry Entry(RecordAuditItem item) => new()
    {
        Key = item.Key,
        At = item.At,
        Actor = item.Actor,
        Credential = item.Credential,
        Surface = item.Surface,
        Action = item.Action,
        ObjectType = item.ObjectType,
        ObjectId = item.ObjectId,
        Address = item.Address,
        Outcome = item.Outcome,
        Status = item.Status,
        Code = item.Code,
        Details = IsObject(item.Details) ? item.Details : null,
        TraceId = item.TraceId,
    };

    /// <summary>Makes texts storable, because entries are never removed and must be readable.</summary>
    static bool IsObject(string? details)
    {
        try
        {
            return details is not null && JsonElement.Parse(details).ValueKind == JsonValueKind.Object;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    [LoggerMessage(2311, LogLevel.Warning, "Database unavailable, retrying {Count} audit entries of another service: {Reason}")]
    partial void LogWaiting(int count, string reason);
}
