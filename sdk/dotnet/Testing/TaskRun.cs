using JobSystem.Api;
using JobSystem.Client.Enqueueing;
using Microsoft.Extensions.Logging;

namespace JobSystem.Testing;

/// <summary>One attempt of a job, and what it did.</summary>
public sealed record TaskRun
{
    readonly JobWriter writer;

    internal TaskRun(JobWriter writer) => this.writer = writer;

    /// <summary>How it ended.</summary>
    public required TaskOutcome Outcome { get; init; }

    /// <summary>The result as it is kept with the job: JSON; null if there is none.</summary>
    public RawJson? Json { get; init; }

    /// <summary>The error as it is kept with the job; null if there is none.</summary>
    public TaskError? Error { get; init; }

    /// <summary>The exception that the task has thrown; null if it threw none. A result that cannot be kept is an error without one.</summary>
    public Exception? Exception { get; init; }

    /// <summary>True if the job would run again: it failed and has retries left, or it was snoozed.</summary>
    public required bool RunsAgain { get; init; }

    /// <summary>The delay that the task asked for; null for the job's own back-off.</summary>
    public TimeSpan? RunsAgainAfter { get; init; }

    /// <summary>Progress that was reported, in its order. JobSystem keeps the last.</summary>
    public required IReadOnlyList<(double Percent, string? Message)> Progress { get; init; }

    /// <summary>Lines that are kept with the job, in their order.</summary>
    public required IReadOnlyList<(LogLevel Level, string Message)> Log { get; init; }

    /// <summary>The jobs that are enqueued with the completion (<c>TaskContext.Then</c>); none with any other outcome.</summary>
    public required IReadOnlyList<CreateJobRequest> FollowUps { get; init; }

    /// <summary>
    /// The jobs that were enqueued at once (<c>TaskContext.Enqueue</c>), whatever the outcome is. One whose idempotency key or id an earlier run of the same
    /// <see cref="TaskTest"/> has used is not enqueued again, and not among them.
    /// </summary>
    public required IReadOnlyList<CreateJobRequest> Enqueued { get; init; }

    /// <summary>Returns the result.</summary>
    /// <typeparam name="T">What a caller of the job expects.</typeparam>
    /// <exception cref="InvalidOperationException">The task did not complete.</exception>
    /// <exception cref="System.Text.Json.JsonException">The result is no <typeparamref name="T"/>.</exception>
    public T? Result<T>() => Outcome == TaskOutcome.Completed
        ? Json is { } json ? writer.ReadResult<T>(json) : default
        : throw new InvalidOperationException($"The task has no result: {this}", Exception);

    /// <summary>Returns the follow-up jobs of a type.</summary>
    /// <typeparam name="TJob">The type, which has a <see cref="JobAttribute"/>.</typeparam>
    public IReadOnlyList<TJob> FollowUpsOf<TJob>() where TJob : IJob => Of<TJob>(FollowUps);

    /// <summary>Returns the jobs of a type that were enqueued at once.</summary>
    /// <typeparam name="TJob">The type, which has a <see cref="JobAttribute"/>.</typeparam>
    public IReadOnlyList<TJob> EnqueuedOf<TJob>() where TJob : IJob => Of<TJob>(Enqueued);

    List<TJob> Of<TJob>(IReadOnlyList<CreateJobRequest> jobs) where TJob : IJob
    {
        var name = JobAttribute.ForType(typeof(TJob)).Name;
        return [.. jobs.Where(x => x.TaskName == name).Select(x => writer.ReadResult<TJob>(x.Kwargs ?? RawJson.EmptyObject)!)];
    }

    /// <summary>The outcome, with its error.</summary>
    public override string ToString() => Error is null ? $"{Outcome}" : $"{Outcome}, {Error.Type}: {Error.Message}";
}

/// <summary>The error of an attempt.</summary>
/// <param name="Type">Name of the exception's type, or a word such as <c>invalid_arguments</c>.</param>
/// <param name="Message">For people.</param>
public sealed record TaskError(string Type, string Message);
