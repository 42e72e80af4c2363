using System.Text.Json;
using JobSystem.Api;
using JobSystem.Client.Enqueueing;
using JobSystem.Client.Http;
using JobSystem.Client.Operations;

namespace JobSystem.Client;

/// <summary>
/// Client of JobSystem: enqueues jobs (<see cref="IJobs"/>), and has a member for each resource of the API. One client serves a whole program; its members may
/// be called from many threads.
/// </summary>
public sealed class JobSystemClient : IJobs, IDisposable
{
    /// <summary>Name of the client in <see cref="IHttpClientFactory"/>.</summary>
    public const string HttpClientName = "JobSystem";

    static readonly TimeSpan waitStep = TimeSpan.FromSeconds(30);

    readonly HttpClient? ownHttp;
    readonly ApiConnection api;
    readonly JobWriter writer;
    readonly JobBatches batches;
    readonly EnqueueBatcher batcher;

    /// <summary>Creates a client without a container. Dispose of it at the end of the program.</summary>
    /// <param name="url">Address of JobSystem, such as <c>https://jobs.example.com</c>.</param>
    /// <param name="apiKey">An API key.</param>
    /// <exception cref="Microsoft.Extensions.Options.OptionsValidationException">The address or the key is not valid.</exception>
    public JobSystemClient(string url, string apiKey) : this(new JobSystemClientOptions { Url = url, ApiKey = apiKey })
    {
    }

    /// <summary>Creates a client without a container. Dispose of it at the end of the program.</summary>
    /// <param name="options">
    /// Address and credential; what is not set comes from the environment variables <c>JOBSYSTEM_URL</c> and <c>JOBSYSTEM_API_KEY</c>.
    /// </param>
    /// <param name="handler">What sends the requests, for example through a proxy. Default: a <see cref="SocketsHttpHandler"/>.</param>
    /// <exception cref="Microsoft.Extensions.Options.OptionsValidationException">An option is missing or not valid.</exception>
    public JobSystemClient(JobSystemClientOptions options, HttpMessageHandler? handler = null)
        : this(Complete(options), NewHttpClient(Complete(options), handler), null)
    {
    }

    /// <summary>Creates a client of a container.</summary>
    internal JobSystemClient(JobSystemClientOptions options, IHttpClientFactory http, IServiceProvider services)
        : this(options, () => http.CreateClient(HttpClientName), services)
    {
    }

    /// <summary>Creates a client of a system in the same process.</summary>
    internal JobSystemClient(JobSystemClientOptions options, HttpMessageHandler handler, IServiceProvider services)
        : this(Complete(options), NewHttpClient(Complete(options), handler), services)
    {
    }

    JobSystemClient(JobSystemClientOptions options, HttpClient http, IServiceProvider? services) : this(options, () => http, services) =>
        ownHttp = http;

    JobSystemClient(JobSystemClientOptions options, Func<HttpClient> http, IServiceProvider? services)
    {
        api = new(http, options);
        writer = new(options, services);
        batches = new(api);
        batcher = new(batches.Send);
        (Jobs, Queues, Schedules, Workers) = (new(api), new(api), new(api), new(api));
        (Tasks, ApiKeys, Audit, History) = (new(api), new(api), new(api), new(api));
        (System, Events, WorkerSessions) = (new(api), new(api), new(api));
    }

    /// <summary>Makes requests of jobs; for the outbox.</summary>
    internal JobWriter Writer => writer;

    /// <summary>Sends batches; for the outbox.</summary>
    internal JobBatches Batches => batches;

    /// <summary>Jobs as the API has them.</summary>
    public JobOperations Jobs { get; }

    /// <summary>Queues.</summary>
    public QueueOperations Queues { get; }

    /// <summary>Schedules.</summary>
    public ScheduleOperations Schedules { get; }

    /// <summary>Workers.</summary>
    public WorkerOperations Workers { get; }

    /// <summary>How a worker runs jobs over HTTP.</summary>
    public WorkerSessionOperations WorkerSessions { get; }

    /// <summary>Tasks that workers have announced.</summary>
    public TaskOperations Tasks { get; }

    /// <summary>API keys.</summary>
    public ApiKeyOperations ApiKeys { get; }

    /// <summary>The audit trail.</summary>
    public AuditOperations Audit { get; }

    /// <summary>What happened, and what fails.</summary>
    public HistoryOperations History { get; }

    /// <summary>The system itself: health, alerts, metrics, and who is calling.</summary>
    public SystemOperations System { get; }

    /// <summary>What happens to all jobs.</summary>
    public EventOperations Events { get; }

    /// <inheritdoc/>
    public async Task<JobHandle> Enqueue(
        IJob job, Action<EnqueueOptions>? configure = null, CancellationToken cancellationToken = default) =>
        new(await batcher.Add(writer.Write(job, configure), cancellationToken), this);

    /// <inheritdoc/>
    public async Task<JobHandle<TResult>> Enqueue<TResult>(
        IJob<TResult> job, Action<EnqueueOptions>? configure = null, CancellationToken cancellationToken = default) =>
        new(await batcher.Add(writer.Write(job, configure), cancellationToken), this);

    /// <inheritdoc/>
    public async Task<IReadOnlyList<JobHandle>> EnqueueMany(
        IEnumerable<IJob> jobs, Action<EnqueueOptions, int>? configure = null, CancellationToken cancellationToken = default) =>
        (await EnqueueAll(jobs, configure, cancellationToken)).ConvertAll(id => new JobHandle(id, this));

    /// <inheritdoc/>
    public async Task<IReadOnlyList<JobHandle<TResult>>> EnqueueMany<TResult>(
        IEnumerable<IJob<TResult>> jobs, Action<EnqueueOptions, int>? configure = null, CancellationToken cancellationToken = default) =>
        (await EnqueueAll(jobs, configure, cancellationToken)).ConvertAll(id => new JobHandle<TResult>(id, this));

    /// <inheritdoc/>
    public Task WaitForCompletion(string jobId, CancellationToken cancellationToken = default) =>
        WaitUntilCompleted(jobId, cancellationToken);

    /// <inheritdoc/>
    public async Task<TResult> WaitForResult<TResult>(string jobId, CancellationToken cancellationToken = default)
    {
        var job = await WaitUntilCompleted(jobId, cancellationToken);
        if (job.Result.IsNull && default(TResult) is null)
        {
            return default!;
        }
        try
        {
            return writer.ReadResult<TResult>(job.Result)!;
        }
        catch (JsonException exception)
        {
            throw new JobSystemException(
                $"The result of job {jobId} ({job.TaskName}) is not a {typeof(TResult).Name}: {exception.Message} "
                + "Read it with Jobs.Get to see what it is.",
                "result_mismatch", exception);
        }
    }

    /// <inheritdoc/>
    public Task Cancel(string jobId, string? reason = null, CancellationToken cancellationToken = default) =>
        Jobs.Cancel(jobId, reason, cancellationToken);

    /// <summary>Ends what waits to be enqueued, and closes the connections of a client that was created without a container.</summary>
    public void Dispose()
    {
        batcher.Dispose();
        ownHttp?.Dispose();
    }

    async Task<List<string>> EnqueueAll(IEnumerable<IJob> jobs, Action<EnqueueOptions, int>? configure, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(jobs);
        var ids = new List<string>();
        foreach (var batch in ManyJobs.InBatches(jobs, writer, configure))
        {
            try
            {
                ids.AddRange(await batches.Send(batch, cancellationToken));
            }
            catch (JobRefusedException refusal)
            {
                throw BatchErrors.Shift(refusal, ids.Count);
            }
        }
        return ids;
    }

    async Task<Job> WaitUntilCompleted(string jobId, CancellationToken cancellationToken)
    {
        Job job;
        do
        {
            job = await Jobs.Wait(jobId, waitStep, cancellationToken);
        } while (!JobStatuses.IsFinal(job.Status));
        return job.Status == JobStatuses.Completed ? job : throw new JobFailedException(
            job.Id, job.Status, job.Attempt, job.Status == JobStatuses.Cancelled ? job.CancelReason : job.Error?.Message)
        {
            ErrorType = job.Error?.Type,
            ErrorStack = job.Error?.Stack,
        };
    }

    static JobSystemClientOptions Complete(JobSystemClientOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return ClientOptionsValidation.ThrowIfInvalid(options.WithDefaults(Environment.GetEnvironmentVariable));
    }

    static HttpClient NewHttpClient(JobSystemClientOptions options, HttpMessageHandler? handler) =>
        new(RequestHandlers.Create(options, handler)) { Timeout = Timeout.InfiniteTimeSpan };
}
