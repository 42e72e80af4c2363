using JobSystem.Journeys.Systems;
using Xunit.Abstractions;

namespace JobSystem.Journeys.Crashes;

/// <summary>A rolling upgrade of a stack of its own, that begins with the programs of the other version.</summary>
public sealed class When_two_versions_run_side_by_side(ITestOutputHelper output)
{
    [BesideFact]
    public async Task Should_keep_every_promise_while_one_takes_the_place_of_the_other()
    {
        var stack = new OtherVersion(ChaosSettings.Beside!);
        await stack.InitializeAsync();
        try
        {
            await new Chaos(stack, ChaosSettings.Plan(), ChaosSettings.Log(output)).RunUpgrade();
        }
        catch
        {
            output.WriteLine($"The logs are in {stack.KeepLogs()}");
            throw;
        }
        finally
        {
            await stack.DisposeAsync();
        }
    }

    sealed class OtherVersion(string binaries) : Stack
    {
        protected override string Binaries => binaries;
    }
}
