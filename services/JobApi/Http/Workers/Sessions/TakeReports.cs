using System.Collections.Concurrent;
using System.Text.Json;
using JobSystem.Api;
using JobSystem.Contracts;
using JobSystem.JobApi.Attempts;
using JobSystem.JobApi.Diagnostics;
using JobSystem.JobApi.Jobs;
using JobSystem.JobApi.Lifecycle;
using JobSystem.JobApi.Sessions;
using JobSystem.JobApi.Time;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;

namespace JobSystem.JobApi.Http.Workers.Sessions;

/// <summary>POST /worker-sessions/{id}/reports: answers when all of them are stored.</summary>
static class TakeReports
{
    const string Failed = "Failed to take reports";
    const int MostReports = 1000;
    static readonly string[] members = ["reports"];

    public static async Task<Results<RecordAnswer<ReportsAnswer>, ProblemHttpResult>> Handle(
        string sessionId, HttpContext http, WorkerSessions sessions, AttemptReports reports, DatabaseClock clock, IOptions<JobLimits> limits,
        CancellationToken cancellationToken)
    {
        var (body, problem) = await JsonBody.Read(http.Request, limits.Value.BatchBytes, Failed, cancellationToken);
        if (body is null)
        {
            return problem!;
        }
        // Results and fields of log lines are parts of the body, so what has begun with them is not broken off
        using (body)
        {
            var errors = new FieldErrors();
            var given = Read(body.Root, clock.UtcNow, errors);
            if (errors.Any)
            {
                return errors.ToProblem(Failed);
            }
            if (await sessions.Find(sessionId, Caller.NameOf(http), cancellationToken) is not { } session)
            {
                return SessionEndpoints.NotFound(sessionId);
            }
            var refused = new ConcurrentQueue<RefusedReport>();
            var own = new List<AttemptReport>();
            foreach (var (report, secret) in given)
            {
                if (session.Knows(report.JobId, report.Attempt, secret))
                {
                    own.Add(report);
                }
                else
                {
                    refused.Enqueue(Refuse(report, "wrong_secret"));
                }
            }
            await reports.Process(session.Id, own, (report, decision) => Note(report, decision, refused), CancellationToken.None);
            Failpoint.Hit("after_report_before_ack");
            return new RecordAnswer<ReportsAnswer>(new() { Refused = [.. refused] }, ApiJson.Default.ReportsAnswer);
        }
    }

    static void Note(AttemptReport report, Decision decision, ConcurrentQueue<RefusedReport> refused)
    {
        if ((decision.Job is null ? "job_not_found" : decision.Refusal) is { } code)
        {
            refused.Enqueue(Refuse(report, code));
        }
    }

    static RefusedReport Refuse(AttemptReport report, string code) => new() { JobId = report.JobId, Attempt = report.Attempt, Step = report.Step, Code = code };

    static List<(AttemptReport Report, string Secret)> Read(JsonElement body, DateTimeOffset now, FieldErrors errors)
    {
        List<(AttemptReport, string)>? reports = null;
        ObjectReader.Read(body, errors, members, (name, value) =>
            reports = ItemReader.Read(value, name, MostReports, errors, (item, prefix) => AttemptReportReader.Read(item, prefix, now, errors)));
        errors.Require("reports", reports is not null, $"an array of at most {MostReports} objects");
        return reports ?? [];
    }
}
