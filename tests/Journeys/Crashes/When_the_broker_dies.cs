using JobSystem.Journeys.Evidence;
using JobSystem.Journeys.Systems;
using JobSystem.Support;

namespace JobSystem.Journeys.Crashes;

[Collection(Stack.Name)]
public sealed class When_the_broker_dies(SharedStack stack) : Journey(stack)
{
    [Fact]
    public async Task Should_lose_nothing_and_accept_jobs_meanwhile()
    {
        var load = Load.Start(stack);
        await Promised(load, 40);
        await stack.Kill("rabbitmq");
        await Promised(load, load.Promised + 60);

        await stack.Start("rabbitmq");
        await Promised(load, load.Promised + 60);
        await load.Stop();

        Assert.All(load.Orders, order => Assert.Equal(CallOutcome.Ok, order.Outcome));
        await Invariants.Hold(stack, load);
        await Broker.IsClean(stack);
    }

    [Fact]
    public async Task Should_lose_nothing_when_the_broker_forgets_everything()
    {
        var load = Load.Start(stack);
        await Promised(load, 40);
        await stack.Kill("rabbitmq");
        await Promised(load, load.Promised + 40);
        stack.EmptyBroker();

        await stack.Start("rabbitmq");
        await Promised(load, load.Promised + 40);
        await load.Stop();

        await Invariants.Hold(stack, load);
        await Broker.IsClean(stack);
    }

    [Fact]
    public async Task Should_lose_nothing_when_requests_and_inboxes_of_executors_are_deleted()
    {
        var load = Load.Start(stack);
        await Promised(load, 20);
        for (var times = 0; times < 3; times++)
        {
            // They come again with the connections
            IReadOnlyList<string> queues = [];
            await Eventually.Holds(
                async () => (queues = [.. await Broker.JobQueues(stack)]).Count >= 3 && queues.Contains(Broker.Requests), TimeSpan.FromSeconds(30));
            await Task.WhenAll(queues.Select(queue => Broker.Delete(stack, queue)));
            await Promised(load, load.Promised + 20);
        }
        await load.Stop();

        await Invariants.Hold(stack, load);
        await Broker.IsClean(stack);
    }

    [Fact]
    public async Task Should_get_over_connections_that_are_cut_again_and_again()
    {
        var load = Load.Start(stack);
        for (var times = 0; times < 3; times++)
        {
            await Promised(load, load.Promised + 20);
            await Broker.CutAllConnections(stack);
        }
        await Promised(load, load.Promised + 40);
        await load.Stop();

        await Invariants.Hold(stack, load);
        await Broker.IsClean(stack);
    }

    static Task Promised(Load load, int jobs) =>
        Eventually.Holds(() => load.Promised >= jobs, TimeSpan.FromSeconds(30), $"{jobs} jobs were accepted");
}
