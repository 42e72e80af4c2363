using JobSystem.Journeys.Systems;
using Xunit.Abstractions;

namespace JobSystem.Journeys.Crashes;

[Collection(Stack.Name)]
public sealed class When_anything_may_break(SharedStack stack, ITestOutputHelper output) : Journey(stack)
{
    [Fact]
    public Task Should_keep_every_promise_in_a_short_run() =>
        new Chaos(stack, new(ChaosSettings.Seed(otherwise: 1)), ChaosSettings.Log(output))
            .RunOnce("executor killed", "job API frozen", "broker stopped", "database killed");

    [SoakFact]
    public Task Should_keep_every_promise_for_a_long_time() =>
        new Chaos(stack, ChaosSettings.Plan(), ChaosSettings.Log(output)).Run();
}
