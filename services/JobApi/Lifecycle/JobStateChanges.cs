using System.Text.Json;
using JobSystem.Contracts;
using JobSystem.JobApi.Model;
using MassTransit;

namespace JobSystem.JobApi.Lifecycle;

/// <summary>What all transitions use: the decision, steps, errors, and the final state.</summary>
static class JobStateChanges
{
    /// <summary>Stored JSON is returned unchanged, so its times need the API's format.</summary>
    static readonly JsonSerializerOptions json = new() { Converters = { new UtcTimeConverter() } };

    public static Decision Decision(this BehaviorContext<JobState> c) => c.GetPayload<Decision>();

    public static DateTimeOffset Now(this BehaviorContext<JobState> c) => c.Decision().Now;

    /// <summary>Records a step in the row's history, and publishes it after the commit.</summary>
    public static void Step(this BehaviorContext<JobState> c, string word, DateTimeOffset at, object? details = null)
    {
        c.Saga.Changed = true;
        c.Saga.NewSteps.Add(c.Saga.ToEvent(word, at, details is null ? null : JsonSerializer.SerializeToElement(details, json)));
    }

    public static void KeepError(this BehaviorContext<JobState> c, AttemptError? error)
    {
        if (error is not null)
        {
            var at = error.At == default ? c.Now() : c.Bounded(error.At);
            c.Saga.Error = JsonSerializer.Serialize(error with { Attempt = c.Saga.Attempt, At = at }, json);
            c.Saga.Changed = true;
        }
    }

    public static JsonElement? LastError(this JobState job) => job.Error is null ? null : JsonSerializer.Deserialize<JsonElement>(job.Error);

    /// <summary>Called for every transition to a final state.</summary>
    public static void Finish(this BehaviorContext<JobState> c, string status, DateTimeOffset at, object? details = null)
    {
        var job = c.Saga;
        job.CompletedAt = at;
        job.Outcome = status == JobStatus.Completed ? null : status;
        job.Fingerprint = status is JobStatus.Failed or JobStatus.Timeout ? FailureFingerprint.Compute(job.TaskName, status, job.Error) : null;
        job.LeaseUntil = null;
        job.NotBefore = null;
        job.DueAt = null;
        c.Step(status, at, details ?? (job.Error is null ? null : new { error = job.LastError() }));
    }

    public static T? Message<T>(this BehaviorContext<JobState> c) where T : class =>
        c.TryGetPayload<IAboutJob>(out var message) ? message as T : null;
}
