using JobSystem.Contracts;
using JobSystem.JobApi.Storage;
using JobSystem.ServiceDefaults.Caching;
using JobSystem.ServiceDefaults.Errors;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace JobSystem.JobApi.Jobs;

/// <summary>
/// How many jobs of one owner may wait. They are counted now and then, and what was let in since is added: jobs that have started meanwhile
/// are noticed at the next count, and what other instances let in as well. Counting takes at most a tenth of the time.
/// </summary>
public sealed class JobQuota(JobQueries queries, IOptions<JobLimits> limits, TimeProvider time)
{
    public const string Code = "quota_exceeded";
    const int MaxOwners = 10_000;
    readonly int most = limits.Value.QueuedJobs;
    readonly BoundedCache<string, Account> accounts = new(MaxOwners);

    /// <summary>Reserves quota for a number of jobs. Callers with <c>manage_jobs</c> are exempt.</summary>
    public async ValueTask<QuotaReservation> Take(CallerScope submitter, int jobs, CancellationToken cancellationToken)
    {
        if (most == 0 || submitter.ManagesAll)
        {
            return QuotaReservation.Unlimited;
        }
        var account = accounts.GetOrAdd(submitter.Owner, () => new(ct => Count(submitter.Owner, ct), time));
        return await account.Take(jobs, most, cancellationToken)
            ? new(null, () => account.Settle(jobs))
            : new($"{FieldErrors.Quote(submitter.Owner)} has {Math.Min(account.Waiting, most)} waiting jobs; with {jobs} more it would be more than the {most} that are allowed.", null);
    }

    public static ProblemHttpResult ToProblem(string reason, string failed) => Problems.Create(StatusCodes.Status429TooManyRequests, Code, $"{failed}: {reason}");

    /// <summary>No further than it matters.</summary>
    Task<int> Count(string owner, CancellationToken cancellationToken) => queries.Run((context, ct) =>
        context.Jobs.Where(x => x.Owner == owner && x.CompletedAt == null && (x.CurrentState == JobStatus.Pending || x.CurrentState == JobStatus.Retrying))
            .Take(most + 1).CountAsync(ct), cancellationToken);

    sealed class Account(Func<CancellationToken, Task<int>> count, TimeProvider time)
    {
        const int Share = 9;
        static readonly TimeSpan shortest = TimeSpan.FromSeconds(1);
        readonly Lock turn = new();
        Task? counting;
        int counted;
        int since;
        int settled;
        bool isKnown;
        long countedAt;
        TimeSpan took;

        public int Waiting
        {
            get
            {
                lock (turn)
                {
                    return counted + since;
                }
            }
        }

        public async ValueTask<bool> Take(int jobs, int most, CancellationToken cancellationToken)
        {
            if (Fresh() is { } first)
            {
                await first.WaitAsync(cancellationToken);
            }
            lock (turn)
            {
                if (counted + since + jobs > most)
                {
                    return false;
                }
                since += jobs;
                return true;
            }
        }

        /// <summary>Called when the inserts are finished, so that counts that start now include them.</summary>
        public void Settle(int jobs)
        {
            lock (turn)
            {
                settled += jobs;
            }
        }

        /// <summary>Waits for the first count, and for one that is long overdue. Otherwise refreshes in the background.</summary>
        Task? Fresh()
        {
            lock (turn)
            {
                var age = time.GetElapsedTime(countedAt);
                var pause = took * Share > shortest ? took * Share : shortest;
                if (isKnown && age < pause)
                {
                    return null;
                }
                counting ??= CountAgain();
                return isKnown && age < 2 * pause ? null : counting;
            }
        }

        async Task CountAgain()
        {
            await Task.Yield();
            int before;
            lock (turn)
            {
                before = settled;
            }
            var began = time.GetTimestamp();
            try
            {
                var found = await count(CancellationToken.None);
                lock (turn)
                {
                    // Jobs that were being inserted when the count started may be missing in it, so they are added until the next count
                    (counted, since, settled, isKnown, took, countedAt) = (found, since - before, settled - before, true, time.GetElapsedTime(began), time.GetTimestamp());
                }
            }
            finally
            {
                lock (turn)
                {
                    counting = null;
                }
            }
        }
    }
}

/// <param name="refusal">Why there are no places.</param>
public sealed class QuotaReservation(string? refusal, Action? settle) : IDisposable
{
    public static QuotaReservation Unlimited { get; } = new(null, null);

    /// <summary>Null if the jobs are accepted.</summary>
    public string? Refusal { get; } = refusal;

    /// <summary>Called when the insert has succeeded or failed.</summary>
    public void Dispose() => settle?.Invoke();
}
