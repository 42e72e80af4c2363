using System.Diagnostics;
using JobSystem.Contracts;
using JobSystem.JobApi.Model;
using JobSystem.JobApi.Tasks;

namespace JobSystem.JobApi.Jobs;

/// <summary>Creates the row of a submission: adds defaults from the task's announcement, and computes times.</summary>
public sealed class JobAdmission(TaskRegistry tasks)
{
    public const string DefaultQueue = "default";
    public const int DefaultMaxRetries = 3;
    public const double DefaultRetryDelay = 60;
    public const double DefaultTimeout = 300;

    /// <summary>Returns null if the task or version is unknown or the arguments do not match; see <paramref name="errors"/>.</summary>
    /// <param name="unchecked">The arguments are left to the worker, so that a job that fails shows what is wrong with them.</param>
    public async ValueTask<JobState?> Admit(
        JobRequest request, string owner, DateTimeOffset now, FieldErrors errors, CancellationToken cancellationToken, bool @unchecked = false)
    {
        var task = tasks.Find(request.TaskName, request.Version);
        if (task is null)
        {
            // It may have been announced to another instance just before
            await tasks.Refresh(cancellationToken);
            task = tasks.Find(request.TaskName, request.Version);
        }
        if (task is null)
        {
            RefuseUnknown(request, errors);
            return null;
        }
        if (!@unchecked)
        {
            var problems = await tasks.Compare(request.TaskName, request.Version, request.Args, request.Kwargs, cancellationToken);
            foreach (var problem in problems)
            {
                errors.Expected(problem.Path, problem.Expected, problem.Got);
            }
            if (problems.Count > 0)
            {
                return null;
            }
        }
        return Fill(request, task.Task, owner, now);
    }

    void RefuseUnknown(JobRequest request, FieldErrors errors)
    {
        var versions = tasks.Versions(request.TaskName);
        if (versions.Count == 0)
        {
            errors.Add("task_name", $"Task not found: {request.TaskName}", "task_not_found", complete: true);
            return;
        }
        var known = string.Join(", ", versions.Select(x => x.Task.Version));
        errors.Add("version", $"Task version not found: {request.TaskName} {request.Version}; known: {known}", "task_version_not_found", complete: true);
    }

    static JobState Fill(JobRequest request, AnnouncedTask task, string owner, DateTimeOffset now)
    {
        var key = request.JobId is { } id ? JobIds.Resolve(id) : new JobKey(Guid.CreateVersion7(now), null);
        return new()
        {
            CorrelationId = key.Id,
            Key = key.Key,
            TaskName = request.TaskName,
            TaskVersion = request.Version,
            QueueName = request.QueueName ?? task.Queue ?? DefaultQueue,
            Priority = request.Priority,
            Owner = owner,
            ParentId = request.Parent?.Id,
            ParentKey = request.Parent?.Key,
            IsBroadcast = request.Broadcast,
            Args = request.Args,
            Kwargs = request.Kwargs,
            Metadata = request.Metadata,
            Tags = request.Tags,
            Title = request.Title,
            Description = request.Description,
            CreatedAt = now,
            ScheduledAt = request.ScheduledAt ?? (request.Delay is > 0 and var delay ? Rfc3339.ToMicroseconds(now.AddSeconds(delay)) : null),
            ExpiresAt = request.ExpiresAt ?? (request.ExpiresIn is { } life ? Rfc3339.ToMicroseconds(now.AddSeconds(life)) : null),
            MaxRetries = request.MaxRetries ?? task.MaxRetries ?? DefaultMaxRetries,
            RetryDelay = request.RetryDelay ?? task.RetryDelay ?? DefaultRetryDelay,
            TimeoutSeconds = request.Timeout ?? task.Timeout ?? DefaultTimeout,
            IdempotencyKey = request.IdempotencyKey,
            RequestHash = request.IdempotencyKey is null ? null : RequestHash.Of(request),
            Traceparent = Activity.Current is { IdFormat: ActivityIdFormat.W3C } activity && (activity.Recorded || activity.ParentId is not null) ? activity.Id : null,
        };
    }
}
