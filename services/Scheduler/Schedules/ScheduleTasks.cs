using System.Collections.Concurrent;
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
/// Asks JobApi whether the task of a schedule exists and the arguments match it. Known tasks are remembered for a while: without a response
/// from JobApi their schedules are accepted, with unchecked arguments.
/// </summary>
public sealed class ScheduleTasks(JobApiClient jobApi, TimeProvider time)
{
    static readonly TimeSpan memory = TimeSpan.FromSeconds(30);
    const int MaxRemembered = 1000;
    readonly ConcurrentDictionary<string, (IReadOnlyList<string> Versions, long At)> known = new();

    /// <summary>
    /// Adds to <paramref name="errors"/> if there is no such task or the arguments do not match it. Returns a problem if JobApi does not
    /// respond and the task is not remembered.
    /// </summary>
    public async Task<ProblemHttpResult?> Check(ScheduleRow row, FieldErrors errors, CancellationToken cancellationToken)
    {
        try
        {
            var found = await Find(row, cancellationToken);
            Remember(row.TaskName, found.Versions);
            AddErrors(row, found, errors);
            return null;
        }
        catch (Exception exception) when (IsUnanswered(exception, cancellationToken))
        {
            return IsRemembered(row)
                ? null
                : Problems.Unavailable("The job API did not respond in time whether the task exists; repeat the request.");
        }
    }

    async Task<TaskFound> Find(ScheduleRow row, CancellationToken cancellationToken)
    {
        using var args = Parse(row.Args);
        using var kwargs = Parse(row.Kwargs);
        var request =
            new FindTask { TaskName = row.TaskName, Version = row.TaskVersion, Args = args?.RootElement, Kwargs = kwargs?.RootElement };
        return await jobApi.Find(request, cancellationToken);
    }

    static void AddErrors(ScheduleRow row, TaskFound found, FieldErrors errors)
    {
        if (found.Versions.Count == 0)
        {
            errors.Add("task_name", $"Task not found: {row.TaskName}", "task_not_found", complete: true);
        }
        else if (row.TaskVersion is { } version && !found.Versions.Contains(version))
        {
            var known = string.Join(", ", found.Versions);
            errors.Add(
                "version", $"Task version not found: {row.TaskName} {version}; known: {known}", "task_version_not_found", complete: true);
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
        if (known.Count >= MaxRemembered)
        {
            known.Clear();
        }
        known[task] = (versions, time.GetTimestamp());
    }

    bool IsRemembered(ScheduleRow row) => known.TryGetValue(row.TaskName, out var entry) && time.GetElapsedTime(entry.At) < memory
        && (row.TaskVersion is not { } version || entry.Versions.Contains(version));

    static bool IsUnanswered(Exception exception, CancellationToken cancellationToken) =>
        exception is RequestException or ConnectionException or RabbitMQ.Client.Exceptions.RabbitMQClientException or TimeoutException
        || (exception is OperationCanceledException && !cancellationToken.IsCancellationRequested);

    static JsonDocument? Parse(string? json) => json is null ? null : JsonDocument.Parse(json);
}
