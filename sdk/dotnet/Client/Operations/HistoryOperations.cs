using JobSystem.Api;
using JobSystem.Client.Http;

namespace JobSystem.Client.Operations;

/// <summary>
/// What happened, and what fails. Each method is one operation; all throw <see cref="JobSystemException"/> if it is refused or nothing
/// answers.
/// </summary>
public sealed class HistoryOperations
{
    readonly ApiConnection api;

    internal HistoryOperations(ApiConnection api) => this.api = api;

    /// <summary>Returns counts and durations, step by step.</summary>
    /// <param name="selection">Of when and of what. Default: the last hour of everything.</param>
    public Task<HistorySeries> Get(HistorySelection? selection = null, CancellationToken cancellationToken = default)
    {
        var query = new ApiQuery
        {
            { "from", selection?.From }, { "to", selection?.To }, { "step", selection?.Step }, { "queue_name", selection?.QueueName },
            { "task_name", selection?.TaskName }, { "group_by", selection?.GroupBy }, { "buckets", selection?.Buckets },
        };
        return api.Read<HistorySeries>(ApiCall.Get("history") with { Query = query }, cancellationToken);
    }

    /// <summary>Returns counts that only grow, for each queue, task and priority.</summary>
    public Task<Listing<TaskTotals>> Totals(int? limit = null, int? offset = null, CancellationToken cancellationToken = default) =>
        api.Read<Listing<TaskTotals>>(ApiCall.Get("history", "totals") with { Query = Queries.Page(limit, offset) }, cancellationToken);

    /// <summary>Returns the failed jobs in groups of the same error.</summary>
    /// <param name="queueNames">Only jobs of these queues. Default: all.</param>
    /// <param name="taskNames">Only jobs of these tasks. Default: all.</param>
    public Task<Listing<FailureGroup>> Failures(
        IReadOnlyList<string>? queueNames = null, IReadOnlyList<string>? taskNames = null, int? limit = null,
        CancellationToken cancellationToken = default)
    {
        var query = new ApiQuery { { "queue_name", queueNames }, { "task_name", taskNames }, { "limit", limit } };
        return api.Read<Listing<FailureGroup>>(ApiCall.Get("failures") with { Query = query }, cancellationToken);
    }
}

/// <summary>Of when and of what the history is asked for. A member that is null is not sent.</summary>
public sealed record HistorySelection
{
    /// <summary>Beginning.</summary>
    public DateTimeOffset? From { get; init; }

    /// <summary>End.</summary>
    public DateTimeOffset? To { get; init; }

    /// <summary><c>minute</c>, <c>hour</c> or <c>day</c>.</summary>
    public string? Step { get; init; }

    /// <summary>Only these queues.</summary>
    public IReadOnlyList<string>? QueueName { get; init; }

    /// <summary>Only these tasks.</summary>
    public IReadOnlyList<string>? TaskName { get; init; }

    /// <summary><c>queue</c> or <c>task</c>.</summary>
    public string? GroupBy { get; init; }

    /// <summary>True for histograms of the durations.</summary>
    public bool? Buckets { get; init; }
}
