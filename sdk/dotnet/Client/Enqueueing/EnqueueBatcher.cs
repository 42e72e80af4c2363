using System.Diagnostics;

namespace JobSystem.Client.Enqueueing;

/// <summary>
/// Combines the jobs of callers that enqueue at the same time: while one request is under way, what arrives is collected for the next. Each
/// caller gets the answer for its own job.
/// </summary>
sealed class EnqueueBatcher(Func<IReadOnlyList<PreparedJob>, CancellationToken, Task<IReadOnlyList<string>>> send) : IDisposable
{
    static readonly ActivitySource activities = new("JobSystem.Client");

    readonly Lock turn = new();
    readonly LinkedList<WaitingJob> waiting = new();
    readonly CancellationTokenSource closed = new();
    bool isSending;
    bool isClosed;

    /// <summary>Returns the job's id.</summary>
    /// <exception cref="JobRefusedException">This job was refused; others of its batch are not concerned.</exception>
    public async Task<string> Add(PreparedJob job, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var entry = new WaitingJob(job, Activity.Current);
        bool begins;
        lock (turn)
        {
            ObjectDisposedException.ThrowIf(isClosed, typeof(JobSystemClient));
            waiting.AddLast(entry);
            begins = !isSending;
            isSending = true;
        }
        if (begins)
        {
            // On another thread, so that callers which are just arriving join the first batch; and without the caller's context
            ThreadPool.UnsafeQueueUserWorkItem(static x => _ = x.SendAll(), this, preferLocal: false);
        }
        await using (cancellationToken.UnsafeRegister(static (x, token) => ((WaitingJob)x!).Leave(token), entry))
        {
            return await entry.Answer;
        }
    }

    public void Dispose()
    {
        List<WaitingJob> left;
        lock (turn)
        {
            isClosed = true;
            left = [.. waiting];
            waiting.Clear();
        }
        left.ForEach(x => x.Refuse(Disposed()));
        closed.Cancel();
    }

    static ObjectDisposedException Disposed() => new(nameof(JobSystemClient));

    async Task SendAll()
    {
        while (NextBatch() is { } batch)
        {
            await Send(batch);
        }
    }

    /// <summary>Returns null if no job waits: the next one begins anew.</summary>
    List<WaitingJob>? NextBatch()
    {
        var batch = new List<WaitingJob>();
        var names = new HashSet<string>();
        var bytes = 0;
        lock (turn)
        {
            for (var node = waiting.First; node is not null && batch.Count < JobBatches.MaxJobs;)
            {
                var (entry, next) = (node.Value, node.Next);
                if (batch.Count > 0 && bytes + entry.Job.Json.Length > JobBatches.MaxBytes)
                {
                    break;
                }
                if (entry.Answer.IsCompleted)
                {
                    waiting.Remove(node);
                }
                else if (!Names(entry.Job).Any(names.Contains))
                {
                    // The API refuses a batch with the same key twice: the second one waits for the next batch, which returns the first job
                    names.UnionWith(Names(entry.Job));
                    waiting.Remove(node);
                    batch.Add(entry);
                    bytes += entry.Job.Json.Length;
                }
                node = next;
            }
            isSending = batch.Count > 0;
        }
        return batch.Count > 0 ? batch : null;
    }

    static IEnumerable<string> Names(PreparedJob job) =>
        job.JobId is { } id ? [$"key {job.IdempotencyKey}", $"id {id}"] : [$"key {job.IdempotencyKey}"];

    /// <summary>Never throws: each job of the batch gets its answer.</summary>
    async Task Send(List<WaitingJob> batch)
    {
        var left = batch.FindAll(x => !x.Answer.IsCompleted);
        if (left.Count == 0)
        {
            return;
        }
        using var abandoned = CancellationTokenSource.CreateLinkedTokenSource(closed.Token);
        WaitingJob.Join(left, abandoned);
        using var activity = BeginActivity(left);
        try
        {
            var ids = await send(left.ConvertAll(x => x.Job), abandoned.Token);
            for (var i = 0; i < left.Count; i++)
            {
                left[i].Accept(ids[i]);
            }
        }
        catch (JobRefusedException refusal)
        {
            await Sort(left, refusal);
        }
        catch (OperationCanceledException) when (closed.IsCancellationRequested)
        {
            left.ForEach(x => x.Refuse(Disposed()));
        }
        catch (Exception exception)
        {
            left.ForEach(x => x.Refuse(exception));
        }
    }

    /// <summary>Nothing of a refused batch was enqueued. Jobs that are at fault get their errors, and the others are sent again.</summary>
    async Task Sort(List<WaitingJob> batch, JobRefusedException refusal)
    {
        var faults = BatchErrors.ByJob(refusal, batch.Count);
        if (faults.Count > 0)
        {
            foreach (var (index, errors) in faults)
            {
                batch[index].Refuse(BatchErrors.ForJob(refusal, errors, batch.Count == 1));
            }
            await Send(batch.Where((_, i) => !faults.ContainsKey(i)).ToList());
        }
        else if (batch.Count > 1 && refusal.Code == "payload_too_large")
        {
            await Send(batch[..(batch.Count / 2)]);
            await Send(batch[(batch.Count / 2)..]);
        }
        else
        {
            batch.ForEach(x => x.Refuse(refusal));
        }
    }

    /// <summary>
    /// The trace of the callers, if it is one and the same. Otherwise the batch has a trace of its own that links to theirs, because the API takes the trace of
    /// a job from its request.
    /// </summary>
    static Activity? BeginActivity(List<WaitingJob> batch)
    {
        var callers = batch.Select(x => x.Caller).Distinct().ToList();
        Activity.Current = callers.Count == 1 ? callers[0] : null;
        return callers.Count == 1
            ? null
            : activities.StartActivity(
                "enqueue jobs", ActivityKind.Producer, default(ActivityContext),
                [new("messaging.batch.message_count", batch.Count)], callers.OfType<Activity>().Select(x => new ActivityLink(x.Context)));
    }

    sealed class WaitingJob(PreparedJob job, Activity? caller)
    {
        readonly TaskCompletionSource<string> answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
        Company? company;
        bool hasLeft;

        public PreparedJob Job => job;
        public Activity? Caller => caller;
        public Task<string> Answer => answer.Task;

        /// <summary>A request that all of its callers have left is abandoned.</summary>
        public static void Join(List<WaitingJob> batch, CancellationTokenSource abandoned)
        {
            var company = new Company(batch.Count, abandoned);
            foreach (var entry in batch)
            {
                Volatile.Write(ref entry.company, company);
                if (entry.Answer.IsCompleted)
                {
                    entry.LeaveCompany();
                }
            }
        }

        public void Accept(string id) => answer.TrySetResult(id);

        public void Refuse(Exception exception) => answer.TrySetException(exception);

        public void Leave(CancellationToken token)
        {
            if (answer.TrySetCanceled(token))
            {
                LeaveCompany();
            }
        }

        /// <summary>Counts once, whoever notices it first.</summary>
        void LeaveCompany()
        {
            if (Volatile.Read(ref company) is { } joined && !Interlocked.Exchange(ref hasLeft, true))
            {
                joined.Leave();
            }
        }

        sealed class Company(int callers, CancellationTokenSource abandoned)
        {
            int callers = callers;

            public void Leave()
            {
                if (Interlocked.Decrement(ref callers) == 0)
                {
                    try
                    {
                        abandoned.Cancel();
                    }
                    catch (ObjectDisposedException)
                    {
                        // The request has ended meanwhile
                    }
                }
            }
        }
    }
}
