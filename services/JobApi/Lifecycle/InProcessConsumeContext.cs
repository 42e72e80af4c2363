using MassTransit;
using MassTransit.Mediator;

namespace JobSystem.JobApi.Lifecycle;

/// <summary>Gives events that came over HTTP or from a timer the consume context that MassTransit's saga pipeline wants.</summary>
public sealed class InProcessConsumeContext
{
    readonly IMediator mediator = Bus.Factory.CreateMediator(x => x.Handler<Work>(c => c.Message.Run(c)));

    public Task Run(Func<ConsumeContext, Task> run, CancellationToken cancellationToken) => mediator.Send(new Work(run), cancellationToken);

    public sealed record Work(Func<ConsumeContext, Task> Run);
}
