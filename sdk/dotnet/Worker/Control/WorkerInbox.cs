using JobSystem.Contracts;
using JobSystem.Worker.Bus;
using JobSystem.Worker.Intake;
using JobSystem.Worker.Running;
using MassTransit;

namespace JobSystem.Worker.Control;

/// <summary>Receives JobApi's messages to this worker. Handlers return immediately and are called one at a time, in order.</summary>
sealed class WorkerInbox(
    WorkerIdentity identity, AttemptRequests requests, Attempts attempts, ServedQueues queues, ControlCommandHandler control)
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
        }
        endpoint.ConnectReceiveEndpointObserver(ready);
        endpoint.Handler<AttemptsGranted>(x => RunSync(() => requests.Admit(x.Message)));
        endpoint.Handler<CancelAttempts>(x => RunSync(() => Cancel(x.Message)));
        endpoint.Handler<RevokeAttempts>(x => RunSync(() => Revoke(x.Message)));
        endpoint.Handler<QueuesChanged>(x => RunSync(() => queues.Apply(x.Message)));
        endpoint.Handler<ControlWorker>(x => x.RespondAsync(control.Execute(x.Message)));
    });

    void Cancel(CancelAttempts message)
    {
        foreach (var item in message.Items)
        {
            attempts.Cancel(item);
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
