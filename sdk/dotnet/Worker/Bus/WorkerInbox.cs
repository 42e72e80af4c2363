using JobSystem.Contracts;
using JobSystem.Worker.Running;
using MassTransit;

namespace JobSystem.Worker.Bus;

/// <summary>Receives JobApi's messages to this worker. Handlers return immediately and are called one at a time, in order.</summary>
sealed class WorkerInbox(WorkerIdentity identity, Claims claims, Attempts attempts, ReportSender reports, ServedQueues queues, ControlCommandHandler control, TimeProvider time)
{
    readonly ReadySignal ready = new();

    /// <summary>Called when the inbox is connected: at startup and after each reconnect.</summary>
    public Action? OnReady
    {
        get => ready.Raised;
        set => ready.Raised = value;
    }

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
            memory.Bind<DropTickets>();
        }
        endpoint.ConnectReceiveEndpointObserver(ready);
        endpoint.Handler<AttemptsGranted>(x => Done(() => Take(x.Message)));
        endpoint.Handler<RunAttempt>(x => Done(() => Offer(x.Message)));
        endpoint.Handler<CancelAttempts>(x => Done(() => Cancel(x.Message)));
        endpoint.Handler<RevokeAttempts>(x => Done(() => Disown(x.Message)));
        endpoint.Handler<QueuesChanged>(x => Done(() => queues.Learn(x.Message)));
        endpoint.Handler<DropTickets>(x => Done(() => claims.Drop(x.Message.Tickets)));
        endpoint.Handler<ControlWorker>(x => x.RespondAsync(control.Do(x.Message)));
    });

    void Take(AttemptsGranted message)
    {
        foreach (var grant in message.Granted)
        {
            var key = new AttemptKey(grant.JobId, grant.Attempt);
            if (!claims.Granted(grant) && !attempts.Knows(key))
            {
                // The claim was given up before the response came: give the grant back, or the job would wait until its lease expires
                reports.Add(FinalReport.New(key, time.GetUtcNow(), AttemptStep.Released));
            }
        }
        foreach (var denied in message.Denied)
        {
            claims.Denied(new(denied.JobId, denied.Attempt));
        }
    }

    /// <summary>A ticket sent directly to this worker.</summary>
    void Offer(RunAttempt ticket)
    {
        if (queues.IsHeld)
        {
            reports.Add(FinalReport.New(new(ticket.JobId, ticket.Attempt), time.GetUtcNow(), AttemptStep.Declined));
        }
        else
        {
            claims.Offer(ticket, queueName: "", delivery: null);
        }
    }

    void Cancel(CancelAttempts message)
    {
        foreach (var item in message.Items)
        {
            if (!attempts.Cancel(item))
            {
                claims.Cancel(item);
            }
        }
    }

    void Disown(RevokeAttempts message)
    {
        foreach (var item in message.Items)
        {
            attempts.Disown(item);
        }
    }

    static Task Done(Action action)
    {
        action();
        return Task.CompletedTask;
    }

    sealed class ReadySignal : IReceiveEndpointObserver
    {
        public Action? Raised { get; set; }

        public Task Ready(ReceiveEndpointReady ready) => Done(() => Raised?.Invoke());

        public Task Stopping(ReceiveEndpointStopping stopping) => Task.CompletedTask;

        public Task Completed(ReceiveEndpointCompleted completed) => Task.CompletedTask;

        public Task Faulted(ReceiveEndpointFaulted faulted) => Task.CompletedTask;
    }
}
