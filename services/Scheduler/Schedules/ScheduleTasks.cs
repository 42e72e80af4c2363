using System.Text.Json;
using JobSystem.Contracts;
using JobSystem.Scheduler.Firing;
using JobSystem.Scheduler.Storage;
using JobSystem.ServiceDefaults.Errors;
using JobSystem.ServiceDefaults.Requests;
using MassTransit;
using Microsoft.AspNetCore.Http.HttpResults;

namespace JobSystem.Scheduler.Schedules;

/// <summary>
/// Whether a schedule's task is known and its arguments fit, by what JobApi says. Known tasks are remembered for a while: when JobApi is silent,
/// their schedules are taken all the same, with arguments that nobody has looked at.
/// </summary>
public sealed class ScheduleTasks(JobApiClient jobApi, TimeProvider time)
{
    static readonly TimeSpan remembered = TimeSpan.FromSeconds(30);
    const int Most = 1000;
    readonly System.Collections.Concurrent.ConcurrentDictionary<string, (IReadOnlyList<string> Versions, long At)> known = new();

    /// <summary>
    /// Adds to <paramref name="errors"/> when there is no such task or the arguments do not fit it; the answer is a problem when nobody can say.
    /// </summary>
    public async Task<ProblemHttpResult?> Check(ScheduleRow row, FieldErrors errors, CancellationToken cancellationToken)
    {
        try
        {
            var found = await Find(row, cancellationToken);
            Remember(row.TaskName, found.Versions);
            Report(row, found, errors);
            return null;
        }
        catch (Exception silent) when (silent is RequestException or ConnectionException or RabbitMQ.Client.Exceptions.RabbitMQClientException or TimeoutException
            || (silent is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return IsRemembered(row) ? null : Problems.Unavailable("The job API did not say in time whether the task exists; repeat the request.");
        }
    }

    async Task<TaskFound> Find(ScheduleRow row, CancellationToken cancellationToken)
    {
        using var args = Parse(row.Args);
        using var kwargs = Parse(row.Kwargs);
        var question = new FindTask { TaskName = row.TaskName, Version = row.TaskVersion, Args = args?.RootElement, Kwargs = kwargs?.RootElement };
        return await jobApi.Find(question, cancellationToken);
    }

    static void Report(ScheduleRow row, TaskFound found, FieldErrors errors)
    {
        if (found.Versions.Count == 0)
        {
            errors.Add("task_name", $"Task not found: {row.TaskName}", "task_not_found", complete: true);
        }
        else if (row.TaskVersion is { } version && !found.Versions.Contains(version))
        {
            var known = string.Join(", ", found.Versions);
            errors.Add("version", $"Task version not found: {row.TaskName} {version}; known: {known}", "task_version_not_found", complete: true);
        }
        foreach (var problem in found.Problems ?? [])
        {
            errors.Expected(problem.Path, problem.Expected, problem.Got);
        }
    }

    void Remember(string task, IReadOnlyList<string> versions)
    {
        if (versions.Count == 0)
        {
            return;
        }
        if (known.Count >= Most)
        {
            known.Clear();
        }
        known[task] = (versions, time.GetTimestamp());
    }

    bool IsRemembered(ScheduleRow row) => known.TryGetValue(row.TaskName, out var entry) && time.GetElapsedTime(entry.At) < remembered
        && (row.TaskVersion is not { } version || entry.Versions.Contains(version));

    static JsonDocument? Parse(string? json) => json is null ? null : JsonDocument.Parse(json);
}
