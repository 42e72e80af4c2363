using JobSystem.Scheduler.Firing;
using JobSystem.Scheduler.Storage;
using JobSystem.ServiceDefaults;
using JobSystem.ServiceDefaults.Requests;
using MassTransit;
using Microsoft.AspNetCore.Http.HttpResults;

namespace JobSystem.Scheduler.Schedules;

/// <summary>Whether a schedule's task is known. Known tasks are remembered for a while; there may be thousands of schedules for few tasks.</summary>
public sealed class ScheduleTasks(JobApiQuestions jobApi, TimeProvider time)
{
    static readonly TimeSpan remembered = TimeSpan.FromSeconds(30);
    const int Most = 1000;
    readonly System.Collections.Concurrent.ConcurrentDictionary<string, (IReadOnlyList<string> Versions, long At)> known = new();

    /// <summary>Adds to <paramref name="errors"/> when there is no such task; the answer is a problem when nobody can say.</summary>
    public async Task<ProblemHttpResult?> Check(ScheduleRow row, FieldErrors errors, CancellationToken cancellationToken)
    {
        try
        {
            var versions = await Versions(row, cancellationToken);
            if (versions.Count == 0)
            {
                errors.Add("task_name", $"Task not found: {row.TaskName}", "task_not_found", complete: true);
            }
            else if (row.TaskVersion is { } version && !versions.Contains(version))
            {
                errors.Add("version", $"Task version not found: {row.TaskName} {version}; known: {string.Join(", ", versions)}", "task_version_not_found", complete: true);
            }
            return null;
        }
        catch (Exception silent) when (silent is RequestException or ConnectionException or RabbitMQ.Client.Exceptions.RabbitMQClientException or TimeoutException
            || (silent is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return Problems.Unavailable("The job API did not say in time whether the task exists; repeat the request.");
        }
    }

    async Task<IReadOnlyList<string>> Versions(ScheduleRow row, CancellationToken cancellationToken)
    {
        if (known.TryGetValue(row.TaskName, out var entry) && time.GetElapsedTime(entry.At) < remembered && (row.TaskVersion is not { } version || entry.Versions.Contains(version)))
        {
            return entry.Versions;
        }
        var versions = await jobApi.TaskVersions(row.TaskName, cancellationToken);
        if (versions.Count > 0)
        {
            if (known.Count >= Most)
            {
                known.Clear();
            }
            known[row.TaskName] = (versions, time.GetTimestamp());
        }
        return versions;
    }
}
