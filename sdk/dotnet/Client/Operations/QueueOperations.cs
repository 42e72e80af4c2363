using JobSystem.Api;
using JobSystem.Client.Http;

namespace JobSystem.Client.Operations;

/// <summary>Queues. Each method is one operation; all throw <see cref="JobSystemException"/> if it is refused or nothing answers.</summary>
public sealed class QueueOperations
{
    readonly ApiConnection api;

    internal QueueOperations(ApiConnection api) => this.api = api;

    /// <summary>Returns the queues.</summary>
    public Task<Listing<Queue>> List(int? limit = null, int? offset = null, CancellationToken cancellationToken = default) =>
        api.Read<Listing<Queue>>(ApiCall.Get("queues") with { Query = Queries.Page(limit, offset) }, cancellationToken);

    /// <summary>Returns a queue.</summary>
    public Task<Queue> Get(string queueName, CancellationToken cancellationToken = default) =>
        api.Read<Queue>(ApiCall.Get("queues", queueName), cancellationToken);

    /// <summary>Creates a queue, or changes its description and limits.</summary>
    public Task<Queue> Put(string queueName, ChangeQueueRequest settings, CancellationToken cancellationToken = default) =>
        api.Read<Queue>(ApiCall.Put("queues", queueName).With(settings, ApiRequestJson.Default.ChangeQueueRequest), cancellationToken);

    /// <summary>Cancels all waiting jobs of a queue. It may go on after the call.</summary>
    public Task Clear(string queueName, CancellationToken cancellationToken = default) =>
        api.Send(ApiCall.Post("queues", queueName, "clear") with { IsRepeatable = true }, cancellationToken);

    /// <summary>Starts nothing of a queue any more.</summary>
    public Task Pause(string queueName, CancellationToken cancellationToken = default) =>
        api.Send(ApiCall.Post("queues", queueName, "pause") with { IsRepeatable = true }, cancellationToken);

    /// <summary>Starts jobs of a paused queue again.</summary>
    public Task Resume(string queueName, CancellationToken cancellationToken = default) =>
        api.Send(ApiCall.Post("queues", queueName, "resume") with { IsRepeatable = true }, cancellationToken);
}
