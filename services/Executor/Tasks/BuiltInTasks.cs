using System.ComponentModel;
using System.Text.Json;
using JobSystem.Worker;

namespace JobSystem.Executor.Tasks;

/// <summary>The tasks of every executor, for calls to other services and for tests.</summary>
public static class BuiltInTasks
{
    static readonly TimeSpan progressInterval = TimeSpan.FromSeconds(1);

    public static void Map(JobTasks tasks)
    {
        tasks.MapTask("echo", Echo).WithAnyArguments().WithDescription("Returns its arguments");
        tasks.MapTask("sleep", Sleep).WithDescription("Waits, reporting progress, and stops when asked to");
        tasks.MapTask("fail", Fail).WithDescription("Fails, always or until a given attempt");
        tasks.MapTask("snooze", Snooze).WithDescription("Asks to be run again later, until a given attempt");
        tasks.MapTask("http_request", HttpRequest)
            .WithDescription("Sends one HTTP request; private addresses only when allowed in " + AllowedTargets.Setting);
    }

    // Returns a ValueTask, because a synchronous handler would run on a separate thread
    static ValueTask<Echoed> Echo(TaskContext job) => new(new Echoed(job.Args, job.Kwargs));

    static async Task<object> Sleep(
        [Description("How long, in seconds")] double seconds,
        TaskContext job,
        TimeProvider time,
        CancellationToken cancellationToken,
        [Description("Whether to go on when asked to stop, as a task does that never looks at its token")] bool ignoreCancel = false)
    {
        if (seconds is < 0 or > int.MaxValue or double.NaN)
        {
            var message = $"argument 'seconds': expected 0 to {int.MaxValue}, got {seconds}";
            return new JobOutcome.Failed(message, Retryable: false) { ErrorType = "invalid_arguments" };
        }
        var token = ignoreCancel ? CancellationToken.None : cancellationToken;
        var (duration, start) = (TimeSpan.FromSeconds(seconds), time.GetTimestamp());
        for (var left = duration; left > TimeSpan.Zero; left = duration - time.GetElapsedTime(start))
        {
            await Task.Delay(left < progressInterval ? left : progressInterval, time, token);
            var done = Math.Min(time.GetElapsedTime(start) / duration, 1);
            await job.ReportProgress(Math.Round(done * 100, 1), null, token);
        }
        return new { slept = seconds };
    }

    static ValueTask<JobOutcome> Fail(
        TaskContext job,
        [Description("The error's text")] string message = "Failed on purpose",
        [Description("The first attempt that succeeds. Default: none does")] int? untilAttempt = null,
        [Description("Whether the failure asks for another attempt")] bool retryable = true)
    {
        if (job.Attempt >= untilAttempt)
        {
            return new(new JobOutcome.Completed(new { attempt = job.Attempt }));
        }
        job.Logger.LogWarning("Attempt {Attempt} fails as requested: {Message}", job.Attempt, message);
        return new(new JobOutcome.Failed(message, Retryable: retryable));
    }

    static ValueTask<JobOutcome> Snooze(
        TaskContext job,
        [Description("How long until the next attempt")] double seconds,
        [Description("The first attempt that completes")] int untilAttempt = 2) =>
        new(job.Attempt >= untilAttempt
            ? new JobOutcome.Completed(new { attempt = job.Attempt })
            : new JobOutcome.Snoozed(TimeSpan.FromSeconds(Math.Clamp(seconds, 0, int.MaxValue))));

    static Task<JobOutcome> HttpRequest(
        [Description("Default: GET")] string? method,
        [Description("http:// or https://")] string url,
        [Description("Sent as they are")] Dictionary<string, string>? headers,
        [Description("A string is sent as text, anything else as JSON")] JsonElement? body,
        [Description("The only status that counts as success. Default: any from 200 to 299")] int? expectedStatus,
        TaskContext job,
        HttpCaller caller,
        CancellationToken cancellationToken) =>
        caller.Call(new(method ?? "GET", url, headers ?? [], body, expectedStatus), job, cancellationToken);

    sealed record Echoed(JsonElement Args, JsonElement Kwargs);
}
