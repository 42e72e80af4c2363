using System.Buffers;
using System.Text.Json;
using JobSystem.Api;
using JobSystem.Contracts;
using JobSystem.JobApi.Http.Jobs;
using JobSystem.JobApi.Jobs;
using JobSystem.JobApi.Model;
using JobSystem.JobApi.Storage;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;

namespace JobSystem.JobApi.Http.Streams;

/// <summary>GET /jobs/{id}/stream: every step of one job, those that it has taken and those to come, until it has ended.</summary>
sealed class StreamJob(IJobStore store, JobFollower follower, IOptions<StreamOptions> options, TimeProvider time)
{
    public static async Task<Results<EmptyHttpResult, NoContent, ProblemHttpResult>> Handle(
        string jobId, CallerScope viewer, HttpContext http, StreamJob stream, OpenStreams streams, CancellationToken cancellationToken)
    {
        var errors = new FieldErrors();
        _ = new QueryReader(http.Request.Query, errors, []);
        if (errors.Any)
        {
            return errors.ToProblem("Failed to stream job");
        }
        if (await stream.store.FindByText(jobId, viewer, cancellationToken) is not { } job)
        {
            return JobLookup.NotFound(jobId);
        }
        var seen = http.Request.Headers["Last-Event-ID"].ToString();
        var steps = new JobSteps(job.History, job.ProgressCurve);
        if (JobStatus.IsFinal(job.CurrentState) && steps.After(seen) is { } position && steps.EndsAt(position))
        {
            // The one answer after which a browser does not come back
            return TypedResults.NoContent();
        }
        using var open = streams.Open(http, viewer.Owner);
        if (open is null)
        {
            return streams.TooMany(viewer.Owner);
        }
        await stream.Run(http, job, seen, open.Ended);
        return TypedResults.Empty;
    }

    readonly IJobStore store = store;

    async Task Run(HttpContext http, JobState job, string seen, CancellationToken ended)
    {
        var events = new ServerSentEvents(http.Response, time);
        try
        {
            await events.Begin(ended);
            await Follow(events, new(job.CorrelationId, job.Version, job.CurrentState, job.History, job.ProgressCurve), seen, ended);
        }
        catch (OperationCanceledException) when (ended.IsCancellationRequested)
        {
            // The caller has disconnected
        }
    }

    async Task Follow(ServerSentEvents events, FollowedJob job, string seen, CancellationToken cancellationToken)
    {
        while (true)
        {
            seen = Write(events, new(job.History, job.ProgressCurve), seen);
            await events.Flush(cancellationToken);
            if (job.State is null || JobStatus.IsFinal(job.State))
            {
                return;
            }
            FollowedJob? next;
            while ((next = await follower.Next(job.Id, job.Version, options.Value.Heartbeat, cancellationToken)) is null)
            {
                await events.Heartbeat(cancellationToken);
            }
            job = next;
        }
    }

    /// <summary>Writes new steps and returns the id of the last one.</summary>
    static string Write(ServerSentEvents events, JobSteps steps, string seen)
    {
        var position = seen.Length == 0 ? 0 : steps.After(seen);
        if (position is null)
        {
            events.Reset("0", "unknown_position");
        }
        var json = new ArrayBufferWriter<byte>();
        foreach (var step in steps.From(position ?? 0))
        {
            json.ResetWrittenCount();
            using (var writer = new Utf8JsonWriter(json))
            {
                JsonSerializer.Serialize(writer, GetJobEvents.ToRecord(step), ApiJson.Default.JobStep);
            }
            seen = JobSteps.IdOf(step);
            events.Write(seen, JobSteps.WordOf(step), json.WrittenSpan);
        }
        return seen;
    }
}
