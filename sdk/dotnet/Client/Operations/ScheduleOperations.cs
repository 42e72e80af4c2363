using JobSystem.Api;
using JobSystem.Client.Http;

namespace JobSystem.Client.Operations;

/// <summary>
/// Schedules. Each method is one operation; all throw <see cref="JobSystemException"/> if it is refused or nothing answers.
/// </summary>
public sealed class ScheduleOperations
{
    readonly ApiConnection api;

    internal ScheduleOperations(ApiConnection api) => this.api = api;

    /// <summary>Returns a page of schedules.</summary>
    /// <param name="filter">Which schedules. Default: all that the caller may see.</param>
    /// <param name="page">Which page, in which order. Default: the first 100.</param>
    public Task<Page<Schedule>> List(
        ScheduleSelection? filter = null, PageOptions? page = null, CancellationToken cancellationToken = default)
    {
        var query = new ApiQuery
        {
            { "status", filter?.Status }, { "tags", filter?.Tags }, { "task_name", filter?.TaskName }, { "queue_name", filter?.QueueName },
            { "owner", filter?.Owner }, { "q", filter?.Q },
        };
        Queries.Add(query, page);
        return api.Read<Page<Schedule>>(ApiCall.Get("schedules") with { Query = query }, cancellationToken);
    }

    /// <summary>Creates a schedule. It is not repeated if the answer is lost, because there would be two.</summary>
    public Task<Schedule> Create(CreateScheduleRequest schedule, CancellationToken cancellationToken = default) =>
        api.Read<Schedule>(ApiCall.Post("schedules").With(schedule, ApiRequestJson.Default.CreateScheduleRequest), cancellationToken);

    /// <summary>Returns the runs of a cron expression, from now.</summary>
    /// <param name="cronExpression">Five fields as in crontab, or six with seconds first.</param>
    /// <param name="timezone">IANA name. Default: UTC.</param>
    /// <param name="count">How many. Default: 5.</param>
    public Task<PreviewedRuns> Preview(
        string cronExpression, string? timezone = null, int? count = null, CancellationToken cancellationToken = default)
    {
        var query = new ApiQuery { { "cron_expression", cronExpression }, { "timezone", timezone }, { "count", count } };
        return api.Read<PreviewedRuns>(ApiCall.Get("schedules", "preview") with { Query = query }, cancellationToken);
    }

    /// <summary>Returns a schedule.</summary>
    public Task<Schedule> Get(Guid scheduleId, CancellationToken cancellationToken = default) =>
        api.Read<Schedule>(ApiCall.Get("schedules", $"{scheduleId}"), cancellationToken);

    /// <summary>Makes a schedule what the request says.</summary>
    public Task<Schedule> Update(Guid scheduleId, UpdateScheduleRequest schedule, CancellationToken cancellationToken = default) =>
        api.Read<Schedule>(
            ApiCall.Put("schedules", $"{scheduleId}").With(schedule, ApiRequestJson.Default.UpdateScheduleRequest), cancellationToken);

    /// <summary>Deletes a schedule; its jobs stay.</summary>
    public Task Delete(Guid scheduleId, CancellationToken cancellationToken = default) =>
        api.Send(ApiCall.Delete("schedules", $"{scheduleId}"), cancellationToken);

    /// <summary>Pauses a schedule.</summary>
    public Task<Schedule> Pause(Guid scheduleId, CancellationToken cancellationToken = default) =>
        Steer(scheduleId, "pause", cancellationToken);

    /// <summary>Resumes a paused schedule.</summary>
    public Task<Schedule> Resume(Guid scheduleId, CancellationToken cancellationToken = default) =>
        Steer(scheduleId, "resume", cancellationToken);

    /// <summary>The same as <see cref="Resume"/>.</summary>
    public Task<Schedule> Enable(Guid scheduleId, CancellationToken cancellationToken = default) =>
        Steer(scheduleId, "enable", cancellationToken);

    /// <summary>The same as <see cref="Pause"/>.</summary>
    public Task<Schedule> Disable(Guid scheduleId, CancellationToken cancellationToken = default) =>
        Steer(scheduleId, "disable", cancellationToken);

    /// <summary>Runs a schedule now, besides its planned runs.</summary>
    public Task<ScheduleRun> Run(Guid scheduleId, CancellationToken cancellationToken = default) =>
        api.Read<ScheduleRun>(ApiCall.Post("schedules", $"{scheduleId}", "run"), cancellationToken);

    /// <summary>Returns the next runs of a schedule.</summary>
    /// <param name="count">How many. Default: 5.</param>
    public Task<PlannedRuns> NextRuns(Guid scheduleId, int? count = null, CancellationToken cancellationToken = default) =>
        api.Read<PlannedRuns>(
            ApiCall.Get("schedules", $"{scheduleId}", "next") with { Query = new() { { "count", count } } }, cancellationToken);

    /// <summary>Returns a page of the jobs that a schedule has submitted.</summary>
    /// <param name="filter">Which of them; without <c>ScheduleId</c>. Default: all.</param>
    /// <param name="page">Which page, in which order. Default: the first 100.</param>
    public Task<Page<Job>> Jobs(
        Guid scheduleId, JobSelection? filter = null, PageOptions? page = null, CancellationToken cancellationToken = default)
    {
        var query = Queries.Jobs(filter is null ? null : filter with { ScheduleId = null }, page);
        return api.Read<Page<Job>>(ApiCall.Get("schedules", $"{scheduleId}", "jobs") with { Query = query }, cancellationToken);
    }

    Task<Schedule> Steer(Guid scheduleId, string verb, CancellationToken cancellationToken) =>
        api.Read<Schedule>(ApiCall.Post("schedules", $"{scheduleId}", verb) with { IsRepeatable = true }, cancellationToken);
}

/// <summary>Filters of schedules. A member that is null is not sent.</summary>
public sealed record ScheduleSelection
{
    /// <summary>With one of these statuses.</summary>
    public IReadOnlyList<string>? Status { get; init; }

    /// <summary>With all of these tags.</summary>
    public IReadOnlyList<string>? Tags { get; init; }

    /// <summary>Of this task.</summary>
    public string? TaskName { get; init; }

    /// <summary>For this queue.</summary>
    public string? QueueName { get; init; }

    /// <summary>Of this owner.</summary>
    public string? Owner { get; init; }

    /// <summary>A text in id, name or task.</summary>
    public string? Q { get; init; }
}
