using System.Text.Json;
using System.Text.Json.Serialization;
using JobSystem.Contracts;
using JobSystem.JobApi.Jobs;
using JobSystem.JobApi.Storage;
using MassTransit;

namespace JobSystem.JobApi.Bus.Commands;

/// <summary>
/// Takes in the jobs of schedules. What could not be taken in just now is left out of the answer, and the Scheduler sends it
/// again: the id of a scheduled job follows from its tick, so that it becomes one job however often it comes.
/// </summary>
public sealed partial class ScheduledJobsConsumer(JobSubmissions submissions, IJobStore store, CommandAudit audit, ILogger<ScheduledJobsConsumer> logger) : IConsumer<SubmitScheduledJobs>
{
    const int AtOnce = 100;
    static readonly JsonSerializerOptions sparse = new() { DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull };

    public async Task Consume(ConsumeContext<SubmitScheduledJobs> context)
    {
        var taken = new List<ScheduledJobTaken>();
        foreach (var chunk in context.Message.Items.Chunk(AtOnce))
        {
            taken.AddRange((await Task.WhenAll(chunk.Select(x => TryTake(x, context.CancellationToken)))).OfType<ScheduledJobTaken>());
        }
        await context.RespondAsync(new ScheduledJobsTaken { Items = taken });
    }

    async Task<ScheduledJobTaken?> TryTake(ScheduledJob item, CancellationToken cancellationToken)
    {
        try
        {
            var taken = await Take(item, cancellationToken);
            audit.CountScheduled(item.Owner, taken.JobId, taken.Code);
            return taken;
        }
        catch (Exception failed) when (!cancellationToken.IsCancellationRequested)
        {
            // The other jobs of the message get their responses in any case
            LogNotNow(item.ScheduleId, failed.GetBaseException().Message);
            return null;
        }
    }

    async Task<ScheduledJobTaken> Take(ScheduledJob item, CancellationToken cancellationToken)
    {
        var id = item.Job.JobId ?? throw new InvalidOperationException("a scheduled job has an id");
        var errors = new FieldErrors();
        if (Read(item.Job, errors) is not { } request)
        {
            return Refuse(id, errors.Code, errors.Summary);
        }
        // The quota is not applied to scheduled jobs: nobody would notice a refused run
        var submitter = new CallerScope(item.Owner, Permission.ManageJobs);
        var result = await submissions.Submit(request, submitter, errors, cancellationToken, scheduleId: item.ScheduleId);
        return result switch
        {
            Submitted.Refused(var refused) => Refuse(id, refused.Code, refused.Summary),
            Submitted.Conflict conflict when !await IsSame(item, cancellationToken) => Refuse(id, conflict.Code, conflict.Message),
            _ => new() { JobId = id },
        };
    }

    /// <summary>Serializes a typed message; its values may not be serializable.</summary>
    JobRequest? Read(SubmitJob job, FieldErrors errors)
    {
        try
        {
            return submissions.Read(JsonSerializer.SerializeToElement(job, sparse), errors);
        }
        catch (Exception unreadable) when (unreadable is InvalidOperationException or ArgumentException or JsonException)
        {
            errors.Add("body", $"expected JSON that can be read and written; got some that cannot: {unreadable.Message}");
            return null;
        }
    }

    /// <summary>True if the job was inserted by an earlier message for the same tick, even if the schedule has been changed since.</summary>
    async Task<bool> IsSame(ScheduledJob item, CancellationToken cancellationToken) =>
        await store.LoadByText(item.Job.JobId!, new CallerScope(item.Owner, Permission.ViewJobs), cancellationToken) is { } existing && existing.ScheduleId == item.ScheduleId;

    static ScheduledJobTaken Refuse(string id, string code, string reason) => new() { JobId = id, Code = code, Reason = reason };

    [LoggerMessage(2031, LogLevel.Warning, "Could not insert a job of schedule {ScheduleId}; the scheduler sends it again: {Reason}")]
    partial void LogNotNow(string scheduleId, string reason);
}
