using JobSystem.Journeys.Evidence;
using JobSystem.Journeys.Systems;
using JobSystem.Support;

namespace JobSystem.Journeys.Crashes;

/// <summary>A worker that has nothing but an address and a key; and it dies, or what is behind the address.</summary>
public abstract class When_a_worker_over_http_is_cut_off(Deployment deployment) : Journey(deployment)
{
    static readonly TimeSpan Elsewhere = TimeSpan.FromSeconds(Deployment.LeaseSeconds + Deployment.ScanSeconds + 5);

    [Fact]
    public async Task Should_run_elsewhere_what_a_killed_one_was_running()
    {
        await using var worker = await LedgerWorker.StartOverHttp(system);
        var orders = await HeldByWorker.Begin(system, worker);
        await using var other = await LedgerWorker.StartOverHttp(system);

        await worker.Kill();

        await RunAgain(orders, other);
        await HeldByWorker.End(system, orders, runs: 2);
    }

    [Fact]
    public async Task Should_refuse_the_late_reports_of_one_that_was_only_frozen()
    {
        await using var worker = await LedgerWorker.StartOverHttp(system);
        var orders = await HeldByWorker.Begin(system, worker);
        await using var other = await LedgerWorker.StartOverHttp(system);

        worker.Signal(SignalNumber.Stop);
        await RunAgain(orders, other);
        await HeldByWorker.End(system, orders, runs: 2);
        worker.Signal(SignalNumber.Continue);

        // It has read the answers of its calls, and runs jobs again
        var next = await HeldByWorker.Begin(system, worker, other);
        await HeldByWorker.End(system, next, runs: 1);
        await Invariants.Hold(system, [.. orders, .. next]);
    }

    [Fact]
    public Task Should_report_what_it_did_when_everything_was_killed() => ReportsLater(system.CrashAndRestartEverything);

    [Fact]
    public async Task Should_finish_short_jobs_and_hand_over_the_others_when_it_is_told_to_stop()
    {
        await using var worker = await LedgerWorker.StartOverHttp(system);
        var orders = await HeldByWorker.Begin(system, worker);
        await using var other = await LedgerWorker.StartOverHttp(system);

        worker.Signal(SignalNumber.Terminate);
        system.Ledger.Release(orders[0].Label);

        await Eventually.Holds(() => worker.HasEnded, TimeSpan.FromSeconds(3 + 5), "the worker has ended");
        await RunAgain(orders[1..], other);
        await HeldByWorker.End(system, orders[..1], runs: 1);
        await HeldByWorker.End(system, orders[1..], runs: 2);
    }

    /// <summary>Its calls end while it can tell nobody.</summary>
    protected async Task ReportsLater(Func<Task> happen)
    {
        await using var worker = await LedgerWorker.StartOverHttp(system);
        var orders = await HeldByWorker.Begin(system, worker);

        var happening = happen();
        await Task.Delay(TimeSpan.FromSeconds(1));
        orders.ForEach(order => system.Ledger.Release(order.Label));
        await happening;

        await Eventually.Passes(() => Invariants.Hold(system, orders), Deployment.Recovery);
        var next = await HeldByWorker.Begin(system, worker);
        await HeldByWorker.End(system, next, runs: 1);
        Assert.False(worker.HasEnded, "the worker has ended by itself");
    }

    async Task RunAgain(IEnumerable<Order> orders, LedgerWorker other)
    {
        foreach (var order in orders)
        {
            var runs = await system.Ledger.Until(order.Label, runs => runs.Count == 2, Elsewhere);
            Assert.StartsWith(other.Name, runs[1].WorkerId, StringComparison.Ordinal);
        }
    }
}

[Collection(Standalone.Name)]
public sealed class When_a_worker_over_http_is_cut_off_standalone(Standalone standalone) : When_a_worker_over_http_is_cut_off(standalone);

[Collection(Instances.Name)]
[Trait(Length.Name, Length.Long)]
public sealed class When_a_worker_over_http_is_cut_off_from_instances(Instances instances) : When_a_worker_over_http_is_cut_off(instances);

[Collection(Stack.Name)]
public sealed class When_a_worker_over_http_is_cut_off_on_the_stack(SharedStack stack) : When_a_worker_over_http_is_cut_off(stack)
{
    [Theory]
    [InlineData("jobapi-1", "jobapi-2")]
    [InlineData("postgres")]
    [InlineData("rabbitmq")]
    [InlineData("gateway-1")]
    public Task Should_report_what_it_did_when_these_were_killed(params string[] killed) => ReportsLater(async () =>
    {
        await Task.WhenAll(killed.Select(stack.Kill));
        await Task.Delay(TimeSpan.FromSeconds(2));
        await Task.WhenAll(killed.Select(name => stack.Start(name)));
    });
}
