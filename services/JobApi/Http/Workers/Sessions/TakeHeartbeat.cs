using System.Text.Json;
using JobSystem.Api;
using JobSystem.Contracts;
using JobSystem.JobApi.Attempts;
using JobSystem.JobApi.Dispatch;
using JobSystem.JobApi.Jobs;
using JobSystem.JobApi.Lifecycle;
using JobSystem.JobApi.Sessions;
using JobSystem.JobApi.Time;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;
using WorkerSession = JobSystem.JobApi.Sessions.WorkerSession;

namespace JobSystem.JobApi.Http.Workers.Sessions;

/// <summary>POST /worker-sessions/{id}/heartbeat: renews the leases, then answers as soon as there is something that the worker has to know.</summary>
static class TakeHeartbeat
{
    const string Failed = "Failed to take heartbeat";
    const int MostAttempts = 20_000;
    const int MostOutcomes = 1000;
    static readonly string[] members = ["status", "attempts", "processed", "failed", "wait", "outcomes"];
    static readonly string[] statuses = ["running", "paused", "draining"];

    public static async Task<Results<RecordAnswer<SessionNews>, ProblemHttpResult>> Handle(
        string sessionId, HttpContext http, WorkerSessions sessions, SessionInboxes inboxes, SessionCommands commands, HeartbeatHandler heartbeats,
        JobQueues queues, DatabaseClock clock, IHostApplicationLifetime lifetime, IOptions<JobLimits> limits, IOptions<LifecycleOptions> options,
        CancellationToken cancellationToken)
    {
        var (body, problem) = await JsonBody.Read(http.Request, limits.Value.BatchBytes, Failed, cancellationToken);
        if (body is null)
        {
            return problem!;
        }
        var errors = new FieldErrors();
        Beat beat;
        using (body)
        {
            beat = Read(body.Root, limits.Value, errors);
        }
        if (errors.Any)
        {
            return errors.ToProblem(Failed);
        }
        if (await sessions.Find(sessionId, Caller.NameOf(http), cancellationToken) is not { } session)
        {
            return SessionEndpoints.NotFound(sessionId);
        }
        var now = clock.UtcNow;
        var heartbeat = await session.Heartbeat(beat.Status, beat.Attempts, beat.Processed, beat.Failed, queues, clock, cancellationToken);
        var news = await heartbeats.Handle(heartbeat, cancellationToken);
        await sessions.AnnounceAgain(session, cancellationToken);
        foreach (var (id, accepted, message) in beat.Outcomes)
        {
            await commands.Answer(id, Answer(session, beat, accepted, message), cancellationToken);
        }
        using (var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, lifetime.ApplicationStopping))
        {
            await inboxes.Wait(session.Id, new(news.Cancel, news.Lost, []), beat.Wait, ending.Token);
        }
        cancellationToken.ThrowIfCancellationRequested();
        return new RecordAnswer<SessionNews>(ToRecord(now, options.Value.LeaseSeconds, inboxes.Take(session.Id)), ApiJson.Default.SessionNews);
    }

    static WorkerAnswered Answer(WorkerSession session, Beat beat, bool accepted, string? message) => new()
    {
        WorkerId = session.Id,
        Name = session.Name,
        Command = "",
        Accepted = accepted,
        Message = message,
        Status = beat.Status,
        Slots = session.Slots,
        Running = beat.Attempts.Count,
    };

    static SessionNews ToRecord(DateTimeOffset now, double lease, SessionNotices notices) => new()
    {
        Now = now,
        Lease = lease,
        Cancel = notices.Cancel.Select(ToNotice).ToList(),
        Lost = notices.Revoke.Select(ToNotice).ToList(),
        Commands = [.. notices.Commands.Select(x => new SessionCommand
        {
            Id = x.Id,
            Command = x.Command.Command,
            Graceful = x.Command.Graceful,
            Data = x.Command.Data is { } data ? RawJson.From(data) : null,
        })],
    };

    static AttemptNotice ToNotice(AttemptControl attempt) => new() { JobId = attempt.JobId, Attempt = attempt.Attempt, Reason = attempt.Reason };

    static Beat Read(JsonElement body, JobLimits limits, FieldErrors errors)
    {
        var beat = new Beat();
        ObjectReader.Read(body, errors, members, (name, value) =>
        {
            var field = new FieldReader(name, value, errors);
            switch (name)
            {
                case "status": beat.Status = field.Word(statuses) ?? statuses[0]; break;
                case "attempts": beat.Attempts = ReadAttempts(value, errors); break;
                case "processed": beat.Processed = field.Count() ?? 0; break;
                case "failed": beat.Failed = field.Count() ?? 0; break;
                case "wait": beat.Wait = TimeSpan.FromSeconds(field.Seconds(ClaimAttempts.LongestWait, zero: true) ?? 0); break;
                default: beat.Outcomes = ReadOutcomes(value, limits, errors); break;
            }
        });
        return beat;
    }

    static List<HeldAttempt> ReadAttempts(JsonElement value, FieldErrors errors) =>
        ItemReader.Read(value, "attempts", MostAttempts, errors, (item, prefix) =>
        {
            var (job, attempt) = (default(Guid?), default(int?));
            ObjectReader.Read(item, errors, ["job_id", "attempt"], (name, given) =>
            {
                var field = new FieldReader(prefix + name, given, errors);
                if (name == "job_id")
                {
                    job = field.Uuid();
                }
                else
                {
                    attempt = field.Whole(1, int.MaxValue);
                }
            }, prefix);
            errors.Require(prefix + "job_id", job is not null, "a UUID");
            errors.Require(prefix + "attempt", attempt is not null, "a whole number from 1");
            return new HeldAttempt { JobId = job ?? default, Attempt = attempt ?? 0 };
        });

    static List<(Guid, bool, string?)> ReadOutcomes(JsonElement value, JobLimits limits, FieldErrors errors) =>
        ItemReader.Read(value, "outcomes", MostOutcomes, errors, (item, prefix) =>
        {
            var (id, accepted, message) = (default(Guid?), true, default(string));
            ObjectReader.Read(item, errors, ["id", "accepted", "message"], (name, given) =>
            {
                var field = new FieldReader(prefix + name, given, errors);
                switch (name)
                {
                    case "id": id = field.Uuid(); break;
                    case "accepted": accepted = field.Flag() ?? true; break;
                    default: message = field.Prose(limits.ReasonLength); break;
                }
            }, prefix);
            errors.Require(prefix + "id", id is not null, "a UUID");
            return (id ?? default, accepted, message);
        });

    sealed class Beat
    {
        public string Status { get; set; } = statuses[0];
        public List<HeldAttempt> Attempts { get; set; } = [];
        public long Processed { get; set; }
        public long Failed { get; set; }
        public TimeSpan Wait { get; set; }
        public List<(Guid Id, bool Accepted, string? Message)> Outcomes { get; set; } = [];
    }
}
