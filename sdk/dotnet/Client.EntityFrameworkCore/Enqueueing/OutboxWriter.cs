using System.Diagnostics;
using System.Text;
using JobSystem.Api;
using JobSystem.Client.Enqueueing;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.Extensions.DependencyInjection;

namespace JobSystem.Client.EntityFrameworkCore.Enqueueing;

/// <summary>Makes rows of jobs, and adds them to a context.</summary>
sealed class OutboxWriter(JobSystemClient client, AwaitedJobs jobs, IEnumerable<OutboxContext> contexts, TimeProvider time)
{
    readonly List<Type> types = [.. contexts.Select(x => x.Type)];

    /// <summary>Where handles find their jobs.</summary>
    public IJobs Jobs => jobs;

    /// <exception cref="InvalidOperationException">The context has no outbox.</exception>
    public static OutboxWriter For(DbContext db)
    {
        ArgumentNullException.ThrowIfNull(db);
        var name = db.GetType().Name;
        var services = db.GetService<IDbContextOptions>().FindExtension<CoreOptionsExtension>()?.ApplicationServiceProvider;
        var writer = services?.GetService<OutboxWriter>();
        if (writer is null || !writer.types.Exists(x => x.IsInstanceOfType(db)))
        {
            throw new InvalidOperationException(
                $"{name} has no outbox: add it with services.AddJobSystemClient(…).AddOutbox<{name}>(), and take contexts from the container.");
        }
        ThrowIfNotInModel(db);
        return writer;
    }

    /// <exception cref="InvalidOperationException">The model has no table for the outbox.</exception>
    public static void ThrowIfNotInModel(DbContext db)
    {
        if (db.Model.FindEntityType(typeof(OutboxJob)) is null)
        {
            throw new InvalidOperationException(
                $"The model of {db.GetType().Name} has no outbox: call modelBuilder.AddJobOutbox() in its OnModelCreating, and add a migration.");
        }
    }

    /// <exception cref="JobRefusedException">The job is not valid.</exception>
    public OutboxJob Write(IJob job, Action<EnqueueOptions>? configure) => Write(client.Writer.CreateRequest(job, configure));

    /// <exception cref="JobRefusedException">The job is not valid.</exception>
    public OutboxJob Write(CreateJobRequest job)
    {
        ArgumentNullException.ThrowIfNull(job);
        RequestCheck.Check(job);
        var now = time.GetUtcNow();
        var id = job.JobId ?? Guid.CreateVersion7(now).ToString();
        // Times that are relative would count from when the row is posted, which may be much later
        var prepared = PreparedJob.Create(job with
        {
            JobId = id,
            IdempotencyKey = id,
            ScheduledAt = job.Delay is { } delay ? now.AddSeconds(delay) : job.ScheduledAt,
            Delay = null,
            ExpiresAt = job.ExpiresIn is { } life ? now.AddSeconds(life) : job.ExpiresAt,
            ExpiresIn = null,
        });
        RequestCheck.CheckSize(prepared);
        var trace = Activity.Current is { IdFormat: ActivityIdFormat.W3C } activity ? activity.Id : null;
        return new(id, job.TaskName, Encoding.UTF8.GetString(prepared.Json), prepared.Json.Length, now.UtcDateTime, trace);
    }

    /// <summary>Returns the job's id.</summary>
    public static string Add(DbContext db, OutboxJob row)
    {
        db.Add(row);
        UnsavedJobs.Add(db);
        return row.JobId;
    }

    /// <summary>Returns the jobs' ids.</summary>
    /// <exception cref="JobRefusedException">A job is not valid; none was added.</exception>
    public List<string> AddMany(DbContext db, IEnumerable<IJob> jobs, Action<EnqueueOptions, int>? configure)
    {
        ArgumentNullException.ThrowIfNull(jobs);
        var rows = jobs.Select((job, place) => Write(job, place, configure)).ToList();
        return rows.ConvertAll(x => Add(db, x));
    }

    OutboxJob Write(IJob job, int place, Action<EnqueueOptions, int>? configure)
    {
        try
        {
            return Write(job, configure is null ? null : x => configure(x, place));
        }
        catch (JobRefusedException refusal)
        {
            throw ManyJobs.AtPlace(refusal, place);
        }
    }
}
