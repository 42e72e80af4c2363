using JobSystem.Contracts;
using JobSystem.JobApi.Jobs;
using JobSystem.JobApi.Model;
using JobSystem.JobApi.Storage;

namespace JobSystem.JobApi.Http.Jobs.Bulk;

/// <summary>Operations of bulk calls; each uses the implementation of the call for a single job.</summary>
/// <param name="Done">The word for the number of jobs that it was done to.</param>
/// <param name="States">Those in which it can be done.</param>
/// <param name="Refuse">Why it is not done in another state.</param>
/// <param name="Do">Outcomes in the order of the jobs.</param>
sealed record BulkVerb(
    string Done, IReadOnlyList<string> States, Func<JobState, Refusal> Refuse, Func<IReadOnlyList<Guid>, CancellationToken, Task<IReadOnlyList<CommandOutcome>>> Do)
{
    public const string Cancelled = "cancelled";
    public const string Retried = "retried";
    public const string Deleted = "deleted";
    static readonly IReadOnlyList<string> open = [.. JobStatus.All.Where(x => !JobStatus.IsFinal(x))];
    static readonly IReadOnlyList<string> retryable = [.. JobStatus.Final.Where(x => x != JobStatus.Completed)];

    public static BulkVerb Cancel(JobCommands commands, string? reason, string by) =>
        new(Cancelled, open, Refusal.Final, Each((id, ct) => commands.Cancel(id, reason, by, ct)));

    public static BulkVerb Retry(JobCommands commands, TimeSpan delay, string by) =>
        new(Retried, retryable, job => job.CurrentState == JobStatus.Completed ? Refusal.Completed(job) : Refusal.NotFinal(job, "retried"), Each((id, ct) => commands.Retry(id, delay, by, ct)));

    public static BulkVerb Delete(IJobStore store) => new(Deleted, JobStatus.Final, job => Refusal.NotFinal(job, "deleted"), async (ids, ct) =>
    {
        var before = await store.Load(ids, ct);
        var gone = (await store.Delete(ids, ct)).ToHashSet();
        return [.. ids.Select(id => before.GetValueOrDefault(id) is { } job ? new CommandOutcome(job, gone.Contains(id) ? null : Refusal.NotFinal(job, "deleted")) : new CommandOutcome(null))];
    });

    /// <summary>Concurrently, so that they share a group commit.</summary>
    static Func<IReadOnlyList<Guid>, CancellationToken, Task<IReadOnlyList<CommandOutcome>>> Each(Func<Guid, CancellationToken, Task<CommandOutcome>> command) =>
        async (ids, ct) => await Task.WhenAll(ids.Select(id => command(id, ct)));
}
