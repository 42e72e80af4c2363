using JobSystem.Api;
using JobSystem.Contracts;
using JobSystem.JobApi.Rollups;
using Microsoft.AspNetCore.Http.HttpResults;

namespace JobSystem.JobApi.Http.History;

/// <summary>GET /history/totals</summary>
static class GetTotals
{
    public static async Task<Results<RecordAnswer<Listing<TaskTotals>>, ProblemHttpResult>> Handle(
        HttpRequest http, HistoryQueries history, CancellationToken cancellationToken)
    {
        var errors = new FieldErrors();
        var query = new QueryReader(http.Query, errors, ["limit", "offset"]);
        var (limit, offset) = (query.Limit(), query.Offset());
        if (errors.Any)
        {
            return errors.ToProblem("Failed to get the totals");
        }
        var totals = await history.Totals(cancellationToken);
        var busiest = totals.OrderByDescending(x => x.Submitted)
            .ThenBy(x => x.QueueName, StringComparer.Ordinal).ThenBy(x => x.TaskName, StringComparer.Ordinal).ThenByDescending(x => x.Priority);
        var listing = new Listing<TaskTotals> { Items = [.. busiest.Skip(offset).Take(limit).Select(ToRecord)], Total = totals.Count };
        return new RecordAnswer<Listing<TaskTotals>>(listing, ApiJson.Default.ListingTaskTotals);
    }

    static TaskTotals ToRecord(JobTotal total) => new()
    {
        QueueName = total.QueueName,
        TaskName = total.TaskName,
        Priority = Priority.FromLevel((byte)total.Priority),
        Submitted = total.Submitted,
        Started = total.Started,
        Completed = total.Completed,
        Failed = total.Failed,
        Timeout = total.TimedOut,
        Retried = total.Retried,
        Cancelled = total.Cancelled,
        Expired = total.Expired,
        Rescued = total.Rescued,
    };
}
