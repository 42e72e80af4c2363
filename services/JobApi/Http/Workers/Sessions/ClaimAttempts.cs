using System.Text.Json;
using JobSystem.Api;
using JobSystem.Contracts;
using JobSystem.JobApi.Background;
using JobSystem.JobApi.Dispatch;
using JobSystem.JobApi.Jobs;
using JobSystem.JobApi.Sessions;
using JobSystem.ServiceDefaults.Authentication;
using JobSystem.ServiceDefaults.Errors;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;
using WorkerSession = JobSystem.JobApi.Sessions.WorkerSession;

namespace JobSystem.JobApi.Http.Workers.Sessions;

/// <summary>POST /worker-sessions/{id}/claims: answers as soon as there is an attempt, or the time is over.</summary>
static class ClaimAttempts
{
    const string Failed = "Failed to claim attempts";
    const int MostAttempts = 1000;
    public const double LongestWait = 30;
    static readonly TimeSpan checkCredentialsAfter = TimeSpan.FromSeconds(1);
    static readonly string[] members = ["count", "wait"];

    public static async Task<Results<RecordAnswer<ClaimedAttempts>, ProblemHttpResult>> Handle(
        string sessionId, HttpContext http, WorkerSessions sessions, AttemptRequests requests, GrantSender grants, TimeProvider time,
        IHostApplicationLifetime lifetime, IOptions<JobLimits> limits, CancellationToken cancellationToken)
    {
        var (body, problem) = await JsonBody.Read(http.Request, limits.Value.BodyBytes, Failed, cancellationToken);
        if (body is null)
        {
            return problem!;
        }
        var errors = new FieldErrors();
        int count;
        TimeSpan wait;
        using (body)
        {
            (count, wait) = Read(body.Root, errors);
        }
        if (errors.Any)
        {
            return errors.ToProblem(Failed);
        }
        if (await sessions.Find(sessionId, Caller.NameOf(http), cancellationToken) is not { } session)
        {
            return SessionEndpoints.NotFound(sessionId);
        }
        var claim = new Claim();
        var request = new RequestAttempts
        {
            WorkerId = session.Id,
            RequestId = Guid.CreateVersion7(),
            Count = count,
            Queues = session.Queues.Count > 0 ? session.Queues : null,
            Tasks = [.. session.Tasks.Select(x => new RequestedTask { Name = x.Name, Version = x.Version })],
        };
        var began = time.GetTimestamp();
        using (var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, lifetime.ApplicationStopping))
        {
            requests.Add(request, claim.Receive);
            await claim.Received.WaitAsync(wait, time, ending.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        requests.Withdraw(request.RequestId);
        var granted = claim.Close();
        if (granted.Count > 0 && !await MayStillHave(http, time.GetElapsedTime(began), cancellationToken))
        {
            await grants.Release(session.Id, granted.ConvertAll(x => x.Attempt));
            return Problems.Create(StatusCodes.Status401Unauthorized, "unauthorized", "The credentials have become invalid while the claim waited.");
        }
        return new RecordAnswer<ClaimedAttempts>(
            new() { Attempts = granted.ConvertAll(x => ToRecord(session, x.Attempt, x.LeaseUntil)) }, ApiJson.Default.ClaimedAttempts);
    }

    /// <summary>False if the worker has gone, or its key was revoked while it waited.</summary>
    static async Task<bool> MayStillHave(HttpContext http, TimeSpan waited, CancellationToken cancellationToken) =>
        !cancellationToken.IsCancellationRequested
        && (waited < checkCredentialsAfter || await new StandingCredentials(http).AreGood(http.RequestServices, CancellationToken.None))
        && !cancellationToken.IsCancellationRequested;

    static (int Count, TimeSpan Wait) Read(JsonElement body, FieldErrors errors)
    {
        int? count = null;
        var wait = LongestWait;
        ObjectReader.Read(body, errors, members, (name, value) =>
        {
            var field = new FieldReader(name, value, errors);
            if (name == "count")
            {
                count = field.Whole(1, MostAttempts);
            }
            else
            {
                wait = field.Seconds(LongestWait, zero: true) ?? LongestWait;
            }
        });
        errors.Require("count", count is not null, $"a whole number from 1 to {MostAttempts}");
        return (count ?? 0, TimeSpan.FromSeconds(wait));
    }

    static ClaimedAttempt ToRecord(WorkerSession session, GrantedAttempt grant, DateTimeOffset leaseUntil) => new()
    {
        JobId = grant.JobId,
        Key = grant.Key,
        Attempt = grant.Attempt,
        Secret = session.SecretOf(grant.JobId, grant.Attempt),
        TaskName = grant.TaskName,
        Version = grant.Version,
        QueueName = grant.QueueName,
        Priority = Priority.FromLevel(grant.Priority),
        ReadyAt = grant.ReadyAt,
        Args = grant.Args is { } args ? RawJson.From(args) : RawJson.EmptyArray,
        Kwargs = grant.Kwargs is { } kwargs ? RawJson.From(kwargs) : RawJson.EmptyObject,
        Metadata = grant.Metadata is { } metadata ? RawJson.From(metadata) : RawJson.EmptyObject,
        Timeout = grant.Timeout,
        MaxRetries = grant.MaxRetries,
        RetryCount = grant.RetryCount,
        LostCount = grant.LostCount,
        Owner = grant.Owner,
        CreatedAt = grant.CreatedAt,
        GrantedAt = grant.GrantedAt!.Value,
        LeaseUntil = leaseUntil,
        Traceparent = grant.Traceparent,
        Tags = grant.Tags,
        ScheduledAt = grant.ScheduledAt,
        ScheduleId = grant.ScheduleId,
        ParentId = grant.ParentId,
        IdempotencyKey = grant.IdempotencyKey,
    };

    /// <summary>What is granted to one request until its response is written.</summary>
    sealed class Claim
    {
        readonly Lock sync = new();
        readonly List<(GrantedAttempt Attempt, DateTimeOffset LeaseUntil)> granted = [];
        readonly TaskCompletionSource received = new(TaskCreationOptions.RunContinuationsAsynchronously);
        bool isClosed;

        public Task Received => received.Task;

        public bool Receive(IReadOnlyList<GrantedAttempt> attempts, DateTimeOffset leaseUntil)
        {
            lock (sync)
            {
                if (isClosed)
                {
                    return false;
                }
                granted.AddRange(attempts.Select(x => (x, leaseUntil)));
            }
            received.TrySetResult();
            return true;
        }

        public List<(GrantedAttempt Attempt, DateTimeOffset LeaseUntil)> Close()
        {
            lock (sync)
            {
                isClosed = true;
                return granted;
            }
        }
    }
}
