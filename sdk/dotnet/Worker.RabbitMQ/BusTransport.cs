using JobSystem.Client.Http;
using JobSystem.Contracts;
using JobSystem.Worker.Control;
using JobSystem.Worker.Transport;
using MassTransit;
using Microsoft.Extensions.DependencyInjection;

namespace JobSystem.Worker.RabbitMQ;

/// <summary>The worker's messages on the bus. None but those about ends of attempts is durable: what is lost is repeated.</summary>
sealed class BusTransport(IServiceProvider services, BusSender bus, EnqueueAnswers enqueued, WorkerIdentity identity, TimeProvider time) : IWorkerTransport
{
    /// <summary>How long an answer may take, a little more than JobApi waits for the database.</summary>
    static readonly TimeSpan answerLimit = TimeSpan.FromSeconds(6);

    /// <summary>The broker drops requests that are older, because they have been renewed.</summary>
    static readonly TimeSpan requestsLive = TimeSpan.FromSeconds(2);

    /// <summary>Host, port and virtual host, without queue name.</summary>
    public string Address
    {
        get
        {
            var address = services.GetRequiredService<IBus>().Address;
            return address.GetLeftPart(UriPartial.Authority) + string.Concat(address.Segments[..^1]);
        }
    }

    public string? UnavailableReason => null;
    public bool EndsRequests => false;
    public bool HoldsHeartbeats => false;
    public bool MayChangeQueues => true;

    public Task Send(RequestAttempts request) => bus.Send(BusAddresses.Requests, request, durable: false, CancellationToken.None, requestsLive);

    public void EndRequests()
    {
        // They are replaced, or JobApi forgets them
    }

    public Task Send(ReportAttempts reports, bool containsEnd) => bus.Send(BusAddresses.Lifecycle, reports, durable: containsEnd, CancellationToken.None);

    public async Task<string> Send(EnqueueJob job, CancellationToken cancellationToken)
    {
        JobEnqueued answer;
        try
        {
            answer = await enqueued.Await(
                job.RequestId, () => bus.Send(BusAddresses.Lifecycle, job, durable: false, cancellationToken, answerLimit), answerLimit, time,
                cancellationToken);
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            throw new JobSystemUnavailableException(
                $"JobSystem did not answer in time through the broker: {exception.Message} Check the broker and JobSystem's health.",
                exception is TimeoutException ? "timeout" : "unreachable", exception);
        }
        return answer.JobId ?? throw new JobRefusedException(ApiErrors.WithAdvice($"Failed to enqueue job: {answer.Reason}", answer.Code!), answer.Code!)
        {
            Errors = answer.Errors?.ToDictionary(x => x.Key, x => (IReadOnlyList<string>)x.Value) ?? [],
        };
    }

    public Task Send(WorkerHeartbeat heartbeat, TimeSpan hold) => bus.Send(BusAddresses.Workers, heartbeat, durable: false, CancellationToken.None);

    public void EndHold()
    {
        // Heartbeats are answered by the broker
    }

    public async Task Send(AnnounceTasks announcement)
    {
        // The request for queues is sent first: a response to it shows that the broker also has the announcement
        await bus.Send(BusAddresses.Workers, new ListQueues { WorkerId = identity.Id }, durable: false, CancellationToken.None);
        await bus.Send(BusAddresses.Workers, announcement, durable: false, CancellationToken.None);
    }

    /// <summary>The bus connects by itself.</summary>
    public Task Run(CancellationToken cancellationToken) => Task.CompletedTask;
}

/// <summary>Receives JobApi's messages to this worker, one at a time, in order.</summary>
sealed class BusInbox(WorkerIdentity identity, WorkerInbox inbox, EnqueueAnswers enqueued) : IReceiveEndpointObserver
{
    public void Configure(IBusFactoryConfigurator bus) => bus.ReceiveEndpoint(BusAddresses.ExecutorInbox(identity.Id), endpoint =>
    {
        endpoint.ConfigureConsumeTopology = false;
        endpoint.PublishFaults = false;
        endpoint.PrefetchCount = 64;
        endpoint.ConcurrentMessageLimit = 1;
        endpoint.DiscardFaultedMessages();
        endpoint.DiscardSkippedMessages();
        if (endpoint is IRabbitMqReceiveEndpointConfigurator rabbit)
        {
            (rabbit.Durable, rabbit.AutoDelete) = (false, true);
            rabbit.Bind<QueuesChanged>();
        }
        else if (endpoint is IInMemoryReceiveEndpointConfigurator memory)
        {
            memory.Bind<QueuesChanged>();
        }
        endpoint.ConnectReceiveEndpointObserver(this);
        endpoint.Handler<AttemptsGranted>(x => RunSync(() => inbox.Take(x.Message)));
        endpoint.Handler<CancelAttempts>(x => RunSync(() => inbox.Cancel(x.Message.Items)));
        endpoint.Handler<RevokeAttempts>(x => RunSync(() => inbox.Revoke(x.Message.Items)));
        endpoint.Handler<QueuesChanged>(x => RunSync(() => inbox.Take(x.Message)));
        endpoint.Handler<JobEnqueued>(x => RunSync(() => enqueued.Take(x.Message)));
        endpoint.Handler<ControlWorker>(x => x.RespondAsync(inbox.Execute(x.Message)));
    });

    Task IReceiveEndpointObserver.Ready(ReceiveEndpointReady ready) => RunSync(inbox.Connected);

    Task IReceiveEndpointObserver.Stopping(ReceiveEndpointStopping stopping) => Task.CompletedTask;

    Task IReceiveEndpointObserver.Completed(ReceiveEndpointCompleted completed) => Task.CompletedTask;

    Task IReceiveEndpointObserver.Faulted(ReceiveEndpointFaulted faulted) => Task.CompletedTask;

    static Task RunSync(Action action)
    {
        action();
        return Task.CompletedTask;
    }
}
