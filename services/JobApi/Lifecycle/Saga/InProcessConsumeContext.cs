using MassTransit;
using MassTransit.Mediator;

namespace JobSystem.JobApi.Lifecycle.Saga;

/// <summary>Provides the consume context that MassTransit's saga pipeline requires, for events from HTTP requests and timers.</summary>
public sealed class InProcessConsumeContext
{
    readonly IMediator mediator = MassTransit.Bus.Factory.CreateMediator(x => x.Handler<Work>(c => c.Message.Run(c)));

    public Task Run(Func<ConsumeContext, Task> run, CancellationToken cancellationToken) => mediator.Send(new Work(run), cancellationToken);

    public sealed record Work(Func<ConsumeContext, Task> Run);
}
