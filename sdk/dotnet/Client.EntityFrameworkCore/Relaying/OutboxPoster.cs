using System.Diagnostics;
using System.Text;
using JobSystem.Client.Enqueueing;

namespace JobSystem.Client.EntityFrameworkCore.Relaying;

/// <summary>
/// Posts rows in batches. What is wrong with a row is told apart from what is wrong with JobSystem: the first concerns the row, and the others go on; the
/// second ends the round.
/// </summary>
sealed class OutboxPoster(JobSystemClient client)
{
    /// <summary>How many jobs in a row may make JobSystem fail before it counts as ill.</summary>
    const int MostFailingInARow = 10;

    static readonly ActivitySource activities = new("JobSystem.Client");

    /// <summary>Posts rows in their order, up to the first that cannot be posted now.</summary>
    public async Task<PostedJobs> Post(IReadOnlyList<OutboxJob> jobs, CancellationToken cancellationToken)
    {
        var round = new Round(client, cancellationToken);
        foreach (var batch in InBatches(jobs))
        {
            await round.Post(batch);
        }
        return round.End();
    }

    static IEnumerable<List<OutboxJob>> InBatches(IReadOnlyList<OutboxJob> jobs)
    {
        var batch = new List<OutboxJob>();
        var bytes = 0L;
        foreach (var job in jobs)
        {
            if (batch.Count == JobBatches.MaxJobs || (batch.Count > 0 && bytes + job.Size > JobBatches.MaxBytes))
            {
                yield return batch;
                (batch, bytes) = ([], 0);
            }
            batch.Add(job);
            bytes += job.Size;
        }
        if (batch.Count > 0)
        {
            yield return batch;
        }
    }

    sealed class Round(JobSystemClient client, CancellationToken cancellationToken)
    {
        readonly List<RefusedJob> refused = [];
        readonly List<(OutboxJob Job, JobSystemException Failure)> failing = [];
        int failingInARow;
        bool anyAccepted;
        Exception? failure;
        long? leftFrom;

        public async Task Post(List<OutboxJob> jobs)
        {
            if (jobs.Count == 0 || failure is not null)
            {
                return;
            }
            try
            {
                await Send(jobs);
            }
            catch (Exception exception) when (exception is JobSystemException or OperationCanceledException)
            {
                (failure, leftFrom) = (exception, jobs[0].Position);
            }
        }

        /// <summary>A job by itself that makes JobSystem fail is at fault only if JobSystem accepts others.</summary>
        public PostedJobs End()
        {
            if (failing.Count > 0 && (failure is not null || !anyAccepted))
            {
                (failure, leftFrom) = (failure ?? failing[0].Failure, Math.Min(leftFrom ?? long.MaxValue, failing[0].Job.Position));
                failing.Clear();
            }
            refused.AddRange(failing.Select(x => new RefusedJob(x.Job, OutboxStates.Refused, x.Failure.Message)));
            return new(refused, leftFrom, failure);
        }

        /// <exception cref="JobSystemException">JobSystem is away, or accepts nothing. Nothing of this was decided.</exception>
        async Task Send(List<OutboxJob> jobs)
        {
            try
            {
                using var activity = BeginActivity(jobs);
                await client.Batches.Send(jobs.ConvertAll(Prepare), patience: TimeSpan.Zero, cancellationToken);
                (anyAccepted, failingInARow) = (true, 0);
            }
            catch (JobRefusedException refusal) when (BatchErrors.ByJob(refusal, jobs.Count) is { Count: > 0 } faults)
            {
                foreach (var (index, errors) in faults.OrderBy(x => x.Key))
                {
                    await Refuse(jobs[index], BatchErrors.ForJob(refusal, errors, jobs.Count == 1));
                }
                await Post([.. jobs.Where((_, i) => !faults.ContainsKey(i))]);
            }
            catch (JobSystemException exception) when (jobs.Count > 1 && (MayBeAboutAJob(exception) || exception.Code == "quota_exceeded"))
            {
                await Post(jobs[..(jobs.Count / 2)]);
                await Post(jobs[(jobs.Count / 2)..]);
            }
            catch (JobRefusedException refusal) when (MayBeAboutAJob(refusal))
            {
                await Refuse(jobs[0], refusal);
            }
            catch (JobSystemException exception) when (MayBeAboutAJob(exception) && ++failingInARow <= MostFailingInARow)
            {
                failing.Add((jobs[0], exception));
            }
        }

        async Task Refuse(OutboxJob job, JobRefusedException refusal)
        {
            // Posted in time by a relay that died before it could write that down
            if (refusal.Errors.ContainsKey("expires_at") && await IsThere(job.JobId))
            {
                return;
            }
            var isUnknown = refusal.Errors.Keys.All(x => x is "task_name" or "version") && refusal.Errors.Count > 0;
            refused.Add(new(job, isUnknown ? OutboxStates.UnknownTask : OutboxStates.Refused, refusal.Message));
        }

        async Task<bool> IsThere(string jobId)
        {
            try
            {
                await client.Jobs.Get(jobId, cancellationToken);
                return true;
            }
            catch (JobSystemException exception) when (exception.Code == "job_not_found")
            {
                return false;
            }
        }

        /// <summary>Other refusals concern the caller or the moment, and no other request would do better.</summary>
        static bool MayBeAboutAJob(JobSystemException exception) => exception is not JobSystemUnavailableException && exception switch
        {
            { Status: 413 } => true,
            { Code: "unexpected_answer" } => false,
            { Status: 400 or 409 or 422 or 500 } => true,
            _ => false,
        };

        static PreparedJob Prepare(OutboxJob job) => new(Encoding.UTF8.GetBytes(job.Request), job.JobId, job.JobId);

        /// <summary>The jobs' trace if it is the same for all; otherwise one of its own that links to theirs, because a request has one.</summary>
        static Activity? BeginActivity(List<OutboxJob> jobs)
        {
            Activity.Current = null;
            var traces = jobs.Select(x => x.TraceParent).Distinct().ToList();
            if (traces is [null])
            {
                return null;
            }
            KeyValuePair<string, object?>[] tags = [new("messaging.batch.message_count", jobs.Count)];
            if (traces is [{ } trace] && ActivityContext.TryParse(trace, null, isRemote: true, out var parent))
            {
                return activities.StartActivity("enqueue jobs", ActivityKind.Producer, parent, tags)
                    ?? new Activity("enqueue jobs").SetParentId(trace).Start();
            }
            var links = traces.Select(x => ActivityContext.TryParse(x, null, isRemote: true, out var context) ? context : default)
                .Where(x => x != default).Select(x => new ActivityLink(x));
            return activities.StartActivity("enqueue jobs", ActivityKind.Producer, default(ActivityContext), tags, links);
        }
    }
}
