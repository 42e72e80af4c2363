using System.Text.Json;
using JobSystem.Contracts;
using JobSystem.JobApi.Jobs;
using JobSystem.JobApi.Storage;
using MassTransit;

namespace JobSystem.JobApi.Bus.Commands;

/// <summary>
/// Inserts the jobs of schedules. A job that could not be inserted now is left out of the response, and the Scheduler sends it again: the id of a
/// scheduled job follows from its tick, so that it becomes one job however often it arrives.
/// </summary>
public sealed partial class ScheduledJobsConsumer(
    JobSubmissions submissions, IJobStore store, CommandAudit audit, ILogger<ScheduledJobsConsumer> logger) : IConsumer<ScheduledJobsBody>
{
    const int AtOnce = 100;

    public async Task Consume(ConsumeContext<ScheduledJobsBody> context)
    {
        var taken = new List<ScheduledJobTaken>();
        foreach (var chunk in context.Message.Items.Chunk(AtOnce))
        {
            taken.AddRange((await Task.WhenAll(chunk.Select(x => TryInsert(x, context.CancellationToken)))).OfType<ScheduledJobTaken>());
        }
        await context.RespondAsync(new ScheduledJobsTaken { Items = taken });
    }

    async Task<ScheduledJobTaken?> TryInsert(ScheduledJobBody item, CancellationToken cancellationToken)
    {
        try
        {
            var taken = await Insert(item, cancellationToken);
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

    async Task<ScheduledJobTaken> Insert(ScheduledJobBody item, CancellationToken cancellationToken)
    {
        var errors = new FieldErrors();
        var request = submissions.Read(item.Job, errors);
        var id = request?.JobId ?? Member(item.Job, "job_id"u8) ?? throw new InvalidOperationException("a scheduled job has an id");
        if (request is null)
        {
            return Refuse(id, errors.Code, errors.Summary);
        }
        // The quota is not applied to scheduled jobs: nobody would notice a refused run
        var submitter = new CallerScope(item.Owner, Permission.ManageJobs);
        var result = await submissions.Submit(request, submitter, errors, cancellationToken, scheduleId: item.ScheduleId);
        return result switch
        {
            Submitted.Refused(var refused) => Refuse(id, refused.Code, refused.Summary),
            Submitted.Conflict conflict when !await IsSame(id, item, cancellationToken) => Refuse(id, conflict.Code, conflict.Message),
            _ => new() { JobId = id },
        };
    }

    /// <summary>True if the job was inserted by an earlier message for the same tick, even if the schedule has been changed since.</summary>
    async Task<bool> IsSame(string id, ScheduledJobBody item, CancellationToken cancellationToken) =>
        await store.LoadByText(id, new CallerScope(item.Owner, Permission.ViewJobs), cancellationToken) is { } existing
        && existing.ScheduleId == item.ScheduleId;

    static string? Member(JsonElement job, ReadOnlySpan<byte> name) =>
        job.ValueKind == JsonValueKind.Object && job.TryGetProperty(name, out var value) && value.TryText(out var text) ? text : null;

    static ScheduledJobTaken Refuse(string id, string code, string reason) => new() { JobId = id, Code = code, Reason = reason };

    [LoggerMessage(2031, LogLevel.Warning, "Could not insert a job of schedule {ScheduleId}; the scheduler sends it again: {Reason}")]
    partial void LogNotNow(string scheduleId, string reason);
}
