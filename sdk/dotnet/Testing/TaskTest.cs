using System.Text.Json;
using JobSystem.Api;
using JobSystem.Client;
using JobSystem.Client.Enqueueing;
using JobSystem.Contracts;
using JobSystem.Worker;
using JobSystem.Worker.Binding;
using JobSystem.Worker.Reporting;
using JobSystem.Worker.Running;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace JobSystem.Testing;

/// <summary>
/// Runs tasks as a worker does, without a system: the job goes through JSON, its arguments are bound and checked, services come from a container, and the end
/// of the attempt is what would be kept with the job. Its members may be called at the same time from many threads.
/// </summary>
public sealed class TaskTest : IAsyncDisposable
{
    const double DefaultTimeout = 300;
    const int DefaultMaxRetries = 3;

    readonly ServiceProvider services;
    readonly TaskCatalog catalog;
    readonly JobWriter writer;
    readonly TimeProvider time;
    readonly ILogger logger;
    readonly EnqueuedIds enqueuedIds = new();

    /// <summary>Maps tasks.</summary>
    /// <param name="map">Maps tasks as a worker does.</param>
    /// <param name="configure">
    /// Adds the services that tasks have for parameters. A <see cref="TimeProvider"/> among them measures time limits. Default: none.
    /// </param>
    /// <exception cref="InvalidOperationException">A task cannot be mapped, for example because its name is mapped twice.</exception>
    public TaskTest(Action<JobTasks> map, Action<IServiceCollection>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(map);
        var options = new JobWorkerOptions();
        map(options.Tasks);
        var collection = new ServiceCollection();
        configure?.Invoke(collection);
        collection.AddLogging(JobLogProvider.AddTo);
        collection.TryAddSingleton(TimeProvider.System);
        services = collection.BuildServiceProvider(validateScopes: true);
        (writer, time) = (new(new JobSystemClientOptions(), services), services.GetRequiredService<TimeProvider>());
        logger = services.GetRequiredService<ILoggerFactory>().CreateLogger("JobSystem.Job");
        catalog = new(Options.Create(options), services);
    }

    /// <summary>The container.</summary>
    public IServiceProvider Services => services;

    /// <summary>Runs one attempt of a job.</summary>
    /// <param name="job">The job.</param>
    /// <param name="configure">What a caller says besides the arguments. Default: nothing.</param>
    /// <param name="attempt">Number of the attempt, from 1; those before it have failed. Default: 1.</param>
    /// <param name="cancellationToken">Cancels the job: the task is asked to stop. Default: none.</param>
    /// <exception cref="InvalidOperationException">No such task is mapped.</exception>
    /// <exception cref="JobRefusedException">The job is not valid, so that it could not be enqueued.</exception>
    public Task<TaskRun> Run(IJob job, Action<EnqueueOptions>? configure = null, int attempt = 1, CancellationToken cancellationToken = default) =>
        Run(writer.CreateRequest(job, configure), attempt, cancellationToken);

    /// <summary>Runs one attempt of a job of a task by its name.</summary>
    /// <inheritdoc cref="Run(IJob, Action{EnqueueOptions}, int, CancellationToken)"/>
    /// <param name="taskName">Name of the task.</param>
    /// <param name="arguments">
    /// An object whose members are the named arguments, with names in snake_case, or a list of positional ones. Default: none.
    /// </param>
    public Task<TaskRun> Run(
        string taskName, object? arguments = null, Action<EnqueueOptions>? configure = null, int attempt = 1, CancellationToken cancellationToken = default) =>
        Run(FollowUpCollector.CreateRequest(taskName, arguments, configure), attempt, cancellationToken);

    /// <summary>Disposes of the container.</summary>
    public ValueTask DisposeAsync() => services.DisposeAsync();

    async Task<TaskRun> Run(CreateJobRequest job, int attempt, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(attempt, 1);
        var task = catalog.Find(job.TaskName, job.Version) ?? throw new InvalidOperationException(
            $"No task '{job.TaskName}'{(job.Version is null ? "" : $" of version {job.Version}")} is mapped; "
            + $"there are {string.Join(", ", catalog.Announcements.Select(x => $"{x.Name} {x.Version}").DefaultIfEmpty("none"))}");
        var grant = Grant(job, task.Announce(), attempt);
        var key = new AttemptKey(grant.JobId, attempt);
        using var running = new TestAttempt(key, TimeSpan.FromSeconds(grant.Timeout), writer, logger, enqueuedIds, time, cancellationToken);
        var (outcome, exception) = await Run(task, catalog.Pipeline, new TaskContext(grant, running), running);
        var report = FinalReport.FromOutcome(key, outcome, running.StopReason, null, TimeSpan.FromSeconds(grant.Timeout), time.GetUtcNow());
        return new(writer)
        {
            Outcome = Outcomes.From(report.Step),
            Json = report.Result is { } result ? RawJson.From(result) : null,
            Error = report.Error is { } error ? new(error.Type, error.Message) : null,
            Exception = exception,
            RunsAgain = report.Step switch
            {
                AttemptStep.Snoozed => true,
                AttemptStep.Failed or AttemptStep.TimedOut => report.Retryable != false && grant.RetryCount < grant.MaxRetries,
                _ => false,
            },
            RunsAgainAfter = report.RetryAfter is { } seconds ? TimeSpan.FromSeconds(seconds) : null,
            Progress = running.Reported,
            Log = running.Lines,
            Enqueued = running.Enqueued,
            FollowUps = running.FollowUps.Close() is { } jobs && report.Step == AttemptStep.Completed
                ? [.. jobs.Select(x => x.Deserialize(ApiRequestJson.Default.CreateJobRequest)!)]
                : [],
        };
    }

    static async Task<(JobOutcome?, Exception?)> Run(
        CompiledTask task, TaskPipeline? pipeline, TaskContext context, TestAttempt running)
    {
        JobLogProvider.Current = running;
        try
        {
            return (await (pipeline?.Run(context, x => new(Start(x))) ?? new(Start(null))), null);
        }
        catch (Exception exception)
        {
            return (FinalReport.ToOutcome(exception, running.StopReason), exception);
        }

        // As in a worker, a task that is not asynchronous may block the thread
        Task<JobOutcome> Start(IServiceProvider? services) => task.IsAsync
            ? Invoke(services)
            : Task.Factory.StartNew(() => Invoke(services), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default).Unwrap();

        async Task<JobOutcome> Invoke(IServiceProvider? services) => await task.Invoke(context, services);
    }

    GrantedAttempt Grant(CreateJobRequest job, AnnouncedTask task, int attempt)
    {
        var now = time.GetUtcNow();
        return new()
        {
            JobId = Guid.CreateVersion7(now),
            Key = job.JobId,
            Attempt = attempt,
            TaskName = job.TaskName,
            Version = job.Version,
            QueueName = job.QueueName ?? task.Queue ?? "default",
            Priority = Priority.ToLevel(job.Priority ?? Priority.Normal),
            ReadyAt = now,
            Args = Parse(job.Args),
            Kwargs = Parse(job.Kwargs),
            Metadata = Parse(job.Metadata),
            Tags = job.Tags,
            IdempotencyKey = job.IdempotencyKey,
            ScheduledAt = job.ScheduledAt ?? (job.Delay is { } delay ? now.AddSeconds(delay) : null),
            Timeout = job.Timeout ?? task.Timeout ?? DefaultTimeout,
            MaxRetries = job.MaxRetries ?? task.MaxRetries ?? DefaultMaxRetries,
            RetryCount = attempt - 1,
            Owner = "test",
            CreatedAt = now,
            GrantedAt = now,
            Lease = DefaultTimeout,
        };
    }

    static JsonElement? Parse(RawJson? json) => json is { } given ? JsonElement.Parse(given.ToString()) : null;
}
