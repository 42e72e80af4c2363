using System.Text.Json;
using JobSystem.Api;
using JobSystem.Contracts;
using JobSystem.JobApi.Model;
using JobSystem.JobApi.Time;
using Microsoft.AspNetCore.Http.HttpResults;

namespace JobSystem.JobApi.Http.History;

/// <summary>GET /failures</summary>
static class ListFailures
{
    public static async Task<Results<RecordAnswer<Listing<FailureGroup>>, ProblemHttpResult>> Handle(
        HttpRequest http, HistoryQueries history, DatabaseClock clock, CancellationToken cancellationToken)
    {
        var errors = new FieldErrors();
        var query = new QueryReader(http.Query, errors, ["queue_name", "task_name", "limit"]);
        var queues = query.Texts("queue_name", Names.ExpectedQueue, Names.IsQueue);
        var tasks = query.Texts("task_name", Names.ExpectedTask, Names.IsTask);
        var limit = query.Limit(otherwise: 50);
        if (errors.Any)
        {
            return errors.ToProblem("Failed to list failures");
        }
        var (groups, total) = await history.Failures(queues, tasks, limit, clock.UtcNow, cancellationToken);
        var listing = new Listing<FailureGroup> { Items = [.. groups.Select(ToRecord)], Total = total };
        return new RecordAnswer<Listing<FailureGroup>>(listing, ApiJson.Default.ListingFailureGroup);
    }

    static FailureGroup ToRecord(FailureSummary group)
    {
        var error = group.Latest.Error is { } stored ? JsonSerializer.Deserialize<AttemptError>(stored) : null;
        return new()
        {
            Fingerprint = group.Fingerprint,
            TaskName = group.Latest.TaskName,
            ErrorType = error?.Type ?? group.Latest.CurrentState,
            Message = error?.Message,
            Frames = [.. FailureFingerprint.Frames(error?.Stack)],
            Count = group.Count,
            FirstSeen = group.FirstSeen,
            LastSeen = group.LastSeen,
            LastJobId = group.Latest.JobId,
            Trend = group.Trend,
        };
    }
}
