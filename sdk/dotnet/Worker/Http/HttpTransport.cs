using System.Collections.Concurrent;
using JobSystem.Api;
using JobSystem.Client.Http;
using JobSystem.Contracts;
using JobSystem.Worker.Binding;
using JobSystem.Worker.Control;
using JobSystem.Worker.Reporting;
using JobSystem.Worker.Transport;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace JobSystem.Worker.Http;

/// <summary>
/// The worker's session over HTTP (docs/worker-protocol.md). A claim waits on the server until there is an attempt, and a heartbeat until there is something to
/// know.
/// </summary>
sealed partial class HttpTransport(
    IServiceProvider services, WorkerClient client, WorkerIdentity identity, TaskCatalog catalog, IOptions<JobWorkerOptions> options, TimeProvider time,
    ILogger<HttpTransport> logger) : IWorkerTransport, IDisposable
{
    const int MostOfOneClaim = 1000;

    /// <summary>The lease of an attempt counts from when its claim was sent, because the answer may be delayed: most of it has to be left.</summary>
    static readonly TimeSpan longestClaim = TimeSpan.FromSeconds(2);
    static readonly TimeSpan retryAfter = TimeSpan.FromSeconds(0.5);
    static readonly TimeSpan longestPause = TimeSpan.FromSeconds(10);

    // Lazy, because the inbox leads to everything that sends
    readonly Lazy<WorkerInbox> inbox = new(services.GetRequiredService<WorkerInbox>);

    readonly ConcurrentDictionary<AttemptKey, string> secrets = new();
    readonly ConcurrentQueue<SessionCommandOutcome> outcomes = new();
    readonly Lock sync = new();
    CancellationTokenSource claiming = new();
    CancellationTokenSource? holding;
    Session session = new(identity.Id);
    TimeSpan lease = TimeSpan.FromSeconds(10);
    readonly TaskCompletionSource connected = new(TaskCreationOptions.RunContinuationsAsynchronously);
    public string Address => client.Address;

    /// <summary>Ends when there was a session for the first time: JobSystem knows the tasks.</summary>
    public Task Connected => connected.Task;
    public string? UnavailableReason { get; private set; }

    /// <summary>True if JobSystem has answered that it does not accept what it was sent: trying again does not help.</summary>
    public bool IsRefused { get; private set; }
    public bool EndsRequests => true;
    public bool HoldsHeartbeats => true;
    public bool MayChangeQueues => false;

    public async Task Run(CancellationToken cancellationToken)
    {
        var pause = retryAfter;
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                await Connect(cancellationToken);
                pause = retryAfter;
                await session.Lost.Task.WaitAsync(cancellationToken);
                LogSessionLost(session.Id);
                inbox.Value.RevokeAll();
                secrets.Clear();
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                // The worker stops
            }
            catch (Exception exception)
            {
                SetUnavailable(exception);
                await Task.Delay(pause, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                pause = pause * 2 < longestPause ? pause * 2 : longestPause;
            }
        }
    }

    /// <summary>Claims in the background: its answer may take a while.</summary>
    public Task Send(RequestAttempts request)
    {
        _ = Claim(request);
        return Task.CompletedTask;
    }

    public void EndRequests()
    {
        CancellationTokenSource ended;
        lock (sync)
        {
            (ended, claiming) = (claiming, new());
        }
        ended.Cancel();
    }

    public async Task Send(ReportAttempts reports, bool containsEnd)
    {
        var steps = new List<ReportedStep>(reports.Items.Count);
        foreach (var report in reports.Items)
        {
            // Without a secret it is an attempt of a session that was lost
            if (secrets.TryGetValue(new(report.JobId, report.Attempt), out var secret))
            {
                steps.Add(HttpMessages.ToStep(report, secret));
            }
        }
        await Report(steps);
        foreach (var ended in reports.Items.Where(x => x.Step is not (AttemptStep.Started or AttemptStep.Progress)))
        {
            secrets.TryRemove(new(ended.JobId, ended.Attempt), out _);
        }
    }

    public async Task<string> Send(EnqueueJob job, CancellationToken cancellationToken)
    {
        if (!secrets.TryGetValue(new(job.JobId, job.Attempt), out var secret))
        {
            throw StaleAttempt(job, null);
        }
        try
        {
            return (await Call(id => client.Sessions.Enqueue(id, HttpMessages.ToRequest(job, secret), cancellationToken))).JobId;
        }
        catch (JobSystemException exception) when (exception.Code == "session_not_found")
        {
            throw StaleAttempt(job, exception);
        }
        catch (JobSystemException exception) when (exception is not JobSystemUnavailableException)
        {
            throw exception.Status is >= 400 and < 500 and not 429 ? ApiErrors.RefusedJob(exception)
                : new JobSystemUnavailableException(exception.Message, exception.Code, exception) { Status = exception.Status, TraceId = exception.TraceId };
        }
    }

    public async Task Send(WorkerHeartbeat heartbeat, TimeSpan hold)
    {
        if (heartbeat.Status == "stopped")
        {
            await client.Sessions.End(session.Id, CancellationToken.None);
            return;
        }
        var told = new List<SessionCommandOutcome>();
        while (outcomes.TryDequeue(out var outcome))
        {
            told.Add(outcome);
        }
        using var held = new CancellationTokenSource();
        lock (sync)
        {
            holding = held;
        }
        try
        {
            var news = await Call(id => client.Sessions.Heartbeat(id, HttpMessages.ToRequest(heartbeat, hold, told), held.Token));
            Take(news);
        }
        catch (OperationCanceledException) when (held.IsCancellationRequested)
        {
            // The leases were renewed when it arrived
        }
        catch
        {
            told.ForEach(outcomes.Enqueue);
            throw;
        }
        finally
        {
            lock (sync)
            {
                holding = null;
            }
        }
    }

    public void Dispose() => claiming.Dispose();

    public void EndHold()
    {
        lock (sync)
        {
            holding?.Cancel();
        }
    }

    /// <summary>The session has them.</summary>
    public Task Send(AnnounceTasks announcement) => Task.CompletedTask;

    async Task Connect(CancellationToken cancellationToken)
    {
        var created = await client.Sessions.Create(HttpMessages.ToRequest(identity, options.Value, catalog.Announcements), cancellationToken);
        (identity.Id, lease, session) = (created.Id, TimeSpan.FromSeconds(created.Lease), new(created.Id));
        (UnavailableReason, IsRefused) = (null, false);
        connected.TrySetResult();
        inbox.Value.Connected();
    }

    async Task Claim(RequestAttempts request)
    {
        CancellationToken ended;
        lock (sync)
        {
            ended = claiming.Token;
        }
        try
        {
            var wait = lease / 4 < longestClaim ? lease / 4 : longestClaim;
            var claim = new ClaimAttemptsRequest { Count = Math.Min(request.Count, MostOfOneClaim), Wait = wait.TotalSeconds };
            var answer = await Call(id => client.Sessions.Claim(id, claim, ended));
            (UnavailableReason, IsRefused) = (null, false);
            if (answer.Attempts.Count > 0)
            {
                inbox.Value.Take(new AttemptsGranted { RequestId = request.RequestId, Granted = [.. answer.Attempts.Select(Take)] });
            }
        }
        catch (OperationCanceledException) when (ended.IsCancellationRequested)
        {
            // Another request takes its place, or the worker stops
        }
        catch (Exception exception)
        {
            SetUnavailable(exception);
            await Task.Delay(retryAfter, time);
        }
        finally
        {
            inbox.Value.EndRequest(request.RequestId);
        }
    }

    GrantedAttempt Take(ClaimedAttempt attempt)
    {
        secrets[new(attempt.JobId, attempt.Attempt)] = attempt.Secret;
        return HttpMessages.ToGrant(attempt, lease);
    }

    void Take(SessionNews news)
    {
        inbox.Value.Cancel(news.Cancel.Select(HttpMessages.ToControl));
        inbox.Value.Revoke(news.Lost.Select(HttpMessages.ToControl));
        foreach (var attempt in news.Lost)
        {
            secrets.TryRemove(new(attempt.JobId, attempt.Attempt), out _);
        }
        foreach (var command in news.Commands)
        {
            var answer = inbox.Value.Execute(new()
            {
                Command = command.Command,
                Graceful = command.Graceful,
                Data = command.Data is { IsNull: false } data ? data.Parse() : null,
            });
            outcomes.Enqueue(new() { Id = command.Id, Accepted = answer.Accepted, Message = answer.Message });
        }
    }

    /// <summary>A report that the server cannot read would hold up all others: its attempt fails instead.</summary>
    async Task Report(List<ReportedStep> steps)
    {
        if (steps.Count == 0)
        {
            return;
        }
        try
        {
            await Send(steps);
        }
        catch (JobSystemException exception) when (exception.Status is 400 or 413)
        {
            if (steps.Count > 1)
            {
                foreach (var step in steps)
                {
                    await Report([step]);
                }
                return;
            }
            LogUnreadable(exception, steps[0].Step, steps[0].JobId, steps[0].Attempt);
            if (HttpMessages.Failed(steps[0], exception.Message) is { } failed)
            {
                await Send([failed]);
            }
        }
    }

    Task<ReportsAnswer> Send(IReadOnlyList<ReportedStep> steps) => Call(id => client.Sessions.Report(id, new() { Reports = steps }, CancellationToken.None));

    /// <summary>Calls with the id of the session, which may have been removed while the worker was not heard of for long.</summary>
    async Task<T> Call<T>(Func<string, Task<T>> call)
    {
        // The answer may arrive when there is another session already
        var used = session;
        try
        {
            return await call(used.Id);
        }
        catch (JobSystemException exception) when (exception.Code == "session_not_found")
        {
            used.Lost.TrySetResult();
            throw;
        }
    }

    static JobRefusedException StaleAttempt(EnqueueJob job, Exception? inner) => new(
        $"Failed to enqueue job: attempt {job.Attempt} of job {job.JobId} does not run on this worker any more.", "stale_attempt", inner);

    void SetUnavailable(Exception exception)
    {
        if (UnavailableReason is null)
        {
            LogUnavailable(exception.Message);
        }
        UnavailableReason = exception.Message;
        IsRefused = exception is JobSystemException { Status: >= 400 and < 500 };
    }

    sealed record Session(string Id)
    {
        public TaskCompletionSource Lost { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    [LoggerMessage(5031, LogLevel.Warning, "Cannot get jobs, retrying: {Reason}")]
    partial void LogUnavailable(string reason);

    [LoggerMessage(5032, LogLevel.Warning, "JobSystem does not know session {SessionId} any more; the worker connects again, and its attempts run elsewhere")]
    partial void LogSessionLost(string sessionId);

    [LoggerMessage(5033, LogLevel.Error, "Report '{Step}' of job {JobId} attempt {Attempt} cannot be read by JobSystem; the attempt fails")]
    partial void LogUnreadable(Exception exception, string step, Guid jobId, int attempt);
}
