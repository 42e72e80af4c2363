using JobSystem.Contracts;
using JobSystem.Worker.Bus;
using JobSystem.Worker.Intake;
using JobSystem.Worker.Reporting;
using JobSystem.Worker.Running;
using MassTransit;

namespace JobSystem.Worker.Control;

/// <summary>Receives JobApi's messages to this worker. Handlers return immediately and are called one at a time, in order.</summary>
sealed class WorkerInbox(
    WorkerIdentity identity, Claims claims, Attempts attempts, ReportSender reports, ServedQueues queues, ControlCommandHandler control,
    TimeProvider time)
{
    readonly ReadySignal ready = new();

    /// <summary>Called when the inbox is connected: at startup and after each reconnect.</summary>
    public Action? OnReady
    {
        get => ready.OnReady;
        set => ready.OnReady = value;
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
        endpoint.Handler<AttemptsGranted>(x => RunSync(() => ApplyResponses(x.Message)));
        endpoint.Handler<RunAttempt>(x => RunSync(() => AddTicket(x.Message)));
        endpoint.Handler<CancelAttempts>(x => RunSync(() => Cancel(x.Message)));
        endpoint.Handler<RevokeAttempts>(x => RunSync(() => Revoke(x.Message)));
        endpoint.Handler<QueuesChanged>(x => RunSync(() => queues.Apply(x.Message)));
        endpoint.Handler<DropTickets>(x => RunSync(() => claims.DeclineWaiting(x.Message.Tickets)));
        endpoint.Handler<ControlWorker>(x => x.RespondAsync(control.Execute(x.Message)));
    });

    void ApplyResponses(AttemptsGranted message)
    {
        foreach (var grant in message.Granted)
        {
            claims.Start(grant);
        }
        foreach (var denied in message.Denied)
        {
            claims.Deny(new(denied.JobId, denied.Attempt));
        }
    }

    /// <summary>Takes in a ticket that was sent to this worker alone.</summary>
    void AddTicket(RunAttempt ticket)
    {
        if (queues.IsPaused)
        {
            reports.Enqueue(FinalReport.Create(new(ticket.JobId, ticket.Attempt), time.GetUtcNow(), AttemptStep.Declined));
        }
        else
        {
            claims.Add(ticket, queueName: "", delivery: null);
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

    void Revoke(RevokeAttempts message)
    {
        foreach (var item in message.Items)
        {
            attempts.Revoke(item);
        }
    }

    static Task RunSync(Action action)
    {
        action();
        return Task.CompletedTask;
    }

    sealed class ReadySignal : IReceiveEndpointObserver
    {
        public Action? OnReady { get; set; }

        public Task Ready(ReceiveEndpointReady ready) => RunSync(() => OnReady?.Invoke());

        public Task Stopping(ReceiveEndpointStopping stopping) => Task.CompletedTask;

        public Task Completed(ReceiveEndpointCompleted completed) => Task.CompletedTask;

        public Task Faulted(ReceiveEndpointFaulted faulted) => Task.CompletedTask;
    }
}
