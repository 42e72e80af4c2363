using System.Collections.Concurrent;
using System.Text.Json;
using JobSystem.Contracts;
using JobSystem.Support;
using JobSystem.Worker.Control;
using JobSystem.Worker.Intake;
using MassTransit;
using MassTransit.Serialization;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace JobSystem.Worker.Tests;

/// <summary>A worker on a real bus, and JobApi's side of the protocol: real endpoints that respond as the test specifies.</summary>
sealed class WorkerRig : IAsyncDisposable
{
    readonly ConcurrentDictionary<(Guid, int), GrantedAttempt> offered = new();
    static readonly SystemTextJsonRawMessageSerializer bare = new(RawSerializerOptions.AnyMessageType);

    readonly SemaphoreSlim declaring = new(1);
    readonly ConcurrentDictionary<QueuedTask, bool> declared = new();
    readonly IHost host;
    readonly bool onRabbit;

    WorkerRig(IHost host, bool onRabbit) => (this.host, this.onRabbit) = (host, onRabbit);

    public ConcurrentQueue<AttemptClaim> Claims { get; } = new();
    public ConcurrentQueue<AttemptReport> Reports { get; } = new();
    public ConcurrentQueue<ReportAttempts> Messages { get; } = new();
    public ConcurrentQueue<WorkerHeartbeat> Beats { get; } = new();
    public ConcurrentQueue<AnnounceTasks> Announced { get; } = new();

    /// <summary>The response to a claim; null for no response. Default: granted.</summary>
    public Func<AttemptClaim, string?> Answer { get; set; } = _ => "granted";

    /// <summary>The database's time in grants; null if it is unknown.</summary>
    public DateTimeOffset? GrantedAt { get; set; }

    public List<string> Queues { get; } = ["default"];
    public List<string> Paused { get; } = [];
    public IServiceProvider Services => host.Services;
    public IBus Bus => host.Services.GetRequiredService<IBus>();
    public string WorkerId { get; private set; } = "";

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
        builder.Services.AddJobWorker(configure);
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
        rig = new(builder.Build(), broker is not null);
        await rig.host.StartAsync();
        await Eventually.Holds(() => !rig.Beats.IsEmpty && !rig.Announced.IsEmpty);
        rig.WorkerId = rig.Beats.First().WorkerId;
        return rig;
    }

    void Configure(IBusFactoryConfigurator bus, IBusRegistrationContext context)
    {
        bus.ConfigureJobWorkerEndpoints(context);
        bus.ReceiveEndpoint(BusAddresses.Lifecycle, x =>
        {
            (x.ConfigureConsumeTopology, x.ConcurrentMessageLimit) = (false, 1);
            x.Handler<ClaimAttempts>(OnClaims);
            x.Handler<ReportAttempts>(c => OnReports(c.Message));
        });
        bus.ReceiveEndpoint(BusAddresses.Workers, x =>
        {
            x.ConfigureConsumeTopology = false;
            x.Handler<WorkerHeartbeat>(c => Add(Beats, c.Message));
            x.Handler<AnnounceTasks>(c => Add(Announced, c.Message));
            x.Handler<ListQueues>(c => ToWorker(c.Message.WorkerId, Announcement()));
        });
    }

    /// <summary>Makes a job ready, as JobApi does after its commit.</summary>
    public async Task<Guid> Submit(
        string task, object? args = null, byte priority = 2, double timeout = 300, double lease = 30, string queue = "default", Guid? id = null,
        int attempt = 1, string? version = null, int lostCount = 0)
    {
        var job = id ?? Guid.CreateVersion7();
        offered[(job, attempt)] = new()
        {
            JobId = job,
            Attempt = attempt,
            TaskName = task,
            Version = version,
            QueueName = queue,
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
        await Ticket(job, task, priority, queue, attempt, version);
        return job;
    }

    public async Task Ticket(
        Guid job, string task = "task", byte priority = 2, string queue = "default", int attempt = 1, string? version = null)
    {
        var tickets = new QueuedTask { QueueName = queue, TaskName = task, Version = version };
        await Declare(tickets);
        var endpoint = await Bus.GetSendEndpoint(new($"exchange:{Address(tickets)}"));
        var message = new RunAttempt { JobId = job, Attempt = attempt, TaskName = task, Version = version, Priority = priority, ReadyAt = Environment.TickCount64 };
        // As JobApi does: what no queue takes comes back, as it may while the worker is still declaring its queues
        await Eventually.Passes(() => endpoint.Send(message, c =>
        {
            c.Serializer = bare;
            c.ContentType = bare.ContentType;
            c.TrySetPriority(priority);
            if (c is RabbitMqSendContext rabbit)
            {
                rabbit.Mandatory = true;
            }
        }));
    }

    string Address(QueuedTask tickets) =>
        onRabbit ? BusAddresses.Tickets(tickets.QueueName, tickets.TaskName, tickets.Version) : BusAddresses.JobQueue(tickets.QueueName);

    QueuesChanged Announcement() => new() { Names = Queues, Paused = Paused, Tasks = [.. declared.Keys] };

    /// <summary>
    /// As JobApi does before the first ticket. The in-memory transport drops what is sent to a queue that no endpoint has had yet.
    /// </summary>
    async Task Declare(QueuedTask tickets)
    {
        await declaring.WaitAsync();
        try
        {
            if (!declared.TryAdd(tickets, true))
            {
                return;
            }
            if (onRabbit || !Services.GetRequiredService<ServedQueues>().Names.Contains(tickets.QueueName))
            {
                var handle = Bus.ConnectReceiveEndpoint(Address(tickets), x =>
                {
                    x.ConfigureConsumeTopology = false;
                    (x as IRabbitMqReceiveEndpointConfigurator)?.EnablePriority(BusAddresses.TicketPriorities);
                });
                await handle.Ready;
                await handle.StopAsync();
            }
            await Announce();
        }
        finally
        {
            declaring.Release();
        }
    }

    /// <summary>Announces the queues to the worker.</summary>
    public Task Announce() => ToWorker(WorkerId, Announcement());

    public Task Grant(Guid job, int attempt = 1) =>
        ToWorker(WorkerId, new AttemptsGranted { Granted = [offered[(job, attempt)]], Denied = [] });

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
        await Services.GetServices<IHostedService>().OfType<WorkerLifetime>().Single().StoppingAsync(default);
        var last = new ReportAttempts { WorkerId = "the last one", Items = [] };
        await (await Bus.GetSendEndpoint(new($"exchange:{BusAddresses.Lifecycle}"))).Send(last);
        await Eventually.Holds(() => Messages.Any(x => x.WorkerId == last.WorkerId) && Beats.Any(x => x.Status == "stopped"));
        await host.StopAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await host.StopAsync();
        host.Dispose();
    }

    async Task OnClaims(ConsumeContext<ClaimAttempts> context)
    {
        var (granted, denied) = (new List<GrantedAttempt>(), new List<DeniedAttempt>());
        foreach (var claim in context.Message.Items)
        {
            Claims.Enqueue(claim);
            switch (Answer(claim))
            {
                case null:
                    break;
                case "granted":
                    granted.Add(offered[(claim.JobId, claim.Attempt)]);
                    break;
                case var reason:
                    denied.Add(new() { JobId = claim.JobId, Attempt = claim.Attempt, Reason = reason });
                    break;
            }
        }
        if (granted.Count + denied.Count > 0)
        {
            await ToWorker(context.Message.WorkerId, new AttemptsGranted { Granted = granted, Denied = denied });
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
}
