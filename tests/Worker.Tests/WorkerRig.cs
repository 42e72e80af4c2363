using System.Collections.Concurrent;
using System.Text.Json;
using JobSystem.Contracts;
using JobSystem.Support;
using JobSystem.Worker.Control;
using MassTransit;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

namespace JobSystem.Worker.Tests;

/// <summary>A worker on a real bus, and JobApi's side of the protocol: real endpoints that respond as the test specifies.</summary>
sealed class WorkerRig : IAsyncDisposable
{
    readonly ConcurrentDictionary<(Guid, int), GrantedAttempt> offered = new();
    readonly SemaphoreSlim granting = new(1);
    readonly List<GrantedAttempt> waiting = [];
    readonly List<OpenRequest> open = [];
    readonly IHost host;
    long readyAt;

    WorkerRig(IHost host) => this.host = host;

    public ConcurrentQueue<RequestAttempts> Requests { get; } = new();

    /// <summary>The jobs that were granted in answer to requests, in this order.</summary>
    public ConcurrentQueue<Guid> Granted { get; } = new();
    public ConcurrentQueue<AttemptReport> Reports { get; } = new();
    public ConcurrentQueue<ReportAttempts> Messages { get; } = new();
    public ConcurrentQueue<WorkerHeartbeat> Beats { get; } = new();
    public ConcurrentQueue<AnnounceTasks> Announced { get; } = new();

    /// <summary>Whether an attempt is granted; it waits otherwise. Default: every one.</summary>
    public Func<GrantedAttempt, bool> Answer { get; set; } = _ => true;

    /// <summary>What tasks have enqueued.</summary>
    public ConcurrentQueue<EnqueueJob> Enqueued { get; } = new();

    /// <summary>The answer to what a task enqueues; null for none. Default: it is durable.</summary>
    public Func<EnqueueJob, JobEnqueued?> AnswerEnqueued { get; set; } = x => new() { RequestId = x.RequestId, JobId = "new-1" };

    /// <summary>The database's time in grants; null if it is unknown.</summary>
    public DateTimeOffset? GrantedAt { get; set; }

    public List<string> Queues { get; } = ["default"];
    public IServiceProvider Services => host.Services;
    public IBus Bus => host.Services.GetRequiredService<IBus>();
    public string WorkerId { get; private set; } = "";

    TimeProvider Time => Services.GetRequiredService<TimeProvider>();

    /// <param name="broker">A RabbitMQ to run on; in memory when there is none.</param>
    public static async Task<WorkerRig> Start(
        Action<JobWorkerOptions> configure, TimeProvider? time = null, string? broker = null, Action<IServiceCollection>? services = null,
        ILoggerProvider? log = null)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new());
        if (time is not null)
        {
            builder.Services.AddSingleton(time);
        }
        builder.Configuration["JOBSYSTEM_RABBITMQ"] = broker;
        if (log is not null)
        {
            builder.Services.AddSingleton(log);
        }
        builder.Services.AddJobWorker(configure).AddJobWorkerBus();
        services?.Invoke(builder.Services);
        WorkerRig rig = null!;
        builder.Services.AddMassTransit(bus =>
        {
            bus.DisableUsageTelemetry();
            if (broker is null)
            {
                bus.UsingInMemory((context, memory) => rig.Configure(memory, context));
            }
            else
            {
                bus.UsingRabbitMq((context, rabbit) =>
                {
                    rabbit.Host(new Uri(broker));
                    rig.Configure(rabbit, context);
                });
            }
        });
        rig = new(builder.Build());
        await rig.host.StartAsync();
        // What the worker said before the rig's own endpoints were there is lost, and repeated only if its clock goes on
        var started = System.Diagnostics.Stopwatch.StartNew();
        await Eventually.Holds(() =>
        {
            if (started.Elapsed > TimeSpan.FromSeconds(2))
            {
                (time as FakeTimeProvider)?.Advance(TimeSpan.FromMilliseconds(100));
            }
            return !rig.Beats.IsEmpty && !rig.Announced.IsEmpty && !rig.Requests.IsEmpty;
        });
        rig.WorkerId = rig.Beats.First().WorkerId;
        return rig;
    }

    void Configure(IBusFactoryConfigurator bus, IBusRegistrationContext context)
    {
        bus.ConfigureJobWorkerEndpoints(context);
        bus.ReceiveEndpoint(BusAddresses.Lifecycle, x =>
        {
            (x.ConfigureConsumeTopology, x.ConcurrentMessageLimit) = (false, 1);
            x.Handler<ReportAttempts>(c => OnReports(c.Message));
            x.Handler<EnqueueJob>(async c =>
            {
                Enqueued.Enqueue(c.Message);
                if (AnswerEnqueued(c.Message) is { } answer)
                {
                    await ToWorker(c.Message.WorkerId, answer);
                }
            });
        });
        bus.ReceiveEndpoint(BusAddresses.Requests, x =>
        {
            (x.ConfigureConsumeTopology, x.ConcurrentMessageLimit) = (false, 1);
            x.Handler<RequestAttempts>(c => OnRequest(c.Message));
        });
        bus.ReceiveEndpoint(BusAddresses.Workers, x =>
        {
            x.ConfigureConsumeTopology = false;
            x.Handler<WorkerHeartbeat>(c => Add(Beats, c.Message));
            x.Handler<AnnounceTasks>(c => Add(Announced, c.Message));
            x.Handler<ListQueues>(c => ToWorker(c.Message.WorkerId, new QueuesChanged { Names = Queues }));
        });
    }

    /// <summary>Makes a job ready: it is granted as soon as the worker has requested it.</summary>
    public async Task<Guid> Submit(
        string task, object? args = null, byte priority = 2, double timeout = 300, double lease = 30, string queue = "default", Guid? id = null,
        int attempt = 1, string? version = null, int lostCount = 0)
    {
        var job = id ?? Guid.CreateVersion7();
        var ready = offered[(job, attempt)] = new()
        {
            JobId = job,
            Attempt = attempt,
            TaskName = task,
            Version = version,
            QueueName = queue,
            Priority = priority,
            ReadyAt = DateTimeOffset.UnixEpoch.AddMilliseconds(Interlocked.Increment(ref readyAt)),
            Kwargs = args is null ? null : JsonSerializer.SerializeToElement(args),
            Timeout = timeout,
            MaxRetries = 3,
            RetryCount = attempt - 1,
            LostCount = lostCount,
            Owner = "tester",
            CreatedAt = DateTimeOffset.UnixEpoch,
            GrantedAt = GrantedAt,
            Lease = lease,
        };
        await GrantWaiting(() => waiting.Add(ready));
        return job;
    }

    /// <summary>Grants what the open requests and <see cref="Answer"/> allow, the highest priority first, then what became ready first.</summary>
    public Task GrantWaiting() => GrantWaiting(() => { });

    /// <summary>Sends a grant, whatever the worker has requested.</summary>
    /// <param name="request">The request that it answers. Default: the last one.</param>
    public Task Grant(Guid job, int attempt = 1, Guid? request = null) => ToWorker(
        WorkerId, new AttemptsGranted { RequestId = request ?? Requests.Last().RequestId, Granted = [offered[(job, attempt)]] });

    public Task Cancel(Guid job, string? reason = null) =>
        ToWorker(WorkerId, new CancelAttempts { Items = [new() { JobId = job, Attempt = 1, Reason = reason }] });

    public Task Revoke(Guid job) => ToWorker(WorkerId, new RevokeAttempts { Items = [new() { JobId = job, Attempt = 1 }] });

    public async Task ToWorker<T>(string worker, T message) where T : class
    {
        var endpoint = await Bus.GetSendEndpoint(new($"exchange:{BusAddresses.ExecutorInbox(worker)}?durable=false&autodelete=true"));
        await endpoint.Send(message);
    }

    public AttemptReport? EndOf(Guid job) =>
        Reports.FirstOrDefault(x => x.JobId == job && x.Step is not (AttemptStep.Started or AttemptStep.Progress));

    public async Task<AttemptReport> End(Guid job)
    {
        await Eventually.Holds(() => EndOf(job) is not null, what: $"end of {job}");
        return EndOf(job)!;
    }

    /// <summary>
    /// Drains the worker, receives its last messages, and stops: an in-memory bus drops unconsumed messages when it stops.
    /// </summary>
    public async Task Stop()
    {
        await WithClock(Services.GetServices<IHostedService>().OfType<WorkerLifetime>().Single().StoppingAsync(default));
        var last = new ReportAttempts { WorkerId = "the last one", Items = [] };
        await (await Bus.GetSendEndpoint(new($"exchange:{BusAddresses.Lifecycle}"))).Send(last);
        await Eventually.Holds(() => Messages.Any(x => x.WorkerId == last.WorkerId) && Beats.Any(x => x.Status == "stopped"));
        await WithClock(host.StopAsync());
    }

    public async ValueTask DisposeAsync()
    {
        await WithClock(host.StopAsync());
        host.Dispose();
    }

    /// <summary>A worker waits while it stops: a fake clock has to go on meanwhile.</summary>
    async Task WithClock(Task stopping)
    {
        while (!stopping.IsCompleted)
        {
            (Time as FakeTimeProvider)?.Advance(TimeSpan.FromMilliseconds(10));
            await Task.WhenAny(stopping, Task.Delay(10));
        }
        await stopping;
    }

    Task OnRequest(RequestAttempts request)
    {
        Requests.Enqueue(request);
        return GrantWaiting(() =>
        {
            open.RemoveAll(x => x.Message.RequestId == request.Replaces);
            open.Add(new(request, Time.GetTimestamp()));
        });
    }

    async Task GrantWaiting(Action change)
    {
        await granting.WaitAsync();
        try
        {
            change();
            open.RemoveAll(x => Time.GetElapsedTime(x.ReceivedAt).TotalSeconds >= RequestAttempts.ValidSeconds);
            foreach (var request in open)
            {
                List<GrantedAttempt> granted =
                [
                    .. waiting.Where(x => request.Allows(x) && Answer(x)).OrderByDescending(x => x.Priority).ThenBy(x => x.ReadyAt).Take(request.Rest),
                ];
                if (granted.Count > 0)
                {
                    waiting.RemoveAll(granted.Contains);
                    request.Rest -= granted.Count;
                    granted.ForEach(x => Granted.Enqueue(x.JobId));
                    await ToWorker(request.Message.WorkerId, new AttemptsGranted { RequestId = request.Message.RequestId, Granted = granted });
                }
            }
            open.RemoveAll(x => x.Rest == 0);
        }
        finally
        {
            granting.Release();
        }
    }

    Task OnReports(ReportAttempts message)
    {
        Messages.Enqueue(message);
        foreach (var item in message.Items)
        {
            Reports.Enqueue(item);
        }
        return Task.CompletedTask;
    }

    static Task Add<T>(ConcurrentQueue<T> queue, T message)
    {
        queue.Enqueue(message);
        return Task.CompletedTask;
    }

    /// <summary>A request, and how many attempts it may still be answered with.</summary>
    sealed class OpenRequest(RequestAttempts message, long receivedAt)
    {
        public RequestAttempts Message => message;

        public long ReceivedAt => receivedAt;

        public int Rest { get; set; } = message.Count;

        public bool Allows(GrantedAttempt attempt) =>
            (message.Queues?.Contains(attempt.QueueName) ?? true)
            && message.Tasks.Any(x => x.Name == attempt.TaskName && (attempt.Version is null || attempt.Version == x.Version));
    }
}
