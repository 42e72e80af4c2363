using System.Text.Json;
using JobSystem.Journeys.Api;

namespace JobSystem.Journeys.Evidence;

/// <summary>Testimonies for the tests of the checkers.</summary>
static class Testimonies
{
    /// <summary>Begun at 1 s, lost with its worker, and run again.</summary>
    public static Testimony Lost(string worker, DateTimeOffset zero, int lostAt, int nextAt) => new(
        new Order("label") { JobId = "job", Outcome = CallOutcome.Ok },
        Job("completed", 2),
        [Step("created", zero, 0), Step("reserved", zero.AddSeconds(1), 1), Step("lease_lost", zero.AddSeconds(lostAt), 1), Step("reserved",
            zero.AddSeconds(nextAt), 2), Step("completed", zero.AddSeconds(nextAt + 1), 2)],
        [Run(worker, 1, zero.AddSeconds(1), zero.AddSeconds(lostAt), 0), Run("executor-2-b", 2, zero.AddSeconds(nextAt), zero.AddSeconds(nextAt + 1), 200)]);

    public static Testimony Ran(string queue, DateTimeOffset at, TimeSpan took) => new(
        new Order("label") { JobId = "job", Outcome = CallOutcome.Ok },
        Job("completed", 1) with { QueueName = queue },
        [Step("created", at, 0), Step("reserved", at, 1), Step("completed", at + took, 1)],
        [Run("executor-1-a", 1, at, at + took, 200)]);

    public static JobView Job(string status, int attempt) => new()
    {
        Id = "job",
        TaskName = "http_request",
        QueueName = "default",
        Priority = "normal",
        Status = status,
        CreatedAt = DateTimeOffset.UnixEpoch,
        Attempt = attempt,
    };

    public static JobStep Step(string word, DateTimeOffset at, int attempt, object? details = null) =>
        new(word, at, attempt, null, details is null ? null : JsonSerializer.SerializeToElement(details));

    public static Execution Run(string worker, int attempt, DateTimeOffset from, DateTimeOffset to, int status)
    {
        var run = new Execution { Number = attempt, Label = "label", JobId = "job", Attempt = attempt, WorkerId = worker, StartedAt = from };
        run.Close(status == 0 ? ExecutionEnd.Aborted : ExecutionEnd.Answered, status, to);
        return run;
    }
}
